// Files of the command line: reading with messages a user can act on, and writing that leaves either the old file or
// the whole new one, whatever happens in between.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError } from './cli-error.js';

/** The bytes of a file that must exist. `what` names it in messages: 'model', 'text'. */
export function readBytes(path: string, what = 'file'): Uint8Array<ArrayBuffer> {
  try {
    const bytes = readFileSync(path);
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw explain(error, `read ${what} ${path}`, READ_PROBLEMS);
  }
}

/** The text of a file that must exist and be UTF-8; a byte order mark is dropped. */
export function readText(path: string, what = 'file'): string {
  const bytes = readBytes(path, what);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CliError(`cannot read ${what} ${path}: it is not UTF-8 text`, 1, { cause: error });
  }
}

/**
 * Writes the whole file or leaves what was there: a temporary file in the same folder, flushed to the disk, then
 * renamed over the old one. Links are followed, permissions kept; a pipe or device is written to directly.
 */
export function writeAtomic(path: string, data: Uint8Array | string): void {
  try {
    const target = resolveLinks(path);
    const before = statOf(target);
    // Renaming onto a directory fails only at the end, and with a message that does not say why.
    if (before?.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    if (before && !before.isFile()) writeFileSync(target, data);
    else replace(target, data, before);
  } catch (error) {
    throw explain(error, `write ${path}`, WRITE_PROBLEMS);
  }
}

/** Throws the CliError that writing `path` would end in, before hours of work: its folder is tried with an empty file. */
export function checkWritable(path: string): void {
  try {
    const target = resolveLinks(path);
    const before = statOf(target);
    if (before?.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    if (before && !before.isFile()) return;
    const probe = temporaryBeside(target);
    closeSync(openSync(probe, 'wx'));
    unlinkSync(probe);
  } catch (error) {
    throw explain(error, `write ${path}`, WRITE_PROBLEMS);
  }
}

function replace(target: string, data: Uint8Array | string, before: Stats | undefined): void {
  const temporary = temporaryBeside(target);
  const file = openSync(temporary, 'wx', 0o666);
  try {
    try {
      if (before) fchmodSync(file, before.mode & 0o777);
      writeAll(file, typeof data === 'string' ? Buffer.from(data) : data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  syncFolder(dirname(target));
}

/** writeSync may write less than asked, on a full disk or above 2 GB. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, Math.min(bytes.length - at, 1 << 30));
}

/** Without this a power cut may bring the old name back. Windows cannot open a folder, and need not. */
function syncFolder(path: string): void {
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(folder);
  } catch {
    // Some network file systems refuse; the file itself is safe.
  } finally {
    closeSync(folder);
  }
}

function temporaryBeside(target: string): string {
  return join(dirname(target), `.${basename(target).slice(0, 40)}.${randomBytes(6).toString('hex')}.tmp`);
}

function resolveLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

const READ_PROBLEMS: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is a file, not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
};
const WRITE_PROBLEMS: Record<string, string> = {
  ...READ_PROBLEMS,
  ENOENT: 'its folder does not exist',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

/** The CliError for what the file system refused; anything else is a bug of ours and stays as it is. */
function explain(error: unknown, doing: string, problems: Record<string, string>): unknown {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  if (problems[code] === undefined && syscall === undefined) return error;
  return new CliError(`cannot ${doing}: ${problems[code] ?? message}`, 1, { cause: error });
}

// Files named by users: friendly refusals, atomic writes.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A mistake of the user's: one line on stderr, no stack trace. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
};

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${reason(error)}`);
  }
}

/** The text of a UTF-8 file. */
export function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read ${path}: it is not UTF-8 text`);
  }
}

/** Writes beside the target and renames: whoever reads the target sees the old file or the new one, never half of one. */
export function writeAtomically(path: string, bytes: Uint8Array): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  let file: number | null = null;
  try {
    if (isFolder(path)) throw Object.assign(new Error(), { code: 'EISDIR' });
    file = openSync(beside, 'w');
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    fsyncSync(file);
    closeSync(file);
    file = null;
    renameSync(beside, path);
  } catch (error) {
    if (file !== null) closeSync(file);
    removeQuietly(beside);
    throw new CliError(`cannot write ${path}: ${reason(error)}`);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it was never made
  }
}

/** Throws CliError where a file could not be written later: before an hour of training, not after. */
export function checkWritable(path: string): void {
  const probe = join(dirname(path), `.${basename(path)}.${process.pid}.probe`);
  try {
    if (isFolder(path)) throw Object.assign(new Error(), { code: 'EISDIR' });
    closeSync(openSync(probe, 'w'));
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${reason(error)}`);
  } finally {
    removeQuietly(probe);
  }
}

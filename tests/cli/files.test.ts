import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliError } from '../../src/cli/terminal/cli-error.js';
import { checkWritable, readBytes, readText, writeAtomic } from '../../src/cli/terminal/files.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gated-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
/** Root may read and write everything, so permissions cannot be tried. */
const isRoot = process.getuid?.() === 0;

describe('reading', () => {
  test('bytes and text', () => {
    writeFileSync(at('a'), Buffer.from([0xef, 0xbb, 0xbf, 0xc3, 0xa9]));
    expect([...readBytes(at('a'))]).toEqual([0xef, 0xbb, 0xbf, 0xc3, 0xa9]);
    expect(readText(at('a'))).toBe('é');
  });

  test('what cannot be read is a CliError that says why', () => {
    writeFileSync(at('latin1'), Buffer.from([0x61, 0xe9]));
    expect(() => readBytes(at('none'), 'model')).toThrow(new CliError(`cannot read model ${at('none')}: no such file`));
    expect(() => readBytes(folder)).toThrow(new CliError(`cannot read file ${folder}: it is a directory`));
    expect(() => readBytes(at('latin1/x'))).toThrow(/part of the path is a file/);
    expect(() => readText(at('latin1'))).toThrow(/it is not UTF-8 text/);
    expect(() => readBytes(at('none'))).toThrow(CliError);
  });

  test.skipIf(isRoot)('a file without permission', () => {
    writeFileSync(at('secret'), 'x', { mode: 0 });
    expect(() => readBytes(at('secret'))).toThrow(/permission denied/);
  });
});

describe('writeAtomic', () => {
  test('writes new files and replaces old ones, bytes or text, leaving nothing else', () => {
    writeAtomic(at('a'), Uint8Array.of(1, 2, 3));
    expect([...readFileSync(at('a'))]).toEqual([1, 2, 3]);
    writeAtomic(at('a'), 'é');
    expect(readFileSync(at('a'), 'utf8')).toBe('é');
    writeAtomic(at('empty'), '');
    expect(readdirSync(folder).sort()).toEqual(['a', 'empty']);
  });

  test('keeps permissions, follows links', () => {
    writeFileSync(at('real'), 'old');
    chmodSync(at('real'), 0o640);
    symlinkSync('real', at('link'));
    writeAtomic(at('link'), 'new');
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('real'), 'utf8')).toBe('new');
    expect(statSync(at('real')).mode & 0o777).toBe(0o640);
  });

  test('a reader that opened the old file goes on reading the old file', () => {
    writeAtomic(at('a'), 'old');
    const before = statSync(at('a')).ino;
    writeAtomic(at('a'), 'new');
    expect(statSync(at('a')).ino).not.toBe(before);
  });

  test('devices are written to, not replaced', () => {
    writeAtomic('/dev/null', 'x');
    expect(statSync('/dev/null').isFile()).toBe(false);
  });

  test('a failure says why and leaves no temporary file', () => {
    mkdirSync(at('folder'));
    writeFileSync(at('file'), 'x');
    for (const write of [(path: string) => writeAtomic(path, 'x'), checkWritable]) {
      expect(() => write(at('folder'))).toThrow(new CliError(`cannot write ${at('folder')}: it is a directory`));
      expect(() => write(at('none/a'))).toThrow(/its folder does not exist/);
      expect(() => write(at('file/a'))).toThrow(/part of the path is a file/);
    }
    // Fails when the temporary file is already there.
    expect(() => writeAtomic(at('a'), { length: 5 } as never)).toThrow(TypeError);
    expect(readdirSync(folder).sort()).toEqual(['file', 'folder']);
  });

  test.skipIf(isRoot)('a folder without permission', () => {
    mkdirSync(at('locked'), 0o500);
    expect(() => writeAtomic(at('locked/a'), 'x')).toThrow(/permission denied/);
    expect(() => checkWritable(at('locked/a'))).toThrow(/permission denied/);
  });

  test('checkWritable leaves no trace', () => {
    checkWritable(at('a'));
    expect(existsSync(at('a'))).toBe(false);
    writeFileSync(at('b'), 'x');
    checkWritable(at('b'));
    checkWritable('/dev/null');
    expect(readdirSync(folder)).toEqual(['b']);
  });
});

test('CliError carries an exit code and a cause', () => {
  const cause = new Error('why');
  const error = new CliError('message', 2, { cause });
  expect([error.name, error.message, error.exitCode, error.cause]).toEqual(['CliError', 'message', 2, cause]);
  expect(new CliError('x').exitCode).toBe(1);
});

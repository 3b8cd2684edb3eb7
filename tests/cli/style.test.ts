import { describe, expect, test } from 'vitest';
import { colorsFor, columnsOf } from '../../src/cli/terminal/style.js';
import { RecordingStream } from './streams.js';

const terminal = new RecordingStream(100);
const pipe = new RecordingStream();

describe('colorsFor', () => {
  test.each([
    ['terminal', terminal, {}, true],
    ['pipe', pipe, {}, false],
    ['terminal with NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['terminal with an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
    ['dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['pipe with FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
    ['terminal with FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR against FORCE_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['pipe in CI', pipe, { CI: 'true' }, false],
  ])('%s', (_, stream, environment, colored) => {
    expect(colorsFor(stream, environment).red('x')).toBe(colored ? '\x1b[31mx\x1b[39m' : 'x');
  });
});

test('columnsOf: the terminal, or 80', () => {
  expect(columnsOf(terminal)).toBe(100);
  expect(columnsOf(pipe)).toBe(80);
  expect(columnsOf(new RecordingStream(0))).toBe(80);
  expect(columnsOf({ isTTY: false, columns: 200, write: () => true })).toBe(80);
});

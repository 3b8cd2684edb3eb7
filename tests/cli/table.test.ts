import { expect, test } from 'vitest';
import { table } from '../../src/cli/terminal/table.js';

test('text to the left, numbers with their units to the right, no trailing space', () => {
  const rows = [
    ['rnn.weight_ih_l0', '[512, 65]', 'F32', '133.1 kB'],
    ['rnn.bias_hh_l0', '[512]', 'F32', '2.0 kB'],
    ['decoder', '', 'F32', '-'],
  ];
  expect(table(rows, { head: ['name', 'shape', 'dtype', 'size'] })).toBe(
    [
      'name              shape      dtype      size',
      'rnn.weight_ih_l0  [512, 65]  F32    133.1 kB',
      'rnn.bias_hh_l0    [512]      F32      2.0 kB',
      'decoder                      F32           -',
    ].join('\n'),
  );
});

test('numbers, short rows, given alignment', () => {
  expect(table([['a', 1], ['bb', 1000], ['c']])).toBe('a      1\nbb  1000\nc');
  expect(
    table(
      [
        ['a', 1],
        ['bb', 1000],
      ],
      { align: ['right', 'left'] },
    ),
  ).toBe(' a  1\nbb  1000');
});

test('colour codes and wide alphabets take no extra room', () => {
  expect(
    table([
      ['\x1b[31mré\x1b[39m', 'x'],
      ['abc', 'y'],
    ]),
  ).toBe('\x1b[31mré\x1b[39m   x\nabc  y');
  expect(table([['x', '1']], { head: ['name', 'n'], headStyle: (line) => `<${line}>` })).toBe('<name  n>\nx     1');
});

test('nothing is nothing', () => {
  expect(table([])).toBe('');
  expect(table([], { head: ['a', 'b'] })).toBe('a  b');
});

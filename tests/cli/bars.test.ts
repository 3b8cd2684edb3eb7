import { expect, test } from 'vitest';
import { bars } from '../../src/cli/terminal/bars.js';

const lines = (...args: Parameters<typeof bars>) => bars(...args).split('\n');

test('a probability: the scale is 0 to 1, a column a value', () => {
  expect(lines([0, 0.25, 0.5, 1, 0.5, 0.25, 0.1, 0], { rows: 2 })).toEqual([
    '1 ┤   █',
    '0 ┤▁▄███▄▂▁',
    '  └┬───────',
    '   0',
  ]);
});
test('many values share columns, which show the largest', () => {
  const values = new Float32Array(1000);
  values[500] = 1;
  const rows = lines(values, { columns: 43, rows: 4 });
  expect(rows).toHaveLength(6);
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(43);
  // One column of the full height, in the middle.
  expect(rows.slice(0, 3).map((row) => row.indexOf('█'))).toEqual([22, 22, 22]);
  expect(rows.join('').match(/█/g)).toHaveLength(4);
});
test('values beyond 0 and 1 stretch the scale; NaN is a gap; infinity is cut off', () => {
  const rows = lines([-2, 0, Number.NaN, 4, Number.POSITIVE_INFINITY], { rows: 2 });
  expect(rows[0]).toBe(' 4 ┤   ██');
  expect(rows[1]).toBe('-2 ┤▁▅ ██');
});
test('seconds on the axis', () => {
  const values = new Float32Array(625).fill(0.5);
  const rows = lines(values, { columns: 80, xOf: (i) => i * 0.032, unit: ' s' });
  expect(rows.at(-1)).toBe('   0 s                5 s               10 s               15 s');
  const short = lines(new Float32Array(10), { xOf: (i) => i / 1000, unit: ' s' });
  expect(short.at(-1)?.trim()).toMatch(/^0 s/);
});
test('one value, none but NaN', () => {
  expect(lines([0.5])).toHaveLength(7);
  expect(lines([Number.NaN, Number.NaN], { rows: 2 })[1]).toBe('0 ┤');
});

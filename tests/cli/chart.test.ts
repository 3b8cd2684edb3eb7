import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import { logChart } from '../../src/cli/terminal/chart.js';
import { hasControlCodes } from './streams.js';

const plain = picocolors.createColors(false);
const decay = (rate: number, count = 201) => Float64Array.from({ length: count }, (_, t) => rate ** t);
const vanishing = [
  { name: 'RNN', values: decay(0.72) },
  { name: 'LSTM', values: decay(0.95) },
  { name: 'GRU', values: decay(0.97) },
];
const limits = { min: 1e-12, max: 10 };

test('a straight line in the logarithm is a straight line, and its labels are where its values are', () => {
  const values = [1000, 100, 10, 1];
  const chart = logChart([{ name: 'y', values }], { colors: plain, columns: 20, rows: 4, xLabel: 'x', title: 'title' });
  expect(chart.split('\n')).toEqual([
    'title',
    '• y',
    '',
    '    │•••',
    '1e2 ┤   ••••',
    '    │       •••••',
    '1e0 ┤            ••',
    '    └┬────────┬────',
    '     0        2',
    '           x',
  ]);
});

describe('the vanishing gradient', () => {
  const chart = logChart(vanishing, { colors: plain, ...limits, xLabel: 'steps back' });
  const lines = chart.split('\n');

  test('fits in 80 columns and carries no control codes', () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(hasControlCodes(chart)).toBe(false);
    expect(lines.every((line) => line === line.trimEnd())).toBe(true);
  });

  test('one row per power of ten, labels every second one', () => {
    const labels = lines.filter((line) => line.includes('┤')).map((line) => line.split('┤')[0].trim());
    expect(labels).toEqual(['1e0', '1e-2', '1e-4', '1e-6', '1e-8', '1e-10', '1e-12']);
  });

  test('x axis from 0 to 200', () => {
    expect(lines.at(-2)!.trim().split(/ +/)).toEqual(['0', '50', '100', '150', '200']);
    expect(lines.at(-1)!.trim()).toBe('steps back');
  });

  test('the RNN leaves at the bottom where it falls below 1e-12, the others end at the right', () => {
    const bottom = lines.find((line) => line.includes('1e-12'))!;
    // 0.72^84 = 1e-12, at 84/200 of the 72 columns between the axis and the edge.
    const last = bottom.lastIndexOf('•') - bottom.indexOf('┤') - 1;
    expect(last / 72).toBeCloseTo(84 / 200, 1);
    expect(lines.some((line) => line.length === 79 && line.endsWith('+'))).toBe(true);
    expect(lines.some((line) => line.length === 79 && line.endsWith('x'))).toBe(true);
  });

  test('lines that run together are all seen', () => {
    const same = ['A', 'B', 'C'].map((name) => ({ name, values: decay(0.9) }));
    const body = logChart(same, { colors: plain, ...limits })
      .split('\n')
      .slice(2)
      .join('');
    for (const mark of '•+x') expect(body).toContain(mark);
  });

  test('colours where they are wanted', () => {
    expect(logChart(vanishing, { colors: picocolors.createColors(true), ...limits })).toContain('\x1b[31m•\x1b[39m');
  });
});

test('a steep line has no gaps', () => {
  const rows = logChart([{ name: 'y', values: [1, 1e-10, 1] }], { colors: plain, columns: 40 })
    .split('\n')
    .filter((line) => /[│┤]/.test(line));
  for (const row of rows) expect(row).toContain('•');
});

test('more values than columns: a spike in one of them is seen', () => {
  const values = new Float64Array(10_000).fill(1);
  values[5001] = 1e6;
  const chart = logChart([{ name: 'y', values }], { colors: plain, columns: 40 });
  expect(chart.split('\n').filter((line) => line.includes('•')).length).toBeGreaterThan(10);
});

test.each<[string, number[]]>([
  ['no values', []],
  ['one value', [3]],
  ['one constant', [5, 5, 5]],
  ['zeros', [0, 0]],
  ['a gradient that becomes 0', [1, 1e-3, 0, 0]],
  ['NaN and ∞', [1, NaN, 10, Infinity, 10]],
])('%s does no harm', (_, values) => {
  for (const columns of [1, 20, 500]) {
    const chart = logChart([{ name: 'y', values }], { colors: plain, columns });
    expect(chart).not.toMatch(/NaN|undefined|Infinity/);
    expect(Math.max(...chart.split('\n').map((line) => line.length))).toBeLessThanOrEqual(
      Math.max(20, Math.min(columns, 120)),
    );
  }
});

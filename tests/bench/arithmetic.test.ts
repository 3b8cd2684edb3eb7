// The bench's figures: flops, medians, ratios, targets.
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { CASES, flopsOf, productsOf } from '../../bench/cases.mjs';
// @ts-expect-error a script without types
import { breakdown } from '../../bench/profile.mjs';
// @ts-expect-error a script without types
import { caseRows, DOWNLOAD_HEAD, downloadRows, HEAD, misses } from '../../bench/report.mjs';
// @ts-expect-error a script without types
import { median, quantile, ratio, speed, spread } from '../../bench/statistics.mjs';
// @ts-expect-error a script without types
import { formatTime, markdownTable, table } from '../../bench/table.mjs';
// @ts-expect-error a script without types
import { judge, judgeCold, judgeDownloads, TARGETS } from '../../bench/targets.mjs';
// @ts-expect-error a script without types
import { errorOf } from '../../bench/truth.mjs';

test.each([
  // Two layers: 8 · H · (I + H) and 8 · H · 2H a step.
  ['I1', 8 * 128 * (428 + 256)],
  ['I2', 50 * 8 * 128 * (428 + 256)],
  ['I6b', 100 * 6 * 64 * 104],
  // The second direction doubles it.
  ['tagger', 100 * 2 * 8 * 100 * 200],
  // Twice more for backward, but for the gradient of the input.
  ['T1', 1600 * (3 * 8 * 128 * (428 + 256) - 8 * 128 * 300)],
  ['T2', 1024 * (3 * (8 * 256 * 321 + 2 * 256 * 65) - 8 * 256 * 65)],
])('flops of %s', (name, flops) => expect(flopsOf(CASES[name])).toBe(flops));

test('the products of a case are its flops', () => {
  for (const name of ['I1', 'I3', 'I4b', 'I5b', 'T1', 'forecast', 'denoise']) {
    const sum = productsOf(CASES[name]).reduce(
      (total: number, { m, n, k, times }: Record<string, number>) => total + 2 * m * n * k * times,
      0,
    );
    expect(sum, name).toBe(flopsOf(CASES[name]));
  }
  expect(flopsOf(CASES['T1.gemm'])).toBe(flopsOf(CASES.T1));
});

test('medians and spread', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
  expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(1 / 3);
  expect(spread([2, 2])).toBe(0);
});

test('a ratio compares each round with its own neighbour', () => {
  const ours = { rounds: [1, 10, 2], flops: 100 };
  // Slow in the same round: four times, four times, twice; the medians alone would say 3.
  expect(ratio(ours, { rounds: [4, 40, 4], flops: 100 })).toBe(4);
  // Twice the work in the same time is half the ratio.
  expect(ratio(ours, { rounds: [4, 40, 4], flops: 200 })).toBe(2);
  expect(speed({ rounds: [2], flops: 4000 })).toBe(2);
});

const entry = (us: number, more = {}) => ({ rounds: [us, us, us], flops: 1e6, error: 1e-7, ...more });
const result = {
  name: 'I1',
  title: 'a case',
  flops: 1e6,
  opponents: {
    relaxed: entry(20),
    baseline: entry(25),
    js: entry(100),
    'ort-web': entry(80),
    'ort-node': { declined: 'no model' },
    'peak-relaxed': entry(10),
  },
};

test('targets: met, missed, and not judged where somebody did not run', () => {
  const verdicts = judge(result).map(({ against, met, got }: Record<string, unknown>) => [against, met, got]);
  expect(verdicts).toEqual([
    ['ort-web', true, 4],
    ['js', false, 5],
    ['relaxed', true, 0.8],
  ]);
  expect(misses([result])).toEqual(['I1: relaxed is 5.00 × js; the target is 9.5']);
});

test('every target names a case, and every case but the products has one for the baseline build', () => {
  for (const target of TARGETS) expect(Object.keys(CASES)).toContain(target.case);
  const baseline = TARGETS.filter(({ of }: { of: string }) => of === 'baseline').length;
  expect(baseline).toBe(Object.values(CASES).filter((spec) => (spec as { mode: string }).mode !== 'gemm').length);
});

test('cold start: the floor and every peer', () => {
  const cold = [
    { name: 'relaxed', overBare: 30 },
    { name: 'js', overBare: 20 },
    { name: 'tfjs', overBare: 200 },
  ];
  expect(judgeCold(cold).map(({ against, met }: Record<string, unknown>) => [against, met])).toEqual([
    [null, false],
    ['js', false],
    ['tfjs', true],
  ]);
  expect(judgeCold([])).toEqual([]);
});

test('downloads: gated once, the target beside ONNX Runtime web', () => {
  const sizes = { relaxed: 80_000, baseline: 80_000, 'ort-web': 3_600_000, 'ort-node': 9_000_000 };
  expect(judgeDownloads(sizes)).toEqual([{ against: 'ort-web', atLeast: 40, got: 45, met: true }]);
  const rows = downloadRows(sizes);
  expect(rows.map((row: string[]) => row[DOWNLOAD_HEAD.indexOf('gzip')])).toEqual([
    '80.0 kB',
    '3600.0 kB',
    '9000.0 kB',
  ]);
  expect(rows[1].slice(2)).toEqual(['45.0× smaller', '≥ 40×']);
  const large = { baseline: 100_000, 'ort-web': 3_600_000 };
  expect(downloadRows(large)[1][3]).toBe('≥ 40×: MISSED');
  expect(misses([], [], large)).toEqual(['download: gated/onnx is 36.0 times smaller than ort-web; the target is 40']);
  expect(judgeDownloads(null)).toEqual([]);
  expect(judgeDownloads({ relaxed: 80_000 })).toEqual([]);
});

test('rows: shares of the peak, ratios, targets beside them', () => {
  const rows = caseRows(result);
  const cell = (row: number, head: string) => rows[row][HEAD.indexOf(head)];
  expect(cell(0, 'median')).toBe('20 µs');
  expect(cell(0, 'of peak')).toBe('50 %');
  expect(cell(1, 'target')).toBe('≥ 70 % of relaxed');
  expect(cell(2, 'gated is')).toBe('5.00×');
  expect(cell(2, 'target')).toBe('≥ 9.50×: MISSED');
  expect(cell(3, 'target')).toBe('≥ 3.50×');
  expect(cell(4, 'median')).toBe('no model');
  expect(table([HEAD, ...rows]).split('\n')).toHaveLength(7);
  expect(markdownTable([HEAD, ...rows]).split('\n')).toHaveLength(8);
});

test.each([
  [0.4567, '0.457 µs'],
  [999, '999 µs'],
  [1234, '1.23 ms'],
  [2.5e6, '2.5 s'],
])('%d µs is %s', (us, text) => expect(formatTime(us)).toBe(text));

test('an error is relative to the largest value; NaN and missing results are never right', () => {
  const tensors = { 'truth.output': { data: [1, -4] }, x: { data: [9] } };
  expect(errorOf({ output: [1, -4] }, tensors)).toBe(0);
  expect(errorOf({ output: [2, -4] }, tensors)).toBe(0.25);
  expect(errorOf({ output: [1, Number.NaN] }, tensors)).toBeNaN();
  expect(errorOf({ output: [1] }, tensors)).toBe(Number.POSITIVE_INFINITY);
  expect(errorOf({}, tensors)).toBe(Number.POSITIVE_INFINITY);
});

test('profile: calls by layer, parts of a call, and what is left to JavaScript', () => {
  const call = (kernel: string, us: number) => ({ kernel, us });
  const calls = [
    call('recurrentForward', 30),
    call('recurrentForward', 20),
    call('adamStep', 1),
    call('adamStep', 2),
    call('recurrentBackward', 40),
    call('recurrentBackward', 50),
  ];
  const inside = productsOf(CASES.T1).map((product: object) => ({ ...product, us: 5 }));
  const { rows, total } = breakdown([{ total: 200, calls }], inside, CASES.T1);
  type Row = { title: string; us: number };
  const us = (title: string) => (rows as Row[]).filter((row) => row.title === title).map((row) => row.us);
  expect(total).toBe(200);
  expect(us('forward, layer 0')).toEqual([30]);
  expect(us('forward, layer 1')).toEqual([20]);
  // From the last layer down.
  expect(us('backward, layer 1')).toEqual([40]);
  expect(us('backward, layer 0')).toEqual([50]);
  expect(us('adamStep')).toEqual([3]);
  // Two products in a forward, three in the first layer's backward, four in the others': in the order of the calls.
  expect(us('  · activations, copies, bias sums')).toEqual([20, 10, 20, 35]);
  expect(us('JavaScript around the kernels')).toEqual([57]);
});

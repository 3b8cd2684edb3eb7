// sample(): the distribution it draws from, its filters, its seed.
import { describe, expect, test } from 'vitest';
import { sample } from '../../src/decoding.js';
import { manualSeed, memoryInfo, randomState, ShapeError, scope, tensor, ValueError } from '../../src/index.js';

const LOGITS = [1.5, -0.5, 0, 2, -3, 0.25];
const softmax = (x: number[]) => {
  const e = x.map((v) => Math.exp(v));
  return e.map((v) => v / e.reduce((a, b) => a + b));
};
/** How often each class comes in `count` draws from rows of the same logits. */
function frequencies(count: number, options: object, logits = LOGITS): number[] {
  const seen = new Array<number>(logits.length).fill(0);
  scope(() => {
    for (const id of sample(tensor(new Array(count).fill(logits)), options).data()) seen[id]++;
  });
  return seen;
}
/** Σ (seen - wanted)² / wanted over classes that can come; those that cannot must not have. */
function chiSquare(seen: number[], p: number[]): number {
  const count = seen.reduce((a, b) => a + b);
  return p.reduce((sum, q, id) => {
    if (q === 0) expect(seen[id]).toBe(0);
    return q === 0 ? sum : sum + (seen[id] - count * q) ** 2 / (count * q);
  }, 0);
}
const only = (kept: number[], p: number[]) => {
  const total = kept.reduce((sum, id) => sum + p[id], 0);
  return p.map((q, id) => (kept.includes(id) ? q / total : 0));
};

describe('the distribution', () => {
  const p = softmax(LOGITS);
  // 99.9 % of χ² with 5 degrees of freedom lie below 20.5; the seeds are fixed.
  test.each<[string, object, number[]]>([
    ['softmax', {}, p],
    ['temperature 0.5', { temperature: 0.5 }, softmax(LOGITS.map((x) => x / 0.5))],
    ['temperature 3', { temperature: 3 }, softmax(LOGITS.map((x) => x / 3))],
    ['topK 3', { topK: 3 }, only([3, 0, 5], p)],
    ['topK beyond all', { topK: 99 }, p],
    // 3: 0.501, 0: 0.304, 5: 0.087, 2: 0.068
    ['topP 0.8', { topP: 0.8 }, only([3, 0], p)],
    ['topP 0.81', { topP: 0.81 }, only([3, 0, 5], p)],
    ['topP of the first alone', { topP: 1e-9 }, only([3], p)],
    // Among the two left 3 has 0.62 of the probability.
    ['topK, then topP', { topK: 2, topP: 0.62 }, only([3], p)],
    ['topK, then topP, one more', { topK: 2, topP: 0.63 }, only([3, 0], p)],
  ])('%s', (_name, options, wanted) => {
    manualSeed(12);
    expect(chiSquare(frequencies(20_000, options), wanted)).toBeLessThan(20.5);
  });
  test('classes of -Infinity never come; equals all count for topK', () => {
    manualSeed(13);
    const seen = frequencies(3000, { topK: 1 }, [1, Number.NEGATIVE_INFINITY, 1, 0]);
    expect([seen[1], seen[3]]).toEqual([0, 0]);
    expect(Math.abs(seen[0] - 1500)).toBeLessThan(150);
  });
});

test('the same seed draws the same, one number a row; temperature 0 draws none and takes the first of the likeliest', () => {
  scope(() => {
    const draw = () => {
      manualSeed(5);
      return [...sample(tensor(new Array(16).fill(LOGITS))).data()];
    };
    expect(draw()).toEqual(draw());
    // Philox, the kernels' exp and float64 sums: these on every runtime.
    expect(draw()).toEqual(GOLDEN);
    const state = randomState();
    const best = sample(
      [
        [0, 2, 2],
        [3, 1, 2],
      ],
      { temperature: 0 },
    );
    expect([best.dtype, best.toArray()]).toEqual(['int32', [1, 0]]);
    expect(randomState()).toEqual(state);
    expect(sample(LOGITS).shape).toEqual([]);
    expect(randomState()).not.toEqual(state);
    expect(sample(new Float32Array([1000, -1000]), { temperature: 1e-30 }).item()).toBe(0);
  });
});
const GOLDEN = [0, 3, 1, 1, 3, 3, 0, 3, 1, 0, 3, 3, 0, 0, 3, 2];

test.each<[string, () => unknown, new () => Error, RegExp]>([
  [
    'temperature -1',
    () => sample([0, 1], { temperature: -1 }),
    ValueError,
    /temperature is -1; expected a number of at/,
  ],
  ['temperature NaN', () => sample([0, 1], { temperature: Number.NaN }), ValueError, /temperature is NaN/],
  ['topK 0', () => sample([0, 1], { topK: 0 }), ValueError, /topK is 0; expected an integer of at least 1/],
  ['topK 1.5', () => sample([0, 1], { topK: 1.5 }), ValueError, /topK is 1.5/],
  ['topP 0', () => sample([0, 1], { topP: 0 }), ValueError, /topP is 0; expected a number above 0/],
  ['topP 2', () => sample([0, 1], { topP: 2 }), ValueError, /topP is 2/],
  ['no class', () => sample([]), ShapeError, /logits are \[0\]; expected \[N, C\] or \[C\]/],
  ['a cube', () => sample([[[1]]]), ShapeError, /logits are \[1, 1, 1\]/],
  [
    'NaN',
    () =>
      sample([
        [0, 1],
        [Number.NaN, 1],
      ]),
    ValueError,
    /row 1 holds NaN, or no class is possible/,
  ],
  ['nothing', () => sample([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]), ValueError, /row 0 holds NaN/],
])('%s', (_name, act, kind, message) => {
  const before = memoryInfo().liveBlocks;
  expect(act).toThrow(kind);
  expect(act).toThrow(message);
  expect(memoryInfo().liveBlocks).toBe(before);
});

// CTC: what PyTorch's goldens (tests/goldens/functions.test.ts) do not show, and the decoders against all alignments.
import { describe, expect, test } from 'vitest';
import { ctcBeamSearch, ctcGreedyDecode } from '../../src/decoding.js';
import {
  ctcLoss,
  gradCheck,
  manualSeed,
  memoryInfo,
  randn,
  ShapeError,
  scope,
  tensor,
  ValueError,
} from '../../src/index.js';

const logits = (...shape: number[]) => randn(shape).mul(2);

describe('ctcLoss', () => {
  test('gradients against differences, through logSoftmax', () => {
    manualSeed(1);
    scope(() => {
      const x = randn([6, 3, 4], { requiresGrad: true });
      const loss = () => ctcLoss(x.logSoftmax(-1), [3, 1, 1, 2], [6, 5, 4], [1, 2, 1], { reduction: 'none' });
      expect(gradCheck(loss, [x])).toBe(true);
    });
  });
  test('padded and concatenated targets, and a batch and its rows alone, give the same bits', () => {
    manualSeed(2);
    scope(() => {
      const x = logits(9, 3, 5).logSoftmax(-1);
      const options = { reduction: 'none' } as const;
      const padded = ctcLoss(
        x,
        [
          [1, 2, 2],
          [3, -7, 99],
          [4, 1, 0],
        ],
        [9, 4, 8],
        [3, 1, 2],
        options,
      );
      expect(ctcLoss(x, [1, 2, 2, 3, 4, 1], [9, 4, 8], [3, 1, 2], options).toArray()).toEqual(padded.toArray());
      const alone = ctcLoss(x.select(1, 1), [3], [4], [1], options);
      expect(alone.shape).toEqual([]);
      expect(alone.item()).toBe(padded.select(0, 1).item());
    });
  });
  test('an impossible class leaves the gradient finite', () => {
    scope(() => {
      const x = tensor(
        [
          [0, Number.NEGATIVE_INFINITY, 1],
          [1, 2, Number.NEGATIVE_INFINITY],
        ],
        { requiresGrad: true },
      );
      ctcLoss(x.logSoftmax(-1), [1], [2], [1]).backward();
      expect(x.grad!.data().every(Number.isFinite)).toBe(true);
    });
  });
  test('training steps leave nothing behind, errors neither', () => {
    manualSeed(3);
    scope(() => {
      const x = randn([8, 2, 4], { requiresGrad: true });
      const step = () => scope(() => ctcLoss(x.logSoftmax(-1), [1, 2, 3], [8, 7], [1, 2]).backward());
      step();
      const before = memoryInfo().liveBlocks;
      for (let i = 0; i < 20; i++) step();
      expect(() => ctcLoss(x, [1, 2, 9], [8, 7], [1, 2])).toThrow(ValueError);
      expect(memoryInfo().liveBlocks).toBe(before);
    });
  });
  test.each<[string, (...a: never[]) => unknown, new () => Error, RegExp]>([
    [
      'a vector',
      () => ctcLoss([1], [1], [1], [1]),
      ShapeError,
      /logProbs is float32 \[1\]; expected float32 \[T, N, C\]/,
    ],
    ['an input too long', () => ctcLoss([[[0, 0]]], [1], [2], [1]), ValueError, /inputLengths: length of row 0 is 2/],
    [
      'a target too long',
      () => ctcLoss([[[0, 0]]], [[1]], [1], [2]),
      ValueError,
      /targetLengths: length of row 0 is 2/,
    ],
    ['lengths for others', () => ctcLoss([[[0, 0]]], [1], [1, 1], [1]), ValueError, /2 lengths; expected 1/],
    [
      'labels left over',
      () => ctcLoss([[[0, 0]]], [1, 1], [1], [1]),
      ShapeError,
      /int32 \[2\]; expected int32 \[1, S\] or \[1\]/,
    ],
    ['rows left over', () => ctcLoss([[[0, 0]]], [[1], [1]], [1], [1]), ShapeError, /targets are int32 \[2, 1\]/],
    [
      'a label too large',
      () => ctcLoss([[[0, 0]]], [[2]], [1], [1]),
      ValueError,
      /target 0 of row 0 is 2; expected 0 to 1/,
    ],
    [
      'a blank',
      () => ctcLoss([[[0, 0]], [[0, 0]]], [[1, 0]], [2], [2]),
      ValueError,
      /target 1 of row 0 is 0; .* blank, 0/,
    ],
    ['blank 2', () => ctcLoss([[[0, 0]]], [1], [1], [1], { blank: 2 }), ValueError, /blank is 2; expected an integer/],
    ['a reduction', () => ctcLoss([[0]], [1], [1], [1], { reduction: 'x' as never }), ValueError, /reduction is 'x'/],
    ['floats as labels', () => ctcLoss([[[0, 0]]], tensor([1]), [1], [1]), ShapeError, /targets are float32/],
    ['beamWidth 0', () => ctcBeamSearch([[0, 0]], [1], { beamWidth: 0 }), ValueError, /beamWidth is 0/],
    [
      'lengths of a search',
      () => ctcBeamSearch([[0, 0]], [2]),
      ValueError,
      /ctcBeamSearch: inputLengths: length of row 0/,
    ],
  ])('%s', (_name, act, kind, message) => {
    expect(act).toThrow(kind);
    expect(act).toThrow(message);
  });
});

/** Every label sequence and the summed probability of its alignments, likeliest first. */
function allLabels(logProbs: ArrayLike<number>, T: number, C: number, blank: number): [string, number][] {
  const found = new Map<string, number>();
  for (let code = 0; code < C ** T; code++) {
    const path = Array.from({ length: T }, (_, t) => Math.floor(code / C ** t) % C);
    const labels = path.filter((c, t) => c !== blank && c !== path[t - 1]).join();
    const p = Math.exp(path.reduce((sum, c, t) => sum + logProbs[t * C + c], 0));
    found.set(labels, (found.get(labels) ?? 0) + p);
  }
  return [...found].sort((a, b) => b[1] - a[1]);
}

describe('ctcBeamSearch', () => {
  test.each([
    [1, 2, 0],
    [4, 3, 0],
    [5, 3, 2],
    [6, 4, 1],
    [7, 3, 0],
  ])('wide enough it finds all there is: %i steps of %i, blank %i', (T, C, blank) => {
    manualSeed(T);
    scope(() => {
      const x = logits(T, C).logSoftmax(-1);
      const want = allLabels(x.data(), T, C, blank);
      const [got] = ctcBeamSearch(x, undefined, { beamWidth: 100_000, blank, topPaths: 100_000 });
      expect(got.length).toBe(want.length);
      const scores = new Map(want);
      for (const { labels, score } of got) {
        expect(Math.abs(score - Math.log(scores.get(labels.join())!))).toBeLessThan(1e-5);
      }
      expect(got[0].labels.join()).toBe(want[0][0]);
      const ordered = got.map(({ score }) => score);
      expect(ordered).toEqual([...ordered].sort((a, b) => b - a));
    });
  });
  test('its score is -ctcLoss', () => {
    manualSeed(9);
    scope(() => {
      const x = logits(12, 2, 5).logSoftmax(-1);
      const paths = ctcBeamSearch(x, [12, 9], { beamWidth: 3000 });
      const labels = paths.map(([best]) => best.labels);
      const counts = labels.map((l) => l.length);
      const losses = ctcLoss(x, Int32Array.from(labels.flat()), [12, 9], counts, { reduction: 'none' }).data();
      paths.forEach(([best], n) => {
        expect(best.score).toBeCloseTo(-losses[n], 4);
      });
    });
  });
  test('a batch is its rows alone; lengths cut', () => {
    manualSeed(10);
    scope(() => {
      const x = logits(8, 2, 4).logSoftmax(-1);
      const both = ctcBeamSearch(x, [8, 5], { beamWidth: 5, topPaths: 3 });
      expect(both[1]).toEqual(
        ctcBeamSearch(x.select(1, 1).slice(0, 0, 5), undefined, { beamWidth: 5, topPaths: 3 })[0],
      );
      expect(both[0]).toEqual(ctcBeamSearch(x.select(1, 0), [8], { beamWidth: 5, topPaths: 3 })[0]);
      const greedy = ctcGreedyDecode(x, [8, 5]);
      expect(greedy[1]).toEqual(ctcGreedyDecode(x.select(1, 1), [5])[0]);
    });
  });
  test('where the likeliest alignment is not the likeliest reading', () => {
    // Hannun's example: blank 0.6 twice beats any one alignment, but 1 is read from three of four.
    const x = [
      [0.6, 0.4],
      [0.6, 0.4],
    ].map((row) => row.map(Math.log));
    expect(ctcGreedyDecode(x)).toEqual([{ labels: [], score: expect.closeTo(Math.log(0.36), 6) }]);
    expect(ctcBeamSearch(x)).toEqual([[{ labels: [1], score: expect.closeTo(Math.log(0.64), 6) }]]);
  });
  test('ties: the prefix first, then its extensions by class', () => {
    const even = [[-1, -1, -1]];
    const [paths] = ctcBeamSearch(even, undefined, { topPaths: 3, blank: 1 });
    expect(paths.map(({ labels }) => labels)).toEqual([[], [0], [2]]);
    expect(ctcGreedyDecode(even, undefined, { blank: 1 })[0].labels).toEqual([0]);
  });
  test('long and hopeless: thousands of unlikely steps keep their score', () => {
    const T = 2000;
    const x = Array.from({ length: T }, () => [-30, -31]);
    const [[{ labels, score }]] = ctcBeamSearch(x, undefined, { beamWidth: 1 });
    expect(labels).toEqual([]);
    expect(Math.abs(score + 30 * T)).toBeLessThan(0.1);
    const none = ctcBeamSearch([[Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]]);
    expect(none).toEqual([[{ labels: [], score: Number.NEGATIVE_INFINITY }]]);
  });
  test('no steps, no labels; nothing stays in memory', () => {
    const before = memoryInfo().liveBlocks;
    expect(ctcBeamSearch([[-1, -1]], [0])).toEqual([[{ labels: [], score: 0 }]]);
    expect(ctcGreedyDecode([[-1, -1]], [0])).toEqual([{ labels: [], score: 0 }]);
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

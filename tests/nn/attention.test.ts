// Attention: what PyTorch's goldens (tests/goldens/functions.test.ts) do not show.
import { describe, expect, test } from 'vitest';
import {
  AdditiveAttention,
  gradCheck,
  manualSeed,
  memoryInfo,
  ones,
  randn,
  ShapeError,
  scaledDotProductAttention,
  scope,
  sequenceMask,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';

const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });

describe('scaledDotProductAttention', () => {
  test('booleans and int32 choose, numbers are added', () => {
    scope(() => {
      manualSeed(1);
      const [q, k, v] = [leaf(3, 4), leaf(2, 4), leaf(2, 5)];
      const kept = scaledDotProductAttention(q, k, v, { attnMask: [true, false] });
      expect(kept.toArray()).toEqual([0, 1, 2].map(() => v.select(0, 0).toArray()));
      const chosen = scaledDotProductAttention(q, k, v, { attnMask: Int32Array.of(1, 0) });
      expect(chosen.toArray()).toEqual(kept.toArray());
      const added = scaledDotProductAttention(q, k, v, { attnMask: [0, Number.NEGATIVE_INFINITY] });
      expect(added.toArray()).toEqual(kept.toArray());
    });
  });
  test.each([
    ['int32', [true, false, false, false]],
    ['float32', [0, ...new Array(3).fill(Number.NEGATIVE_INFINITY)]],
  ])('a query without keys gives zeros and NaN to nobody, mask of %s', (_dtype, mask) => {
    scope(() => {
      manualSeed(2);
      const [q, k, v] = [leaf(2, 3), leaf(2, 3), leaf(2, 3)];
      const out = scaledDotProductAttention(q, k, v, { attnMask: tensor(mask, [2, 2]) });
      expect(out.select(0, 1).toArray()).toEqual([0, 0, 0]);
      out.sum().backward();
      for (const x of [q, k, v]) expect(x.grad!.data().every(Number.isFinite)).toBe(true);
      expect(q.grad!.select(0, 1).toArray()).toEqual([0, 0, 0]);
    });
  });
  test('causal: the first query sees the first key alone', () => {
    scope(() => {
      const v = randn([2, 4, 3]);
      const out = scaledDotProductAttention(randn([2, 4, 5]), randn([2, 4, 5]), v, { isCausal: true });
      expect(out.select(1, 0).toArray()).toEqual(v.select(1, 0).toArray());
    });
  });
  test('dropout drops weights and scales the rest', () => {
    scope(() => {
      manualSeed(3);
      const uniform = [ones([50, 2]).mul(0), ones([4, 2]), ones([4, 1])] as const;
      const out = scaledDotProductAttention(...uniform, { dropoutP: 0.5 }).data();
      // Four weights of ¼, each dropped or doubled.
      expect([...new Set(out)].sort()).toEqual([0, 0.5, 1, 1.5, 2]);
      expect(
        scaledDotProductAttention(...uniform, { dropoutP: 1 })
          .sum()
          .item(),
      ).toBe(0);
    });
  });
  test('gradients against differences', () => {
    scope(() => {
      manualSeed(4);
      const x = [leaf(2, 3, 4), leaf(2, 5, 4), leaf(2, 5, 3), leaf(3, 5)];
      expect(gradCheck((q, k, v, attnMask) => scaledDotProductAttention(q, k, v, { attnMask }), x)).toBe(true);
    });
  });
  test.each<[string, () => unknown, new () => Error, RegExp]>([
    ['vectors', () => scaledDotProductAttention([1], [1], [1]), ShapeError, /query is \[1\], key \[1\], value \[1\]/],
    [
      'other features',
      () => scaledDotProductAttention([[1]], [[1, 2]], [[1]]),
      ShapeError,
      /expected \[\.\.\., L, E\]/,
    ],
    ['more values than keys', () => scaledDotProductAttention([[1]], [[1]], [[1], [2]]), ShapeError, /S, Ev/],
    [
      'a mask that would make more scores',
      () => scaledDotProductAttention([[1]], [[1]], [[1]], { attnMask: [true, false] }),
      ShapeError,
      /mask is \[2\]; expected to broadcast to \[1, 1\]/,
    ],
    [
      'two masks',
      () => scaledDotProductAttention([[1]], [[1]], [[1]], { attnMask: [true], isCausal: true }),
      ValueError,
      /got attnMask and isCausal; expected one/,
    ],
    [
      'dropoutP 2',
      () => scaledDotProductAttention([[1]], [[1]], [[1]], { dropoutP: 2 }),
      ValueError,
      /Dropout: p is 2/,
    ],
  ])('%s', (_name, act, kind, message) => {
    const before = memoryInfo().liveBlocks;
    expect(act).toThrow(kind);
    expect(act).toThrow(message);
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

test('sequenceMask: ones up to each length', () => {
  scope(() => {
    const expected = [
      [1, 1, 0],
      [0, 0, 0],
      [1, 1, 1],
    ];
    expect(sequenceMask([2, 0, 3]).toArray()).toEqual(expected);
    expect(sequenceMask(tensor(Int32Array.of(2, 0, 3)), 3).toArray()).toEqual(expected);
    expect(sequenceMask([1], 4).toArray()).toEqual([[1, 0, 0, 0]]);
    expect(sequenceMask([]).shape).toEqual([0, 0]);
    expect(() => sequenceMask([1, 5], 4)).toThrow(/length of row 1 is 5; expected an integer from 0 to 4/);
  });
});

describe('AdditiveAttention', () => {
  const make = () => new AdditiveAttention({ querySize: 3, keySize: 4, hiddenSize: 6 });

  test('one step is a sequence of one; lengths are a mask; the values default to the keys', () => {
    manualSeed(5);
    const layer = make();
    scope(() => {
      const [q, k] = [randn([2, 3]), randn([2, 5, 4])];
      const [context, weights] = layer.forward(q, k, k, { lengths: [2, 5] });
      expect([context.shape, weights.shape]).toEqual([
        [2, 4],
        [2, 5],
      ]);
      expect(weights.select(0, 0).slice(0, 2).toArray()).toEqual([0, 0, 0]);
      expect(weights.sum(1).toArray()).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
      const steps = layer.forward(q.unsqueeze(1), k, undefined, { mask: sequenceMask([2, 5]) });
      expect(steps.map((x) => x.squeeze(1).toArray())).toEqual([context.toArray(), weights.toArray()]);
      const perQuery = layer.forward(q.unsqueeze(1), k, undefined, { mask: sequenceMask([2, 5]).unsqueeze(1) });
      expect(perQuery[0].toArray()).toEqual(steps[0].toArray());
      const [alone] = layer.forward(q.select(0, 1), k.select(0, 1));
      expect(alone.toArray()).toEqual(context.select(0, 1).toArray());
    });
    layer.dispose();
  });
  test('a row without keys gives zeros', () => {
    const layer = make();
    scope(() => {
      const [context, weights] = layer.forward(randn([2, 3]), randn([2, 5, 4]), undefined, { lengths: [0, 5] });
      expect([context.select(0, 0).toArray(), weights.select(0, 0).toArray()]).toEqual([
        [0, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ]);
      context.sum().backward();
      for (const p of layer.parameters()) expect(p.grad!.data().every(Number.isFinite)).toBe(true);
    });
    layer.dispose();
  });
  test('gradients against differences, all parameters', () => {
    manualSeed(6);
    const layer = make();
    scope(() => {
      const x = [leaf(2, 2, 3), leaf(2, 4, 4), leaf(2, 4, 3)];
      const f = () => layer.forward(x[0], x[1], x[2], { lengths: [3, 4] });
      expect(gradCheck(f, [...x, ...layer.parameters()])).toBe(true);
    });
    layer.dispose();
  });
  test('training steps leave nothing behind', () => {
    manualSeed(7);
    const layer = make();
    const step = () =>
      scope(() => {
        layer.zeroGrad();
        layer
          .forward(randn([2, 3]), randn([2, 5, 4]), undefined, { lengths: [2, 5] })[0]
          .sum()
          .backward();
      });
    step();
    const before = memoryInfo().liveBlocks;
    for (let i = 0; i < 20; i++) step();
    expect(memoryInfo().liveBlocks).toBe(before);
    layer.dispose();
  });
  test('mistakes are typed errors', () => {
    const layer = make();
    expect(() => new AdditiveAttention({ querySize: 3, keySize: 4 } as never)).toThrow(
      /option 'hiddenSize' is missing/,
    );
    expect(() => layer.forward([[1, 2]], [[[1, 2, 3, 4]]])).toThrow(/expected last size 3/);
    expect(() => layer.forward([[1, 2, 3]], [[[1, 2, 3, 4]]], undefined, { lengths: [2] })).toThrow(
      /length of row 0 is 2; expected an integer from 0 to 1/,
    );
    layer.dispose();
  });
});

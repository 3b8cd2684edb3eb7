// Losses: what PyTorch's goldens (tests/goldens/ops.test.ts) do not show.
import { describe, expect, test } from 'vitest';
import {
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  DTypeError,
  huberLoss,
  klDiv,
  l1Loss,
  memoryInfo,
  mseLoss,
  nllLoss,
  ShapeError,
  smoothL1Loss,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';

const pairs = { mseLoss, l1Loss, smoothL1Loss, huberLoss, binaryCrossEntropyWithLogits, klDiv };

describe.each(Object.entries(pairs))('%s', (_name, loss) => {
  test('mistakes are typed errors, and nothing stays', () => {
    const before = memoryInfo().liveBlocks;
    expect(() => loss([1, 2], [1, 2, 3])).toThrow(ShapeError);
    expect(() => loss(Int32Array.of(1, 2), [1, 2])).toThrow(DTypeError);
    expect(() => loss([1], [1], { reduction: 'average' as never })).toThrow(/reduction is 'average'; expected 'mean'/);
    expect(memoryInfo().liveBlocks).toBe(before);
  });
  test('a flat typed array has the shape of the tensor beside it', () => {
    const x = tensor([
      [0.5, 0.25],
      [0.125, 0.75],
    ]);
    const y = [
      [0.5, 0.5],
      [0.25, 1],
    ];
    expect(loss(x, Float32Array.from(y.flat())).item()).toBe(loss(x, y).item());
  });
});

test('logits of ±1000 do not overflow', () => {
  const losses = binaryCrossEntropyWithLogits([1000, -1000, 1000], [1, 0, 0], { reduction: 'none' });
  expect(losses.toArray()).toEqual([0, 0, 1000]);
});

test('nllLoss of logSoftmax is crossEntropy; ignored targets count for nothing, impossible classes or not', () => {
  const logits = tensor([
    [1, 2, 3],
    [0, -1, 4],
  ]);
  expect(nllLoss(logits.logSoftmax(1), [2, 0]).item()).toBeCloseTo(crossEntropy(logits, [2, 0]).item(), 6);
  const impossible = tensor([
    [Number.NEGATIVE_INFINITY, 0],
    [-1, -2],
  ]);
  expect(nllLoss(impossible, [-100, 1]).item()).toBe(2);
  expect(nllLoss(impossible, [-100, -100]).item()).toBeNaN();
});

test.each<[string, () => Tensor, new () => Error, RegExp]>([
  ['a class out of range', () => nllLoss([[0, 0]], [2]), ValueError, /nllLoss: target 0 is 2; expected 0 to 1/],
  ['targets of another shape', () => nllLoss([[0, 0]], [0, 0]), ShapeError, /expected targets \[1\]/],
  ['class weights of another number', () => nllLoss([[0, 0]], [0], { weight: [1] }), ShapeError, /expected \[2\]/],
  ['delta 0', () => huberLoss([1], [1], { delta: 0 }), ValueError, /delta is 0; expected a number above 0/],
  ['beta -1', () => smoothL1Loss([1], [1], { beta: -1 }), ValueError, /beta is -1/],
  ['a direction of 0', () => cosineEmbeddingLoss([[1]], [[1]], [0]), ValueError, /target 0 is 0; expected 1 or -1/],
  ['a target for each number', () => cosineEmbeddingLoss([[1, 2]], [[1, 2]], [1, 1]), ShapeError, /expected \[N, D\]/],
])('%s', (_name, act, kind, message) => {
  expect(act).toThrow(kind);
  expect(act).toThrow(message);
});

// Packed and padded sequences: values, order, gradients, what is refused.
import { describe, expect, test } from 'vitest';
import {
  PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  randn,
  ShapeError,
  scope,
  tensor,
  unpackSequence,
  unpadSequence,
  ValueError,
} from '../../src/index.js';

const x = () =>
  tensor([
    [[1], [10]],
    [[2], [20]],
    [[0], [30]],
  ]); // lengths 2 and 3

describe('packing', () => {
  test('rows sorted by length, step after step, as torch', () => {
    const packed = packPaddedSequence(x(), [2, 3], { enforceSorted: false });
    expect(packed.data.toArray()).toEqual([[10], [1], [20], [2], [30]]);
    expect([...packed.batchSizes]).toEqual([2, 2, 1]);
    expect([...packed.sortedIndices!]).toEqual([1, 0]);
    expect([...packed.unsortedIndices!]).toEqual([1, 0]);
  });
  test('sorted lengths keep their order; batchFirst reads the other layout', () => {
    const first = x().transpose(0, 1);
    const packed = packPaddedSequence(first.slice(0, 1), [3], { batchFirst: true });
    expect([packed.data.toArray(), packed.sortedIndices]).toEqual([[[10], [20], [30]], null]);
  });
  test('padding back: order, lengths, totalLength, paddingValue', () => {
    const packed = packPaddedSequence(x(), [2, 3], { enforceSorted: false });
    const [padded, lengths] = padPackedSequence(packed, { batchFirst: true, totalLength: 4, paddingValue: -1 });
    expect(padded.toArray()).toEqual([
      [[1], [2], [-1], [-1]],
      [[10], [20], [30], [-1]],
    ]);
    expect([...lengths]).toEqual([2, 3]);
    expect(() => padPackedSequence(packed, { totalLength: 2 })).toThrow(/totalLength is 2; expected at least 3/);
  });
  test.each<[string, () => unknown, RegExp]>([
    [
      'unsorted lengths where sorted ones are asked for',
      () => packPaddedSequence(x(), [2, 3]),
      /2, 3; expected falling lengths/,
    ],
    ['a length of 0', () => packPaddedSequence(x(), [0, 3]), /row 0 is 0; expected an integer from 1 to 3/],
    ['a length beyond', () => packPaddedSequence(x(), [4, 3]), /row 0 is 4/],
    ['too few lengths', () => packPaddedSequence(x(), [3]), /1 lengths; expected 2/],
    ['rank 1', () => packPaddedSequence(tensor([1]), [1]), /rank 2 or more/],
    [
      'rows that do not fit the batch sizes',
      () => new PackedSequence(randn([3, 1]), Int32Array.of(2, 2)),
      /expected 4 rows/,
    ],
  ])('%s is refused', (_name, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('lists of sequences', () => {
  const list = () => [
    tensor([[1, 2]]),
    tensor([
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
    tensor([
      [9, 9],
      [8, 8],
    ]),
  ];
  test('padSequence and unpadSequence', () => {
    const padded = padSequence(list(), { paddingValue: 0.5 });
    expect(padded.shape).toEqual([3, 3, 2]);
    expect(padded.select(1, 0).toArray()).toEqual([
      [1, 2],
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
    expect(padSequence(list(), { batchFirst: true }).toArray()).toEqual(padSequence(list()).transpose(0, 1).toArray());
    expect(unpadSequence(padded, [1, 3, 2]).map((t) => t.toArray())).toEqual(list().map((t) => t.toArray()));
    expect(() => unpadSequence(padded, [1, 3, 4])).toThrow(ValueError);
  });
  test('packSequence and unpackSequence keep the caller’s order', () => {
    const packed = packSequence(list(), { enforceSorted: false });
    expect([...packed.batchSizes]).toEqual([3, 2, 1]);
    expect(unpackSequence(packed).map((t) => t.toArray())).toEqual(list().map((t) => t.toArray()));
    expect(() => packSequence(list())).toThrow(/falling lengths/);
    expect(() => packSequence([])).toThrow(ValueError);
    expect(() => padSequence([randn([2, 3]), randn([2, 4])])).toThrow(ShapeError);
  });
  test('gradients go back to each sequence, none from the padding', () => {
    scope(() => {
      const sequences = list().map((t) => tensor(t.data(), { shape: t.shape, requiresGrad: true }));
      const weights = tensor(
        Float32Array.from({ length: 18 }, (_, i) => i),
        [3, 3, 2],
      );
      padSequence(sequences, { paddingValue: 7 }).mul(weights).sum().backward();
      expect(sequences[0].grad!.toArray()).toEqual([[0, 1]]);
      expect(sequences[2].grad!.toArray()).toEqual([
        [4, 5],
        [10, 11],
      ]);
    });
  });
});

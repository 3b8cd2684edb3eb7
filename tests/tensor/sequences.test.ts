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
  test.each<[string, () => unknown, RegExp | typeof ShapeError]>([
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
    [
      'growing batch sizes',
      () => new PackedSequence(randn([3, 1]), Int32Array.of(1, 2)),
      /expected 3 rows, falling sizes/,
    ],
    ['a step of no rows', () => new PackedSequence(randn([2, 1]), Int32Array.of(2, 0)), /batchSizes 2,0/],
    [
      'indices beyond the batch',
      () => new PackedSequence(randn([2, 1]), Int32Array.of(2), Int32Array.of(0, 2)),
      /indices 0,2; expected .* permutations/,
    ],
    [
      'indices that name a row twice',
      () => new PackedSequence(randn([2, 1]), Int32Array.of(2), null, Int32Array.of(1, 1)),
      ShapeError,
    ],
    [
      'indices of another batch',
      () => new PackedSequence(randn([2, 1]), Int32Array.of(2), Int32Array.of(0)),
      ShapeError,
    ],
    ['an empty batch', () => packPaddedSequence(randn([3, 0, 2]), []), /\[3, 0, 2\]; expected .* elements/],
    ['an empty sequence', () => packSequence([randn([2, 1]), randn([0, 1])]), /row 1 is 0/],
    ['a total length that is no integer', () => padPackedSequence(packSequence([x()]), { totalLength: 3.5 }), /is 3.5/],
  ])('%s is refused', (_name, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('the rest of torch.nn.utils.rnn', () => {
  test('enforceSorted: false keeps indices even where the rows came sorted; null with true', () => {
    const sorted = packPaddedSequence(x().slice(1, 1), [3], { enforceSorted: false });
    expect([sorted.sortedIndices, sorted.unsortedIndices]).toEqual([Int32Array.of(0), Int32Array.of(0)]);
    expect(packPaddedSequence(x(), [3, 3]).sortedIndices).toBeNull();
    // unsortedIndices follow from sortedIndices.
    const order = Int32Array.of(2, 0, 1);
    expect(new PackedSequence(randn([3, 1]), Int32Array.of(3), order).unsortedIndices).toEqual(Int32Array.of(1, 2, 0));
  });
  test('equal lengths keep the caller’s order; lengths may be a tensor; rank 2 packs numbers', () => {
    const packed = packPaddedSequence(x(), tensor(Int32Array.of(3, 3)), { enforceSorted: false });
    expect([...packed.sortedIndices!]).toEqual([0, 1]);
    const flat = packPaddedSequence(x().squeeze(2), [3, 1]);
    expect(flat.data.toArray()).toEqual([1, 10, 2, 0]);
    expect(padPackedSequence(flat)[0].toArray()).toEqual([
      [1, 10],
      [2, 0],
      [0, 0],
    ]);
  });
  test('packing then padding gives back every layout', () => {
    for (const batchFirst of [false, true]) {
      for (const enforceSorted of [false, true]) {
        const lengths = enforceSorted ? [4, 2, 2] : [2, 4, 1];
        const input = batchFirst ? randn([3, 4, 2, 2]) : randn([4, 3, 2, 2]);
        const packed = packPaddedSequence(input, lengths, { batchFirst, enforceSorted });
        const [padded, back] = padPackedSequence(packed, { batchFirst, paddingValue: Number.POSITIVE_INFINITY });
        expect([...back]).toEqual(lengths);
        expect(padded.shape).toEqual(input.shape);
        lengths.forEach((length, row) => {
          const [got, want] = [padded, input].map((t) => t.select(batchFirst ? 0 : 1, row));
          expect(got.slice(0, 0, length).toArray()).toEqual(want.slice(0, 0, length).toArray());
          expect([...got.slice(0, length).data()].every((v) => v === Number.POSITIVE_INFINITY)).toBe(true);
        });
      }
    }
  });
  test('integers stay integers, padded with an integer; sequences without steps are all padding', () => {
    const ids = [tensor(Int32Array.of(1, 2)), tensor(Int32Array.of(3)), tensor(new Int32Array(0))];
    const padded = padSequence(ids, { batchFirst: true, paddingValue: 9 });
    expect([padded.dtype, padded.toArray()]).toEqual([
      'int32',
      [
        [1, 2],
        [3, 9],
        [9, 9],
      ],
    ]);
    const [again] = padPackedSequence(packSequence(ids.slice(0, 2)), { paddingValue: -1, totalLength: 3 });
    expect([again.dtype, again.transpose(0, 1).toArray()]).toEqual([
      'int32',
      [
        [1, 2, -1],
        [3, -1, -1],
      ],
    ]);
  });
  test('unpadSequence reads batchFirst, lengths as a tensor, and gives back what padSequence took', () => {
    const sequences = [randn([2, 3]), randn([4, 3])];
    const lengths = tensor(Int32Array.of(2, 4));
    const padded = padSequence(sequences, { batchFirst: true });
    expect(unpadSequence(padded, lengths, { batchFirst: true }).map((t) => t.toArray())).toEqual(
      sequences.map((t) => t.toArray()),
    );
  });
  test('gradients: totalLength and paddingValue give none, each step its own', () => {
    scope(() => {
      const input = tensor(randn([3, 2, 1]).data(), { shape: [3, 2, 1], requiresGrad: true });
      const packed = packPaddedSequence(input, [1, 3], { enforceSorted: false });
      const [padded] = padPackedSequence(packed, { totalLength: 5, paddingValue: 2, batchFirst: true });
      padded.mul(padded).sum().backward();
      const twice = input.mul(2).toArray() as number[][][];
      expect(input.grad!.toArray()).toEqual(twice.map(([first, second], t) => [t < 1 ? first : [0], second]));
    });
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

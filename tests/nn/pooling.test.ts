// Pooling over windows and over time: maxima, gradients, lengths. Values against PyTorch's: tests/goldens/layers.test.ts.
import { describe, expect, test } from 'vitest';
import {
  gradCheck,
  MaxPool1d,
  maxOverTime,
  meanOverTime,
  packPaddedSequence,
  parameter,
  randn,
  scope,
  tensor,
  ValueError,
} from '../../src/index.js';

/** Distinct values, 0.1 apart, so that no maximum changes under gradCheck's steps. */
const spread = (shape: number[]) => {
  const n = shape.reduce((a, b) => a * b, 1);
  return parameter(
    Float32Array.from({ length: n }, (_, i) => (((i * 7919) % n) - n / 2) / 10),
    shape,
  );
};

describe('pooling', () => {
  test('NaN is a maximum, -Infinity may be one; gradients go to the first', () => {
    const pool = new MaxPool1d({ kernelSize: 3, stride: 1, padding: 1 });
    const negative = Number.NEGATIVE_INFINITY;
    expect([...pool.predict([[1, NaN, 2, 3, negative, negative, negative]])]).toEqual([
      NaN,
      NaN,
      NaN,
      3,
      3,
      negative,
      negative,
    ]);
    const x = parameter([[2, 2, 1, 2]]);
    scope(() => new MaxPool1d({ kernelSize: 4 }).forward(x).sum().backward());
    expect([...x.grad!.data()]).toEqual([1, 0, 0, 0]);
  });
  test('over time: rows of their own lengths, padding neither read nor given a gradient', () => {
    const rows = [[[1, 5], [2, 4], [9, 9]], [[-1, -2], [NaN, NaN], [NaN, NaN]]]; // biome-ignore format: rows of steps
    const x = parameter(rows);
    const lengths = [2, 1];
    const options = { lengths, batchFirst: true };
    expect(meanOverTime(x, options).toArray()).toEqual([[1.5, 4.5], [-1, -2]]); // biome-ignore format: likewise
    expect(maxOverTime(x, options).toArray()).toEqual([[2, 5], [-1, -2]]); // biome-ignore format: likewise
    const timeFirst = x.transpose(0, 1);
    expect(maxOverTime(timeFirst, { lengths: tensor(Int32Array.from(lengths)) }).toArray()).toEqual([[2, 5], [-1, -2]]); // biome-ignore format: likewise
    const packed = packPaddedSequence(timeFirst, lengths);
    expect(meanOverTime(packed).toArray()).toEqual([[1.5, 4.5], [-1, -2]]); // biome-ignore format: likewise
    expect(maxOverTime(packed).toArray()).toEqual([[2, 5], [-1, -2]]); // biome-ignore format: likewise
    meanOverTime(x, options).sum().backward();
    expect([...x.grad!.data()]).toEqual([0.5, 0.5, 0.5, 0.5, 0, 0, 1, 1, 0, 0, 0, 0]);
    expect([...maxOverTime(rows.slice(0, 1), { batchFirst: true }).data()]).toEqual([9, 9]);
    expect(meanOverTime(tensor([], [3, 0, 2])).shape).toEqual([0, 2]);
    const y = spread([4, 3, 2]);
    gradCheck((z) => [meanOverTime(z, { lengths: [4, 1, 2] }), maxOverTime(z, { lengths: [1, 4, 3] })], [y]);
  });
  test('over time: wrong lengths', () => {
    const x = randn([3, 2, 4]);
    expect(() => meanOverTime(x, { lengths: [3] })).toThrow(/meanOverTime: 1 lengths; expected 2/);
    expect(() => maxOverTime(x, { lengths: [3, 4] })).toThrow(/length of row 1 is 4; expected an integer from 1 to 3/);
    expect(() => maxOverTime(x, { lengths: [0, 1] })).toThrow(ValueError);
    expect(() => maxOverTime(randn([3, 4]))).toThrow(/maxOverTime: input is \[3, 4\]; expected rank 3/);
    expect(() => meanOverTime(randn([0, 2, 4]))).toThrow(/expected an integer from 1 to 0/);
  });
});

import { describe, expect, test } from 'vitest';
import { REDUCE } from '../../src/engine/kernels.js';
import { availableBuilds } from './builds.js';
import { expectClose, LENGTHS, numbers } from './expectClose.js';

/** Sums are float64 inside and rounded once. */
const ONE_ROUNDING = 2 ** -24;
/** exp (1 ulp = 2^-23, its argument's rounding 2^-24 · |x - max| ≤ 8), sum, quotient. */
const SOFTMAX = 8 * 2 ** -23;
type ReduceName = keyof typeof REDUCE;
const names = Object.keys(REDUCE) as ReduceName[];

/** [outer, n, inner]: rows of all lengths, columns of all widths. */
const shapes = [
  ...LENGTHS.map((n) => [2, n, 1]),
  ...LENGTHS.map((inner) => [2, 5, inner]),
  [3, 1, 1],
  [1, 33, 2],
  [0, 3, 3],
];

const foldOf: Record<ReduceName, (values: number[]) => number> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  max: (values) => (values.some(Number.isNaN) ? NaN : Math.max(...values)),
  min: (values) => (values.some(Number.isNaN) ? NaN : Math.min(...values)),
};

/** The strands over the middle: positions of each, in the order of the output. */
function strands([outer, n, inner]: number[]): number[][] {
  return Array.from({ length: outer * inner }, (_, i) =>
    Array.from({ length: n }, (_, k) => (Math.floor(i / inner) * n + k) * inner + (i % inner)),
  );
}
const each = (x: ArrayLike<number>, shape: number[], fold: (values: number[]) => number) =>
  strands(shape).map((strand) => fold(strand.map((i) => x[i])));
const size = (shape: number[]) => shape[0] * shape[1] * shape[2];

describe.each(availableBuilds())('reduce ($name)', (build) => {
  const { kernels } = build;
  const run = (n: number, kernel: (out: number) => void): Float32Array => {
    const out = build.allocate(n);
    kernel(out);
    build.checkGuards();
    return build.readFloats(out, n);
  };

  test.each(shapes)('float32 [%i, %i, %i]', (...shape) => {
    const [outer, n, inner] = shape;
    const x = numbers(n + 3 * inner)(size(shape));
    for (const special of [0, NaN, Infinity, -Infinity]) {
      if (special && x.length) x[(7 * x.length) >> 3] = special;
      build.reset();
      const px = build.floats(x);
      for (const name of names) {
        const out = run(outer * inner, (p) => kernels.reduce(REDUCE[name], px, p, outer, n, inner));
        // Cancellation: the float64 sums differ in order, by 2^-50 of the largest.
        expectClose(out, each(x, shape, foldOf[name]), ONE_ROUNDING, 2 ** -46, `${name}, ${special}`);
      }
    }
  });

  test.each(shapes)('int32 and argmax [%i, %i, %i]', (...shape) => {
    const [outer, n, inner] = shape;
    const x = Int32Array.from(numbers(n + inner)(size(shape)), (v) => v * 2 ** 30);
    const repeated = Float32Array.from(x, (v) => (v >> 29) + 0);
    if (x.length > 2) x[x.length >> 1] = 2147483647;
    build.reset();
    const [px, pf, pi] = [build.ints(x), build.floats(repeated), build.ints(repeated)];
    const out = build.allocate(outer * inner);
    const read = () => {
      build.checkGuards();
      return [...build.readInts(out, outer * inner)];
    };
    kernels.reduceInt(REDUCE.sum, px, out, outer, n, inner);
    expect(read()).toEqual(each(x, shape, (v) => v.reduce((a, b) => (a + b) | 0, 0)));
    if (n === 0) return;
    kernels.reduceInt(REDUCE.max, px, out, outer, n, inner);
    expect(read()).toEqual(each(x, shape, (v) => Math.max(...v)));
    kernels.reduceInt(REDUCE.min, px, out, outer, n, inner);
    expect(read()).toEqual(each(x, shape, (v) => Math.min(...v)));
    const first = (v: number[]) => v.indexOf(Math.max(...v));
    kernels.argmax(px, out, outer, n, inner, 1);
    expect(read()).toEqual(each(x, shape, first));
    for (const [p, isInt] of [
      [pf, 0],
      [pi, 1],
    ]) {
      kernels.argmax(p, out, outer, n, inner, isInt);
      expect(read()).toEqual(each(repeated, shape, first));
    }
    const broken = repeated.map((v, i) => (i % 3 === 1 ? NaN : v));
    kernels.argmax(build.floats(broken), out, outer, n, inner, 0);
    expect(read()).toEqual(each(broken, shape, (v) => (v.some(Number.isNaN) ? v.findIndex(Number.isNaN) : first(v))));
    kernels.argmax(build.floats(broken.fill(-Infinity)), out, outer, n, inner, 0);
    expect(read()).toEqual(each(broken, shape, () => 0));
  });

  test.each(shapes)('backward [%i, %i, %i]', (...shape) => {
    const [outer, n, inner] = shape;
    const draw = numbers(n + inner);
    const x = draw(size(shape)).map((v) => Math.round(2 * v));
    if (x.length > 4) x[4] = NaN;
    const dOut = draw(outer * inner);
    const all = strands(shape);
    for (const name of names) {
      const out = each(x, shape, foldOf[name]);
      for (const share of [0, 1]) {
        const expected = new Float64Array(x.length);
        all.forEach((strand, s) => {
          const hits = strand.filter((i) => Object.is(x[i] + 0, out[s] + 0));
          const extremum = share ? hits : hits.slice(0, 1);
          const targets = name === 'sum' || name === 'mean' ? strand : extremum;
          for (const i of targets) expected[i] = name === 'sum' ? dOut[s] : dOut[s] / targets.length;
        });
        build.reset();
        const [px, po, pd] = [build.floats(x), build.floats(out), build.floats(dOut)];
        const dx = run(x.length, (p) => kernels.reduceBackward(REDUCE[name], px, po, pd, p, outer, n, inner, share));
        expectClose(dx, expected, ONE_ROUNDING, 0, `${name}, share ${share}`);
      }
    }
  });

  test.each(shapes)('softmax and backward [%i, %i, %i]', (...shape) => {
    const [outer, n, inner] = shape;
    const x = numbers(n + 5 * inner)(size(shape), -4, 4);
    const dy = numbers(n)(size(shape));
    if (n > 1 && x.length) x[1] = -Infinity;
    for (const offset of [0, 1024]) {
      // Adding 1024 rounds x, not the softmax: what is expected starts from the rounded x.
      const shifted = x.map((v) => v + offset);
      for (const log of [0, 1]) {
        const y = new Float64Array(x.length);
        const dx = new Float64Array(x.length);
        for (const strand of strands(shape)) {
          const max = Math.max(...strand.map((i) => shifted[i]));
          const total = strand.reduce((sum, i) => sum + Math.exp(shifted[i] - max), 0);
          for (const i of strand) y[i] = log ? shifted[i] - max - Math.log(total) : Math.exp(shifted[i] - max) / total;
        }
        const rounded = Float32Array.from(y);
        for (const strand of strands(shape)) {
          const dot = strand.reduce((sum, i) => sum + dy[i] * (log ? 1 : rounded[i]), 0);
          for (const i of strand) dx[i] = log ? dy[i] - Math.exp(rounded[i]) * dot : rounded[i] * (dy[i] - dot);
        }
        build.reset();
        const [px, py, pd] = [build.floats(shifted), build.floats(rounded), build.floats(dy)];
        const out = run(x.length, (p) => kernels.softmax(px, p, outer, n, inner, log));
        expectClose(out, y, SOFTMAX, log ? 2 ** -23 * 8 : 1e-38, `log ${log}`);
        const gradient = run(x.length, (p) => kernels.softmaxBackward(py, pd, p, outer, n, inner, log));
        // dy - Σ cancels: absolute, ulps of the largest term, |Σ dy| ≤ 2n times a probability.
        expectClose(gradient, dx, SOFTMAX, 2 ** -22 * Math.max(2, ...dx.map(Math.abs)), `backward, log ${log}`);
        kernels.softmax(px, px, outer, n, inner, log);
        expect(build.readFloats(px, x.length)).toEqual(out);
      }
    }
  });

  test.each([1, 2])('softmax of all -∞, of ∞ and of NaN is NaN, as in torch (inner %i)', (inner) => {
    for (const value of [-Infinity, Infinity, NaN]) {
      build.reset();
      const x = build.floats(new Array(6 * inner).fill(value));
      for (const log of [0, 1]) {
        const y = run(6 * inner, (p) => kernels.softmax(x, p, 1, 6, inner, log));
        expect(y.every(Number.isNaN)).toBe(true);
      }
    }
  });

  test('a long sum keeps its digits', () => {
    const n = 1_000_003;
    build.reset();
    const x = build.floats(new Float32Array(n).fill(0.1));
    const out = run(1, (p) => kernels.reduce(REDUCE.sum, x, p, 1, n, 1));
    expectClose(out, [n * Math.fround(0.1)], ONE_ROUNDING, 0, 'sum');
  });

  test.each(LENGTHS)('sumSquares of %i', (n) => {
    const x = numbers(n)(n);
    build.reset();
    const px = build.floats(x);
    const exact = x.reduce((sum, v) => sum + v * v, 0);
    expect(Math.abs(kernels.sumSquares(px, n) - exact)).toBeLessThanOrEqual(2 ** -48 * exact);
    expect(kernels.sumSquares(build.floats([3e38, 3e38]), 2)).toBe(2 * Math.fround(3e38) ** 2);
  });
});

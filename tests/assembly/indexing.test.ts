import { describe, expect, test } from 'vitest';
import { BINARY } from '../../src/engine/kernels.js';
import { availableBuilds } from './builds.js';
import { expectClose, numbers } from './expectClose.js';

const f = Math.fround;
const binary = {
  add: (a: number, b: number) => f(a + b),
  sub: (a: number, b: number) => f(a - b),
  mul: (a: number, b: number) => f(a * b),
  div: (a: number, b: number) => f(a / b),
  pow: (a: number, b: number) => a ** b,
  max: Math.max,
  min: Math.min,
};
const names = Object.keys(BINARY) as (keyof typeof BINARY)[];
const integer = {
  add: (a: number, b: number) => (a + b) | 0,
  sub: (a: number, b: number) => (a - b) | 0,
  mul: Math.imul,
  max: Math.max,
  min: Math.min,
};

describe.each(availableBuilds())('broadcasts, strided copies, gathers ($name)', (build) => {
  const { kernels } = build;
  const run = (n: number, kernel: (out: number) => void): Float32Array => {
    const out = build.allocate(n);
    kernel(out);
    build.checkGuards();
    return build.readFloats(out, n);
  };

  describe('broadcast', () => {
    // shape, strides of a, strides of b: rows, columns, scalars, transposes, a rank-0 pair, steps of 2, empty.
    const cases: [number[], number[], number[]][] = [
      [[], [], []],
      [[7], [1], [0]],
      [[7], [0], [1]],
      [[7], [0], [0]],
      [[35], [2], [1]],
      [
        [3, 5],
        [5, 1],
        [0, 1],
      ],
      [
        [3, 5],
        [1, 0],
        [0, 1],
      ],
      [
        [3, 5],
        [1, 3],
        [5, 1],
      ],
      [
        [17, 33],
        [1, 17],
        [33, 1],
      ],
      [
        [2, 3, 4],
        [12, 4, 1],
        [4, 0, 1],
      ],
      [
        [2, 3, 4, 2],
        [0, 8, 2, 1],
        [1, 0, 0, 2],
      ],
      [
        [2, 0, 4],
        [0, 4, 1],
        [0, 0, 1],
      ],
    ];
    const offsets = (shape: number[], strides: number[]): number[] =>
      shape.reduce((list, n, d) => list.flatMap((o) => Array.from({ length: n }, (_, i) => o + i * strides[d])), [0]);

    test.each(cases)('shape %j, strides %j and %j', (shape, aStrides, bStrides) => {
      const [ao, bo] = [offsets(shape, aStrides), offsets(shape, bStrides)];
      const draw = numbers(9);
      const [a, b] = [draw(Math.max(0, ...ao) + 1, 0.5, 3), draw(Math.max(0, ...bo) + 1, -3, 3)];
      const [ai, bi] = [Int32Array.from(a, (v) => v * 1e9), Int32Array.from(b, (v) => v * 7)];
      build.reset();
      const [ps, pas, pbs] = [build.ints(shape), build.ints(aStrides), build.ints(bStrides)];
      const [pa, pb, pai, pbi] = [build.floats(a), build.floats(b), build.ints(ai), build.ints(bi)];
      for (const name of names) {
        const op = BINARY[name];
        const result = run(ao.length, (out) => kernels.binaryBroadcast(op, pa, pb, out, shape.length, ps, pas, pbs));
        const expected = ao.map((o, i) => binary[name](a[o], b[bo[i]]));
        expectClose(result, expected, name === 'pow' ? 2 ** -23 : 0, 0, name);
        if (name === 'div' || name === 'pow') continue;
        const out = build.allocate(ao.length);
        kernels.binaryBroadcastInt(op, pai, pbi, out, shape.length, ps, pas, pbs);
        build.checkGuards();
        expect([...build.readInts(out, ao.length)]).toEqual(ao.map((o, i) => integer[name](ai[o], bi[bo[i]])));
      }
    });

    test.each(cases)('copyStrided: shape %j, from %j to %j', (shape, xStrides, outStrides) => {
      const [xo, oo] = [offsets(shape, xStrides), offsets(shape, outStrides)];
      const x = numbers(4)(Math.max(0, ...xo) + 1);
      build.reset();
      const [ps, pxs, pos, px] = [build.ints(shape), build.ints(xStrides), build.ints(outStrides), build.floats(x)];
      for (const accumulate of [0, 1]) {
        const expected = numbers(5)(Math.max(0, ...oo) + 1);
        const out = build.floats(expected);
        xo.forEach((from, i) => {
          expected[oo[i]] = accumulate ? expected[oo[i]] + x[from] : x[from];
        });
        kernels.copyStrided(px, out, shape.length, ps, pxs, pos, accumulate);
        build.checkGuards();
        expect(build.readFloats(out, expected.length)).toEqual(expected);
      }
    });

    test.each([
      [16, 16],
      [47, 81],
      [3, 200],
      [200, 3],
    ])('copyStrided transposes %i × %i', (rows, columns) => {
      const x = numbers(6)(rows * columns);
      build.reset();
      const [ps, pxs, pos] = [build.ints([rows, columns]), build.ints([1, rows]), build.ints([columns, 1])];
      const px = build.floats(x);
      const y = run(rows * columns, (out) => kernels.copyStrided(px, out, 2, ps, pxs, pos, 0));
      expect(y.every((v, i) => v === x[(i % columns) * rows + Math.floor(i / columns)])).toBe(true);
    });
  });

  describe('rows', () => {
    test.each([1, 2, 3, 4, 5, 8, 63, 64, 65])('gather and scatter rows of %i', (width) => {
      build.reset();
      const x = numbers(width)(5 * width);
      const index = [4, -1, 0, 4, 2];
      const [px, pi] = [build.floats(x), build.ints(index)];
      const rows = run(5 * width, (out) => kernels.gatherRows(px, pi, out, 5, width));
      const row = (r: number) => (r < 0 ? new Float32Array(width) : x.slice(r * width, (r + 1) * width));
      expect(rows).toEqual(Float32Array.from(index.flatMap((r) => [...row(r)])));
      for (const accumulate of [0, 1]) {
        const expected = numbers(1)(5 * width);
        const out = build.floats(expected);
        index.forEach((to, r) => {
          if (to < 0) return;
          for (let j = 0; j < width; j++) {
            const value = x[r * width + j];
            expected[to * width + j] = accumulate ? expected[to * width + j] + value : value;
          }
        });
        kernels.scatterRows(px, pi, out, 5, width, accumulate);
        build.checkGuards();
        expect(build.readFloats(out, 5 * width)).toEqual(expected);
      }
    });

    test('findOutOfRange', () => {
      build.reset();
      const index = build.ints([0, 4, 5, -1, 5]);
      expect(kernels.findOutOfRange(index, 5, 6)).toBe(3);
      expect(kernels.findOutOfRange(index, 5, 5)).toBe(2);
      expect(kernels.findOutOfRange(index, 3, 6)).toBe(-1);
      expect(kernels.findOutOfRange(index, 0, 0)).toBe(-1);
    });

    test.each([1, 3, 4])('gather along the middle, inner %i', (inner) => {
      const [outer, n, count] = [2, 5, 3];
      build.reset();
      const x = numbers(inner)(outer * n * inner);
      const d = numbers(7)(outer * count * inner);
      const index = Int32Array.from({ length: outer * count * inner }, (_, i) => (i * 7) % n);
      const source = (i: number) => (Math.floor(i / (count * inner)) * n + index[i]) * inner + (i % inner);
      const [px, pi, pd] = [build.floats(x), build.ints(index), build.floats(d)];
      const y = run(index.length, (out) => kernels.gather(px, pi, out, outer, n, inner, count));
      expect(y).toEqual(d.map((_, i) => x[source(i)]));
      const dx = x.slice();
      d.forEach((v, i) => {
        dx[source(i)] += v;
      });
      kernels.gatherBackward(pd, pi, px, outer, n, inner, count);
      build.checkGuards();
      expect(build.readFloats(px, x.length)).toEqual(dx);
    });
  });
});

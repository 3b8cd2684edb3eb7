// The kernels of the second module, against plain loops, with guards around every buffer.
import { describe, expect, test } from 'vitest';
import { ACTIVATION, type OnnxKernels } from '../../src/onnx/kernels.js';
import { Build } from './builds.js';

const build = new Build('onnx');
const kernels = build.kernels as unknown as OnnxKernels;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
/** Distance between neighbouring floats at x. */
function ulp(x: number): number {
  float[0] = Math.abs(x);
  const here = float[0];
  bits[0]++;
  return float[0] - here;
}

function activate(code: number, values: ArrayLike<number>): Float32Array {
  build.reset();
  const x = build.floats(values);
  const y = build.allocate(values.length);
  kernels.activate(code, x, y, values.length, 0, 0);
  build.checkGuards();
  return build.readFloats(y, values.length);
}

describe('sin and cos', () => {
  const count = 1 << 17;
  const linear = Float32Array.from({ length: count }, (_, i) => -30 + (60 * i) / count);
  const all = new Float32Array(count);
  new Uint32Array(all.buffer).forEach((_, i, words) => {
    words[i] = 0x00800000 + i * Math.floor((0x7f800000 - 0x00800000) / count) + (i % 2) * 0x80000000;
  });
  const worst = (x: Float32Array, code: number, exact: (x: number) => number) =>
    activate(code, x).reduce((most, y, i) => Math.max(most, Math.abs(y - exact(x[i])) / ulp(exact(x[i]))), 0);

  test.each([
    ['near 0', linear],
    ['all magnitudes', all],
  ])('within 0.501 ulp, %s', (_, x) => {
    expect(worst(x, ACTIVATION.sin, Math.sin)).toBeLessThanOrEqual(0.501);
    expect(worst(x, ACTIVATION.cos, Math.cos)).toBeLessThanOrEqual(0.501);
  });
  test('special values', () => {
    const special = [0, -0, 1e-45, -1e-40, Infinity, -Infinity, NaN];
    expect([...activate(ACTIVATION.sin, special)]).toEqual([...Float32Array.of(0, -0, 1e-45, -1e-40, NaN, NaN, NaN)]);
    expect([...activate(ACTIVATION.cos, special)]).toEqual([1, 1, 1, 1, NaN, NaN, NaN]);
  });
});

const random = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 4));

// [H, W, kernelH, kernelW, strideH, strideW, dilationH, dilationW, padH, padW, outH, outW]
const WINDOWS = [
  [1, 9, 1, 3, 1, 1, 1, 1, 0, 0, 1, 7],
  [5, 6, 3, 2, 2, 1, 1, 2, 1, 1, 3, 6],
  [4, 4, 2, 2, 1, 3, 3, 1, 2, 0, 5, 1],
  [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1],
  [1, 4, 1, 8, 1, 1, 1, 2 ** 29, 0, 0, 1, 1], // the last tap lies 7 · 2^29 away: beyond int32
];
/** Calls seen(output position, place in the kernel, place in the input, or -1 outside). */
function windows(s: readonly number[], seen: (p: number, k: number, at: number) => void): void {
  const [H, W, kernelH, kernelW, strideH, strideW, dilationH, dilationW, padH, padW, outH, outW] = s;
  for (let p = 0; p < outH * outW; p++) {
    for (let k = 0; k < kernelH * kernelW; k++) {
      const h = Math.floor(p / outW) * strideH - padH + Math.floor(k / kernelW) * dilationH;
      const w = (p % outW) * strideW - padW + (k % kernelW) * dilationW;
      seen(p, k, h >= 0 && h < H && w >= 0 && w < W ? h * W + w : -1);
    }
  }
}

describe.each(WINDOWS)('windows %i %i, kernel %i %i, strides %i %i, dilations %i %i', (...s) => {
  const [H, W, kernelH, kernelW, , , , , , , outH, outW] = s;
  const [plane, size, L] = [H * W, kernelH * kernelW, outH * outW];
  const C = 3;
  const sizes = [C, ...s.slice(0, 10), outW];

  test('im2col, there and back', () => {
    const x = random(C * plane);
    const rows = random(L * C * size).map((v) => v + 1);
    const expected = new Float32Array(L * C * size);
    const sums = x.slice();
    windows(s, (p, k, at) => {
      for (let c = 0; c < C; c++) {
        const to = (p * C + c) * size + k;
        if (at < 0) continue;
        expected[to] = x[c * plane + at];
        sums[c * plane + at] += rows[to];
      }
    });
    build.reset();
    const [from, col, back, given] = [
      build.floats(x),
      build.allocate(rows.length),
      build.floats(x),
      build.floats(rows),
    ];
    const first = Math.floor(L / 2);
    const args = build.ints(sizes);
    kernels.im2col(from, col, 0, first, args, 0);
    kernels.im2col(from, col + first * C * size * 4, first, L - first, args, 0);
    kernels.im2col(back, given, 0, L, args, 1);
    build.checkGuards();
    expect(build.readFloats(col, rows.length)).toEqual(expected);
    const got = build.readFloats(back, x.length);
    for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(sums[i], 4);
  });

  test('maxima with places, and averages', () => {
    const x = random(C * plane);
    const [max, places, sum, count] = [
      new Float32Array(C * L).fill(-Infinity),
      new Int32Array(C * L),
      new Float64Array(C * L),
      new Float64Array(C * L),
    ];
    windows(s, (p, _, at) => {
      for (let c = 0; c < C && at >= 0; c++) {
        const value = x[c * plane + at];
        sum[c * L + p] += value;
        count[c * L + p]++;
        if (value <= max[c * L + p]) continue;
        max[c * L + p] = value;
        places[c * L + p] = c * plane + at;
      }
    });
    build.reset();
    const args = build.ints([...s.slice(0, 10), H, W, outH, outW]);
    const [from, y, index] = [build.floats(x), build.allocate(C * L), build.allocate(C * L)];
    const full = count.every((n) => n > 0);
    kernels.pool(0, from, y, index, C, args, W, 1);
    expect(build.readFloats(y, C * L)).toEqual(max);
    if (full) expect(build.readInts(index, C * L)).toEqual(places);
    kernels.pool(1, from, y, 0, C, args, W, 1);
    build.checkGuards();
    const got = build.readFloats(y, C * L);
    for (let i = 0; i < got.length; i++) if (count[i] > 0) expect(got[i]).toBeCloseTo(sum[i] / count[i], 5);
  });
});

test.each([
  [1, 1, 1],
  [3, 5, 7],
  [2, 4, 0],
  [5, 17, 33],
  [4, 8, 2],
])('products of whole numbers %i %i %i', (m, n, k) => {
  const a = Int32Array.from({ length: m * k }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
  const b = Int32Array.from({ length: k * n }, (_, i) => Math.imul(i + 7, 0x85ebca6b));
  const expected = Int32Array.from({ length: m * n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum = (sum + Math.imul(a[Math.floor(i / n) * k + j], b[j * n + (i % n)])) | 0;
    return sum;
  });
  build.reset();
  const [x, y, c] = [build.ints(a), build.ints(b), build.allocate(m * n)];
  kernels.gemmInt(x, y, c, m, n, k);
  build.checkGuards();
  expect(build.readInts(c, m * n)).toEqual(expected);
});

// Packing, GEMM, GEMV, the transposed product and column sums over odd sizes, with guard bytes and poisoned buffers.
import { describe, expect, test } from 'vitest';
import { availableBuilds } from './builds.js';
import { numbers, product, SIZES, worst } from './float64.js';

// A sum of k float32 products of numbers below 1 in magnitude: k roundings of at most half a unit of the partial sum, which
// stays below k: k²·2^-24 bounds it with room for the few steps around it.
const bound = (k: number) => (k + 2) * (k + 2) * 2 ** -24;

/** m, n, k: each size once in each place beside two others, edges of tiles, panels, groups and row blocks. */
const CASES: [number, number, number][] = [
  ...SIZES.map((size, i): [number, number, number] => [
    size,
    SIZES[(i * 7 + 3) % SIZES.length],
    SIZES[(i * 4 + 1) % SIZES.length],
  ]),
  ...SIZES.map((size, i): [number, number, number] => [
    SIZES[(i * 11 + 5) % SIZES.length],
    size,
    SIZES[(i * 2 + 7) % SIZES.length],
  ]),
  [1, 40, 128],
  [1, 63, 5],
  [1, 64, 1],
  [5, 65, 70],
  [97, 33, 11],
  [193, 9, 3],
  [0, 5, 3],
];

describe.each(availableBuilds())('$name build', (build) => {
  const { kernels } = build;

  test.each(CASES)('gemm %i × %i × %i, both packings, written and added', (m, n, k) => {
    build.reset();
    const [lda, ldc] = [k + 3, n + 2];
    const a = numbers(m * lda, m + 1);
    const w = numbers(n * k, n + 2);
    const aUsed = Float32Array.from({ length: m * k }, (_, i) => a[Math.floor(i / k) * lda + (i % k)]);
    const want = product(aUsed, m, k, n, (p, j) => w[j * k + p]);
    const wPlain = Float32Array.from({ length: n * k }, (_, i) => w[(i % n) * k + Math.floor(i / n)]);
    const pa = build.floats(a);
    const packed = [build.allocate(kernels.packedBytes(n, k) / 4), build.allocate(kernels.packedBytes(n, k) / 4)];
    kernels.packTransposed(build.floats(w), k, n, k, packed[0]);
    kernels.packPlain(build.floats(wPlain), n, n, k, packed[1]);
    expect(build.readInts(packed[1], kernels.packedBytes(n, k) / 4)).toEqual(
      build.readInts(packed[0], kernels.packedBytes(n, k) / 4),
    );
    const c = build.allocate(m * ldc);
    const poison = build.readInts(c, m * ldc);
    kernels.gemm(pa, lda, packed[0], c, ldc, m, n, k, 0);
    const read = () =>
      Float32Array.from({ length: m * n }, (_, i) => build.readFloats(c, m * ldc)[Math.floor(i / n) * ldc + (i % n)]);
    const written = read();
    expect(worst(written, want)).toBeLessThanOrEqual(bound(k));
    kernels.gemm(pa, lda, packed[0], c, ldc, m, n, k, 1);
    expect(
      worst(
        read(),
        written.map((x) => x + x),
      ),
    ).toBe(0);
    // Columns between n and ldc are not C's.
    const words = build.readInts(c, m * ldc);
    for (let i = 0; i < m * ldc; i++) if (i % ldc >= n) expect(words[i]).toBe(poison[i]);
    build.checkGuards();
  });

  test('a row in a batch has the bits of the row alone, whatever the tile', () => {
    const [n, k] = [45, 37];
    for (const m of [2, 3, 4, 5, 6, 7, 11, 12, 13, 100]) {
      build.reset();
      const packed = build.allocate(kernels.packedBytes(n, k) / 4);
      kernels.packTransposed(build.floats(numbers(n * k, 5)), k, n, k, packed);
      const a = build.floats(numbers(m * k, 9));
      const [all, one] = [build.allocate(m * n), build.allocate(n)];
      kernels.gemm(a, k, packed, all, n, m, n, k, 0);
      for (let row = 0; row < m; row++) {
        kernels.gemm(a + row * k * 4, k, packed, one, n, 1, n, k, 0);
        expect(build.readInts(one, n)).toEqual(build.readInts(all + row * n * 4, n));
      }
    }
  });

  test('a NaN or ∞ in one row stays in that row', () => {
    build.reset();
    const [m, n, k] = [7, 19, 5];
    const a = numbers(m * k, 3);
    a[3 * k + 2] = Number.NaN;
    a[5 * k] = Number.POSITIVE_INFINITY;
    const packed = build.allocate(kernels.packedBytes(n, k) / 4);
    kernels.packTransposed(build.floats(numbers(n * k, 4)), k, n, k, packed);
    const c = build.allocate(m * n);
    kernels.gemm(build.floats(a), k, packed, c, n, m, n, k, 0);
    const rows = Array.from({ length: m }, (_, i) => build.readFloats(c + i * n * 4, n));
    rows.forEach((row, i) => {
      expect(row.every(Number.isFinite)).toBe(i !== 3 && i !== 5);
    });
  });

  test.each(CASES)('gemmTransposedA and columnSums %i × %i over %i rows (and 300 more)', (m, n, rows) => {
    for (const k of [rows, rows + 300]) {
      build.reset();
      const [a, b, start] = [numbers(k * (m + 1), 1), numbers(k * (n + 2), 2), numbers(m * n, 3)];
      const c = build.floats(start);
      const scratch = build.allocate(kernels.gemmTransposedABytes(m, n, k) / 4);
      kernels.gemmTransposedA(build.floats(a), m + 1, build.floats(b), n + 2, c, n, m, n, k, scratch);
      const transposed = Float32Array.from({ length: m * k }, (_, i) => a[(i % k) * (m + 1) + Math.floor(i / k)]);
      const want = product(transposed, m, k, n, (p, j) => b[p * (n + 2) + j]).map((x, i) => x + start[i]);
      // Blocks of 128 rows: the chain within a block, and the blocks' sum.
      expect(worst(build.readFloats(c, m * n), want)).toBeLessThanOrEqual(bound(Math.min(k, 128)) + bound(3) * 64);
      const sums = build.floats(numbers(m, 7));
      kernels.columnSums(build.floats(a), m + 1, sums, k, m);
      const columns = Float64Array.from({ length: m }, (_, j) => {
        let sum = numbers(m, 7)[j];
        for (let p = 0; p < k; p++) sum += a[p * (m + 1) + j];
        return sum;
      });
      expect(worst(build.readFloats(sums, m), columns)).toBeLessThanOrEqual(bound(Math.min(k, 128)));
      build.checkGuards();
    }
  });

  test.each([
    [1, 1, 1],
    [3, 10, 7],
    [9, 33, 17],
  ])('linear %i × %i × %i, with and without bias', (m, n, k) => {
    build.reset();
    const [x, w, bias] = [numbers(m * k, 1), numbers(n * k, 2), numbers(n, 3)];
    const packed = build.allocate(kernels.packedBytes(n, k) / 4);
    kernels.packTransposed(build.floats(w), k, n, k, packed);
    const [px, y] = [build.floats(x), build.allocate(m * n)];
    const want = product(x, m, k, n, (p, j) => w[j * k + p]);
    kernels.linear(px, packed, 0, y, m, n, k);
    expect(worst(build.readFloats(y, m * n), want)).toBeLessThanOrEqual(bound(k));
    kernels.linear(px, packed, build.floats(bias), y, m, n, k);
    expect(
      worst(
        build.readFloats(y, m * n),
        want.map((v, i) => v + bias[i % n]),
      ),
    ).toBeLessThanOrEqual(bound(k));
    build.checkGuards();
  });
});

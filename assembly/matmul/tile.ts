// The register tile: up to 6 rows of A against one panel of B (8 columns, two vectors). 12 accumulators, 2 loads of B and one
// splat of A are 15 of the 16 vector registers of x86; without FMA the product needs one more, so 4 rows are taken then.
//
// After the loop the accumulators are stored and nothing else: one branch there (an edge, a sum into C) makes V8 of Node 20 keep them
// in memory inside the loop (measured on the matrix-vector product: 21 instead of 34 GFLOP/s). So edges and sums go through a
// staging tile.
import { fused, loadTail, madd, storeTail } from '../simd/lanes';

/** Rows of the largest tile. */
export const TILE_ROWS: i32 = fused() ? 6 : 4;

/** Where a tile goes that cannot be stored straight into C: 6 rows of 8, also a matrix-vector product's 48 columns. */
export const STAGE = memory.data(192, 16);

/**
 * out [rows, 8] = A·panel. `rows` is a constant at every call: the branches on it vanish. a: first element, rowStep bytes from row to
 * row; panelStep: bytes from k to k + 1 of the panel; outStep: bytes from row to row of out.
 * Every element is one sum over ascending k, begun at zero, whatever the tile.
 */
// @ts-ignore: decorator
@inline
export function tile(
  rows: i32,
  a: usize,
  rowStep: usize,
  kStep: usize,
  panel: usize,
  panelStep: usize,
  k: i32,
  out: usize,
  outStep: usize,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  const r2 = rowStep * 2;
  const r3 = rowStep * 3;
  const r4 = rowStep * 4;
  const r5 = rowStep * 5;
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    panel += panelStep;
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    if (rows > 1) {
      x = v128.load32_splat(a + rowStep);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
    }
    if (rows > 2) {
      x = v128.load32_splat(a + r2);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
    }
    if (rows > 3) {
      x = v128.load32_splat(a + r3);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
    if (rows > 4) {
      x = v128.load32_splat(a + r4);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
    }
    if (rows > 5) {
      x = v128.load32_splat(a + r5);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
    }
    a += kStep;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  if (rows > 1) {
    v128.store(out + outStep * 1, c10);
    v128.store(out + outStep * 1, c11, 16);
  }
  if (rows > 2) {
    v128.store(out + outStep * 2, c20);
    v128.store(out + outStep * 2, c21, 16);
  }
  if (rows > 3) {
    v128.store(out + outStep * 3, c30);
    v128.store(out + outStep * 3, c31, 16);
  }
  if (rows > 4) {
    v128.store(out + outStep * 4, c40);
    v128.store(out + outStep * 4, c41, 16);
  }
  if (rows > 5) {
    v128.store(out + outStep * 5, c50);
    v128.store(out + outStep * 5, c51, 16);
  }
}

/**
 * out [2, 16] = A·two neighbouring panels of one group. Without FMA: as many multiplications per load as 4 rows of one panel, but
 * one address to add instead of three (Node 20: 39 to 43 GFLOP/s against 37 to 38).
 */
export function tilePair(a: usize, rowStep: usize, kStep: usize, panel: usize, panelStep: usize, k: i32, out: usize, outStep: usize): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, d0 = c0, d1 = c0, d2 = c0, d3 = c0;
  for (let p = 0; p < k; p++) {
    const x = v128.load32_splat(a);
    const y = v128.load32_splat(a + rowStep);
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const b2 = v128.load(panel, 32);
    const b3 = v128.load(panel, 48);
    c0 = madd(x, b0, c0);
    d0 = madd(y, b0, d0);
    c1 = madd(x, b1, c1);
    d1 = madd(y, b1, d1);
    c2 = madd(x, b2, c2);
    d2 = madd(y, b2, d2);
    c3 = madd(x, b3, c3);
    d3 = madd(y, b3, d3);
    a += kStep;
    panel += panelStep;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
  v128.store(out + outStep, d0);
  v128.store(out + outStep, d1, 16);
  v128.store(out + outStep, d2, 32);
  v128.store(out + outStep, d3, 48);
}

/** The first `columns` of `rows` staged rows (fromStep bytes apart) written to C, or added. */
export function merge(from: usize, fromStep: usize, c: usize, cStep: usize, rows: i32, columns: i32, accumulate: bool): void {
  for (let i = 0; i < rows; i++, from += fromStep, c += cStep) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = <usize>j << 2;
      const v = v128.load(from + at);
      v128.store(c + at, accumulate ? f32x4.add(v128.load(c + at), v) : v);
    }
    if (j == columns) continue;
    const at = <usize>j << 2;
    const v = v128.load(from + at);
    storeTail(c + at, accumulate ? f32x4.add(loadTail(c + at, columns - j), v) : v, columns - j);
  }
}

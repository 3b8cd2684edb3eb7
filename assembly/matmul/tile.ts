// The register tile: up to 6 rows of A against one panel of B (8 columns, two vectors). 12 accumulators, 2 loads of B and one
// splat of A are 15 of the 16 vector registers of x86; without FMA the product needs one more, so baseline takes 4 rows.
import { loadTail, madd, storeTail } from '../simd/lanes';

/** Rows of the largest tile. */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/**
 * C [rows, columns] (=, or += with accumulate) A·panel. `rows` is a constant at every call: the branches on it vanish.
 * a: first element; rowStep, kStep: bytes from row to row and from k to k + 1. c: row stride cStep bytes.
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
  k: i32,
  c: usize,
  cStep: usize,
  columns: i32,
  accumulate: bool,
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
    panel += 32;
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
  storeRow(c, c00, c01, columns, accumulate);
  if (rows > 1) storeRow(c + cStep, c10, c11, columns, accumulate);
  if (rows > 2) storeRow(c + cStep * 2, c20, c21, columns, accumulate);
  if (rows > 3) storeRow(c + cStep * 3, c30, c31, columns, accumulate);
  if (rows > 4) storeRow(c + cStep * 4, c40, c41, columns, accumulate);
  if (rows > 5) storeRow(c + cStep * 5, c50, c51, columns, accumulate);
}

/** Writes or adds the first `columns` (1 to 8) of eight lanes. */
// @ts-ignore: decorator
@inline
function storeRow(c: usize, v0: v128, v1: v128, columns: i32, accumulate: bool): void {
  if (columns == 8) {
    if (accumulate) {
      v0 = f32x4.add(v128.load(c), v0);
      v1 = f32x4.add(v128.load(c, 16), v1);
    }
    v128.store(c, v0);
    v128.store(c, v1, 16);
  } else storeEdge(c, v0, v1, columns, accumulate);
}

function storeEdge(c: usize, v0: v128, v1: v128, columns: i32, accumulate: bool): void {
  if (columns >= 4) {
    v128.store(c, accumulate ? f32x4.add(v128.load(c), v0) : v0);
    columns -= 4;
    if (columns == 0) return;
    c += 16;
    v0 = v1;
  }
  storeTail(c, accumulate ? f32x4.add(loadTail(c, columns), v0) : v0, columns);
}

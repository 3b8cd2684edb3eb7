// C [m, n] = A [m, k]·B with B in panels: one row at a time wide (GEMV), more rows in register tiles.
import { loadTail, madd, storeTail } from '../simd/lanes';
import { PANEL } from './packing';
import { tile, TILE_ROWS } from './tile';

/** Rows swept per panel before the next panel: their part of A stays in L2 while the panel stays in L1. */
const ROW_BLOCK: i32 = 96;

/** C [m, n] = A·packed (+= with accumulate 1). lda, ldc: elements from row to row. */
export function gemm(
  a: usize,
  lda: i32,
  packed: usize,
  c: usize,
  ldc: i32,
  m: i32,
  n: i32,
  k: i32,
  accumulate: i32,
): void {
  const rowStep = <usize>lda << 2;
  const cStep = <usize>ldc << 2;
  if (m == 1) {
    gemv(a, packed, c, n, k, accumulate != 0);
    return;
  }
  for (let i = 0; i < m; i += ROW_BLOCK) {
    const rows = min(ROW_BLOCK, m - i);
    const aBlock = a + <usize>i * rowStep;
    const cBlock = c + <usize>i * cStep;
    let panel = packed;
    for (let j = 0; j < n; j += PANEL) {
      sweep(aBlock, rowStep, 4, panel, k, cBlock + (<usize>j << 2), cStep, rows, min(PANEL, n - j), accumulate != 0);
      panel += <usize>k << 5;
    }
  }
}

/** All rows of a block against one panel, largest tiles first. */
// @ts-ignore: decorator
@inline
export function sweep(
  a: usize,
  rowStep: usize,
  kStep: usize,
  panel: usize,
  k: i32,
  c: usize,
  cStep: usize,
  rows: i32,
  columns: i32,
  accumulate: bool,
): void {
  if (TILE_ROWS == 6) {
    while (rows >= 6) {
      tile6(a, rowStep, kStep, panel, k, c, cStep, columns, accumulate);
      a += 6 * rowStep;
      c += 6 * cStep;
      rows -= 6;
    }
  }
  while (rows >= 4) {
    tile4(a, rowStep, kStep, panel, k, c, cStep, columns, accumulate);
    a += 4 * rowStep;
    c += 4 * cStep;
    rows -= 4;
  }
  if (rows == 3) tile3(a, rowStep, kStep, panel, k, c, cStep, columns, accumulate);
  else if (rows == 2) tile2(a, rowStep, kStep, panel, k, c, cStep, columns, accumulate);
  else if (rows == 1) tile1(a, rowStep, kStep, panel, k, c, cStep, columns, accumulate);
}

function tile6(a: usize, r: usize, s: usize, p: usize, k: i32, c: usize, cs: usize, n: i32, acc: bool): void {
  tile(6, a, r, s, p, k, c, cs, n, acc);
}
function tile4(a: usize, r: usize, s: usize, p: usize, k: i32, c: usize, cs: usize, n: i32, acc: bool): void {
  tile(4, a, r, s, p, k, c, cs, n, acc);
}
function tile3(a: usize, r: usize, s: usize, p: usize, k: i32, c: usize, cs: usize, n: i32, acc: bool): void {
  tile(3, a, r, s, p, k, c, cs, n, acc);
}
function tile2(a: usize, r: usize, s: usize, p: usize, k: i32, c: usize, cs: usize, n: i32, acc: bool): void {
  tile(2, a, r, s, p, k, c, cs, n, acc);
}
function tile1(a: usize, r: usize, s: usize, p: usize, k: i32, c: usize, cs: usize, n: i32, acc: bool): void {
  tile(1, a, r, s, p, k, c, cs, n, acc);
}

/** c [n] = a [k]·packed: four panels (32 columns, 8 accumulators) side by side hide the latency of the sums. */
function gemv(a: usize, packed: usize, c: usize, n: i32, k: i32, accumulate: bool): void {
  const panelBytes = <usize>k << 5;
  while (n >= 4 * PANEL) {
    gemv32(a, packed, panelBytes, c, k, accumulate);
    packed += 4 * panelBytes;
    c += 128;
    n -= 4 * PANEL;
  }
  for (; n > 0; n -= PANEL) {
    tile1(a, 0, 4, packed, k, c, 0, min(PANEL, n), accumulate);
    packed += panelBytes;
    c += 32;
  }
}

function gemv32(a: usize, packed: usize, panelBytes: usize, c: usize, k: i32, accumulate: bool): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  let p0 = packed;
  let p1 = p0 + panelBytes;
  let p2 = p1 + panelBytes;
  let p3 = p2 + panelBytes;
  const end = a + (<usize>k << 2);
  // Two steps of k per round: V8 of Node 20 does not unroll by itself (measured 2× on KERNELS.md's prototype).
  while (a + 4 < end) {
    let x = v128.load32_splat(a);
    s0 = madd(x, v128.load(p0), s0);
    s1 = madd(x, v128.load(p0, 16), s1);
    s2 = madd(x, v128.load(p1), s2);
    s3 = madd(x, v128.load(p1, 16), s3);
    s4 = madd(x, v128.load(p2), s4);
    s5 = madd(x, v128.load(p2, 16), s5);
    s6 = madd(x, v128.load(p3), s6);
    s7 = madd(x, v128.load(p3, 16), s7);
    x = v128.load32_splat(a, 4);
    s0 = madd(x, v128.load(p0, 32), s0);
    s1 = madd(x, v128.load(p0, 48), s1);
    s2 = madd(x, v128.load(p1, 32), s2);
    s3 = madd(x, v128.load(p1, 48), s3);
    s4 = madd(x, v128.load(p2, 32), s4);
    s5 = madd(x, v128.load(p2, 48), s5);
    s6 = madd(x, v128.load(p3, 32), s6);
    s7 = madd(x, v128.load(p3, 48), s7);
    p0 += 64;
    p1 += 64;
    p2 += 64;
    p3 += 64;
    a += 8;
  }
  if (a < end) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(p0), s0);
    s1 = madd(x, v128.load(p0, 16), s1);
    s2 = madd(x, v128.load(p1), s2);
    s3 = madd(x, v128.load(p1, 16), s3);
    s4 = madd(x, v128.load(p2), s4);
    s5 = madd(x, v128.load(p2, 16), s5);
    s6 = madd(x, v128.load(p3), s6);
    s7 = madd(x, v128.load(p3, 16), s7);
  }
  if (accumulate) {
    s0 = f32x4.add(v128.load(c), s0);
    s1 = f32x4.add(v128.load(c, 16), s1);
    s2 = f32x4.add(v128.load(c, 32), s2);
    s3 = f32x4.add(v128.load(c, 48), s3);
    s4 = f32x4.add(v128.load(c, 64), s4);
    s5 = f32x4.add(v128.load(c, 80), s5);
    s6 = f32x4.add(v128.load(c, 96), s6);
    s7 = f32x4.add(v128.load(c, 112), s7);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  v128.store(c, s6, 96);
  v128.store(c, s7, 112);
}

/** y [m, n] = x [m, k]·packed + bias [n]; bias 0 = none. */
export function linear(x: usize, packed: usize, bias: usize, y: usize, m: i32, n: i32, k: i32): void {
  gemm(x, k, packed, y, n, m, n, k, 0);
  if (bias == 0) return;
  for (let i = 0; i < m; i++, y += <usize>n << 2) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize>j << 2;
      v128.store(y + at, f32x4.add(v128.load(y + at), v128.load(bias + at)));
    }
    if (j == n) continue;
    const at = <usize>j << 2;
    storeTail(y + at, f32x4.add(loadTail(y + at, n - j), loadTail(bias + at, n - j)), n - j);
  }
}

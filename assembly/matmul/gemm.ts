// C [m, n] = A [m, k]·B with B in panels: one row at a time wide (GEMV), more rows in register tiles.
import { loadTail, madd, storeTail } from '../simd/lanes';
import { GROUP, PANEL, panelAt, panelStep } from './packing';
import { merge, STAGE, tile, tilePair, TILE_ROWS } from './tile';

/** Rows swept per panel before the next panel: their part of A stays in L2 while the panel stays in L1. */
export const ROW_BLOCK: i32 = 96;

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
  assert(m >= 0 && n > 0 && k >= 0, 'gemm: sizes m >= 0, n > 0, k >= 0');
  assert(lda >= k && ldc >= n, 'gemm: a row is longer than its stride');
  assert(((a | packed | c) & 3) == 0, 'gemm: addresses of floats are multiples of 4');
  const rowStep = <usize>lda << 2;
  const cStep = <usize>ldc << 2;
  if (m == 1) {
    gemv(a, packed, c, n, k, accumulate != 0);
    return;
  }
  let rows = 0;
  for (let i = 0; i < m; i += rows) {
    // A few rows left over would fetch all of B once more: they go with the last block.
    rows = m - i < ROW_BLOCK + (ROW_BLOCK >> 2) ? m - i : ROW_BLOCK;
    const aBlock = a + <usize>i * rowStep;
    const cBlock = c + <usize>i * cStep;
    sweepPanels(aBlock, rowStep, 4, packed, k, cBlock, cStep, rows, n, accumulate != 0);
  }
}

/**
 * All rows of a block against every panel: pairs of panels without FMA, else one at a time. A row by row (kStep 4), or in strips of TILE_ROWS
 * rows, [k][TILE_ROWS] each (rowStep 4, kStep the bytes of TILE_ROWS floats).
 */
export function sweepPanels(
  a: usize,
  rowStep: usize,
  kStep: usize,
  packed: usize,
  k: i32,
  c: usize,
  cStep: usize,
  rows: i32,
  n: i32,
  accumulate: bool,
): void {
  let j = 0;
  if (TILE_ROWS < 6 || rows == 2) {
    for (; j + 2 * PANEL <= n; j += 2 * PANEL) {
      sweepPair(a, rowStep, kStep, panelAt(packed, j, k), panelStep(j, n), k, c + (<usize>j << 2), cStep, rows, accumulate);
    }
  }
  for (; j < n; j += PANEL) {
    const panel = panelAt(packed, j, k);
    sweep(a, rowStep, kStep, panel, panelStep(j, n), k, c + (<usize>j << 2), cStep, rows, min(PANEL, n - j), accumulate);
  }
}

/** All rows against two whole neighbouring panels (they are in one group). */
function sweepPair(
  a: usize,
  rowStep: usize,
  kStep: usize,
  panel: usize,
  step: usize,
  k: i32,
  c: usize,
  cStep: usize,
  rows: i32,
  accumulate: bool,
): void {
  const pairs = rows & ~1;
  for (let r = 0; r < pairs; r += 2) {
    tilePair(a, rowStep, kStep, panel, step, k, accumulate ? STAGE : c, accumulate ? 64 : cStep);
    if (accumulate) merge(STAGE, 64, c, cStep, 2, 2 * PANEL, true);
    a += kStep == 4 || (r & 2) == 0 ? 2 * rowStep : <usize>k * kStep - 8;
    c += 2 * cStep;
  }
  if (pairs == rows) return;
  sweep(a, rowStep, kStep, panel, step, k, c, cStep, 1, PANEL, accumulate);
  sweep(a, rowStep, kStep, panel + 32, step, k, c + 32, cStep, 1, PANEL, accumulate);
}

/** All rows of a block against one panel, largest tiles first. */
function sweep(
  a: usize,
  rowStep: usize,
  kStep: usize,
  panel: usize,
  step: usize,
  k: i32,
  c: usize,
  cStep: usize,
  rows: i32,
  columns: i32,
  accumulate: bool,
): void {
  const straight = columns == PANEL && !accumulate;
  const outStep: usize = straight ? cStep : 32;
  while (rows > 0) {
    // 7 and 8 rows are 4 + 3 and 4 + 4: tiles of 1 or 2 rows wait for their own sums (8 accumulators hide the latency of 4).
    const taken = TILE_ROWS == 6 && (rows == 7 || rows == 8) && kStep == 4 ? 4 : min(rows, TILE_ROWS);
    const out = straight ? c : STAGE;
    if (taken == 6) tile6(a, rowStep, kStep, panel, step, k, out, outStep);
    else if (taken == 5) tile5(a, rowStep, kStep, panel, step, k, out, outStep);
    else if (taken == 4) tile4(a, rowStep, kStep, panel, step, k, out, outStep);
    else if (taken == 3) tile3(a, rowStep, kStep, panel, step, k, out, outStep);
    else if (taken == 2) tile2(a, rowStep, kStep, panel, step, k, out, outStep);
    else tile1(a, rowStep, kStep, panel, step, k, out, outStep);
    if (!straight) merge(STAGE, 32, c, cStep, taken, columns, accumulate);
    a += kStep == 4 ? <usize>taken * rowStep : <usize>k * kStep;
    c += <usize>taken * cStep;
    rows -= taken;
  }
}

function tile6(a: usize, r: usize, d: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(6, a, r, d, p, s, k, out, o);
}
function tile5(a: usize, r: usize, d: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(5, a, r, d, p, s, k, out, o);
}
function tile4(a: usize, r: usize, d: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(4, a, r, d, p, s, k, out, o);
}
function tile3(a: usize, r: usize, d: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(3, a, r, d, p, s, k, out, o);
}
function tile2(a: usize, r: usize, d: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(2, a, r, d, p, s, k, out, o);
}
function tile1(a: usize, r: usize, d: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(1, a, r, d, p, s, k, out, o);
}

/** c [n] = a [k]·packed: three groups at a time, then what is left of them. */
function gemv(a: usize, packed: usize, c: usize, n: i32, k: i32, accumulate: bool): void {
  const width = GROUP * PANEL;
  let j = 0;
  for (; j + width <= n; ) {
    const groups = min(3, (n - j) / width);
    const target = c + (<usize>j << 2);
    const panel = panelAt(packed, j, k);
    const out = accumulate ? STAGE : target;
    if (groups == 3) strip3(a, panel, k, out);
    else if (groups == 2) strip2(a, panel, k, out);
    else strip1(a, panel, k, out);
    if (accumulate) merge(STAGE, 0, target, 0, 1, groups * width, true);
    j += groups * width;
  }
  for (; j < n; j += PANEL) {
    sweep(a, 0, 4, panelAt(packed, j, k), panelStep(j, n), k, c + (<usize>j << 2), 0, 1, min(PANEL, n - j), accumulate);
  }
}

function strip3(a: usize, p: usize, k: i32, out: usize): void {
  strip(3, a, p, k, out);
}
function strip2(a: usize, p: usize, k: i32, out: usize): void {
  strip(2, a, p, k, out);
}
function strip1(a: usize, p: usize, k: i32, out: usize): void {
  strip(1, a, p, k, out);
}

/** out [16·groups] = a [k] times neighbouring whole groups from p on. 12 accumulators for three: with a splat and a load 14 registers. */
// @ts-ignore: decorator
@inline
function strip(groups: i32, a: usize, p: usize, k: i32, out: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
  const group = <usize>k << 6;
  let q = p + group;
  let r = q + group;
  for (let i = 0; i < k; i++) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(p), s0);
    s1 = madd(x, v128.load(p, 16), s1);
    s2 = madd(x, v128.load(p, 32), s2);
    s3 = madd(x, v128.load(p, 48), s3);
    if (groups > 1) {
      s4 = madd(x, v128.load(q), s4);
      s5 = madd(x, v128.load(q, 16), s5);
      s6 = madd(x, v128.load(q, 32), s6);
      s7 = madd(x, v128.load(q, 48), s7);
    }
    if (groups > 2) {
      s8 = madd(x, v128.load(r), s8);
      s9 = madd(x, v128.load(r, 16), s9);
      s10 = madd(x, v128.load(r, 32), s10);
      s11 = madd(x, v128.load(r, 48), s11);
    }
    a += 4;
    p += 64;
    q += 64;
    r += 64;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  if (groups > 1) {
    v128.store(out, s4, 64);
    v128.store(out, s5, 80);
    v128.store(out, s6, 96);
    v128.store(out, s7, 112);
  }
  if (groups > 2) {
    v128.store(out, s8, 128);
    v128.store(out, s9, 144);
    v128.store(out, s10, 160);
    v128.store(out, s11, 176);
  }
}

/** y [m, n] = x [m, k]·packed + bias [n]; bias 0 = none. */
export function linear(x: usize, packed: usize, bias: usize, y: usize, m: i32, n: i32, k: i32): void {
  gemm(x, k, packed, y, n, m, n, k, 0);
  if (bias) addBias(bias, y, m, n);
}

/** Every row of y [m, n] += bias [n]. */
export function addBias(bias: usize, y: usize, m: i32, n: i32): void {
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

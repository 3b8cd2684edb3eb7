// C [m, n] = A [m, k]·B with B in panels: one row at a time wide (GEMV), more rows in register tiles.
import { loadTail, madd, storeTail } from '../simd/lanes';
import { GROUP, PANEL, panelAt, panelStep } from './packing';
import { merge, STAGE, tile, tilePair, TILE_ROWS } from './tile';

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
  assert(m >= 0 && n > 0 && k >= 0, 'gemm: sizes m >= 0, n > 0, k >= 0');
  assert(lda >= k && ldc >= n, 'gemm: a row is longer than its stride');
  assert(((a | packed | c) & 3) == 0, 'gemm: addresses of floats are multiples of 4');
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
    sweepPanels(aBlock, rowStep, packed, k, cBlock, cStep, rows, n, accumulate != 0);
  }
}

/** All rows of a block against every panel: pairs of panels without FMA, else one at a time. */
export function sweepPanels(
  a: usize,
  rowStep: usize,
  packed: usize,
  k: i32,
  c: usize,
  cStep: usize,
  rows: i32,
  n: i32,
  accumulate: bool,
): void {
  let j = 0;
  if (TILE_ROWS < 6) {
    for (; j + 2 * PANEL <= n; j += 2 * PANEL) {
      sweepPair(a, rowStep, panelAt(packed, j, k), panelStep(j, n), k, c + (<usize>j << 2), cStep, rows, accumulate);
    }
  }
  for (; j < n; j += PANEL) {
    const panel = panelAt(packed, j, k);
    sweep(a, rowStep, panel, panelStep(j, n), k, c + (<usize>j << 2), cStep, rows, min(PANEL, n - j), accumulate);
  }
}

/** All rows against two whole neighbouring panels (they are in one group). */
function sweepPair(
  a: usize,
  rowStep: usize,
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
    tilePair(a, rowStep, panel, step, k, accumulate ? STAGE : c, accumulate ? 64 : cStep);
    if (accumulate) merge(STAGE, 64, c, cStep, 2, 2 * PANEL, true);
    a += 2 * rowStep;
    c += 2 * cStep;
  }
  if (pairs == rows) return;
  sweep(a, rowStep, panel, step, k, c, cStep, 1, PANEL, accumulate);
  sweep(a, rowStep, panel + 32, step, k, c + 32, cStep, 1, PANEL, accumulate);
}

/** All rows of a block against one panel, largest tiles first. */
function sweep(
  a: usize,
  rowStep: usize,
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
    const taken = min(rows, TILE_ROWS);
    const out = straight ? c : STAGE;
    if (taken == 6) tile6(a, rowStep, panel, step, k, out, outStep);
    else if (taken >= 4) tile4(a, rowStep, panel, step, k, out, outStep);
    else if (taken == 3) tile3(a, rowStep, panel, step, k, out, outStep);
    else if (taken == 2) tile2(a, rowStep, panel, step, k, out, outStep);
    else tile1(a, rowStep, panel, step, k, out, outStep);
    const done = taken == 5 ? 4 : taken;
    if (!straight) merge(STAGE, 32, c, cStep, done, columns, accumulate);
    a += <usize>done * rowStep;
    c += <usize>done * cStep;
    rows -= done;
  }
}

function tile6(a: usize, r: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(6, a, r, p, s, k, out, o);
}
function tile4(a: usize, r: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(4, a, r, p, s, k, out, o);
}
function tile3(a: usize, r: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(3, a, r, p, s, k, out, o);
}
function tile2(a: usize, r: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(2, a, r, p, s, k, out, o);
}
function tile1(a: usize, r: usize, p: usize, s: usize, k: i32, out: usize, o: usize): void {
  tile(1, a, r, p, s, k, out, o);
}

/** Columns of a matrix-vector product that are summed side by side: 8 accumulators hide the latency of the additions. */
const WIDE: i32 = 32;

/** c [n] = a [k]·packed. */
function gemv(a: usize, packed: usize, c: usize, n: i32, k: i32, accumulate: bool): void {
  let j = 0;
  for (; j + WIDE <= n; j += WIDE) {
    const target = c + (<usize>j << 2);
    gemvWide(a, panelAt(packed, j, k), panelAt(packed, j + GROUP * PANEL, k), accumulate ? STAGE : target, k);
    if (accumulate) merge(STAGE, 0, target, 0, 1, WIDE, true);
  }
  for (; j < n; j += PANEL) {
    sweep(a, 0, panelAt(packed, j, k), panelStep(j, n), k, c + (<usize>j << 2), 0, 1, min(PANEL, n - j), accumulate);
  }
}

/**
 * c [32] = a [k] times the two whole groups at p and q. V8 of Node 20 does not unroll by itself and wants two steps of k per round (37
 * against 20 GFLOP/s); an odd k goes to a function of its own, because a last step after the loop would spill (see tile.ts).
 */
function gemvWide(a: usize, p: usize, q: usize, c: usize, k: i32): void {
  if ((k & 1) != 0) {
    gemvWideOdd(a, p, q, c, k);
    return;
  }
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (let i = 0; i < k; i += 2) {
    let x = v128.load32_splat(a);
    s0 = madd(x, v128.load(p), s0);
    s1 = madd(x, v128.load(p, 16), s1);
    s2 = madd(x, v128.load(p, 32), s2);
    s3 = madd(x, v128.load(p, 48), s3);
    s4 = madd(x, v128.load(q), s4);
    s5 = madd(x, v128.load(q, 16), s5);
    s6 = madd(x, v128.load(q, 32), s6);
    s7 = madd(x, v128.load(q, 48), s7);
    x = v128.load32_splat(a, 4);
    s0 = madd(x, v128.load(p, 64), s0);
    s1 = madd(x, v128.load(p, 80), s1);
    s2 = madd(x, v128.load(p, 96), s2);
    s3 = madd(x, v128.load(p, 112), s3);
    s4 = madd(x, v128.load(q, 64), s4);
    s5 = madd(x, v128.load(q, 80), s5);
    s6 = madd(x, v128.load(q, 96), s6);
    s7 = madd(x, v128.load(q, 112), s7);
    p += 128;
    q += 128;
    a += 8;
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

function gemvWideOdd(a: usize, p: usize, q: usize, c: usize, k: i32): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (let i = 0; i < k; i++) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(p), s0);
    s1 = madd(x, v128.load(p, 16), s1);
    s2 = madd(x, v128.load(p, 32), s2);
    s3 = madd(x, v128.load(p, 48), s3);
    s4 = madd(x, v128.load(q), s4);
    s5 = madd(x, v128.load(q, 16), s5);
    s6 = madd(x, v128.load(q, 32), s6);
    s7 = madd(x, v128.load(q, 48), s7);
    p += 64;
    q += 64;
    a += 4;
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

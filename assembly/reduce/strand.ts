// Reductions of x [outer, n, inner] over n run in strands of four lanes. With inner = 1 a strand is one row, its
// elements spread over the lanes, which are joined at the end; otherwise it is up to four neighbouring columns, one
// in each lane. Both are `count` vectors a `step` apart, the last one of `last` lanes. The others are loaded whole:
// where columns end, the lanes beyond hold the next row's elements and their results are not stored.
import { exp4 } from '../simd/activations';
import { storeLanes } from '../simd/lanes';
import { loadPart } from '../simd/parts';

/** Folds on vectors; codes 0 to 3 are REDUCE of src/engine/kernels.ts. */
export const enum Fold {
  SUM,
  MEAN,
  MAX,
  MIN,
  SUM_INT,
  MAX_INT = 6,
  MIN_INT,
}

const INFINITY = memory.data<f32>([Infinity, -Infinity], 16);

// @ts-ignore: decorator
@inline
export function minusInfinity(): v128 {
  return v128.load32_splat(INFINITY + 4);
}

const STAGE = memory.data(32, 16);

/** Copies a strand's last vector into stage `slot` (0 or 16), `fill` behind it, so that it can be loaded whole. */
export function stage(slot: usize, p: usize, step: usize, count: i32, last: i32, fill: v128): void {
  if (count) v128.store(STAGE + slot, loadPart(p + step * (count - 1), last, fill));
}

/** The vector at p, or the staged one where it is the last. */
// @ts-ignore: decorator
@inline
export function loadStaged(slot: usize, p: usize, isLast: bool): v128 {
  return v128.load(isLast ? STAGE + slot : p);
}

// @ts-ignore: decorator
@inline
function identity(op: i32): v128 {
  switch (op) {
    case Fold.MAX: return minusInfinity();
    case Fold.MIN: return v128.load32_splat(INFINITY);
    case Fold.MAX_INT: return i32x4.splat(i32.MIN_VALUE);
    case Fold.MIN_INT: return i32x4.splat(i32.MAX_VALUE);
    default: return i32x4.splat(0);
  }
}

/**
 * pmax and pmin keep a where b is NaN, and are one instruction: a chain of f32x4.max takes 3 ns a link, NaN tests run
 * beside it.
 */
// @ts-ignore: decorator
@inline
function combine(op: i32, a: v128, b: v128): v128 {
  switch (op) {
    case Fold.MAX: return f32x4.pmax(a, b);
    case Fold.MIN: return f32x4.pmin(a, b);
    case Fold.MAX_INT: return i32x4.max_s(a, b);
    case Fold.MIN_INT: return i32x4.min_s(a, b);
    default: return i32x4.add(a, b);
  }
}

/** combine for results, which may be NaN on either side. */
// @ts-ignore: decorator
@inline
function join(op: i32, a: v128, b: v128): v128 {
  if (op == Fold.MAX) return f32x4.max(a, b);
  return op == Fold.MIN ? f32x4.min(a, b) : combine(op, a, b);
}

// @ts-ignore: decorator
@inline
function foldOf(op: i32, p: usize, step: usize, count: i32, last: i32, isRow: bool): v128 {
  const fill = identity(op);
  let all = fill;
  let isNaN = f32x4.splat(0);
  stage(0, p, step, count, last, fill);
  for (let k = 1; k <= count; k++) {
    const v = loadStaged(0, p, k == count);
    all = combine(op, all, v);
    if (op <= Fold.MIN) isNaN = v128.or(isNaN, f32x4.ne(v, v));
    p += step;
  }
  all = v128.or(all, isNaN); // all ones are a NaN
  if (!isRow) return all;
  all = join(op, all, v128.shuffle<f32>(all, all, 2, 3, 0, 1));
  return join(op, all, v128.shuffle<f32>(all, all, 1, 0, 3, 2));
}

/** The fold of a strand, in every lane of a row; of an empty one: the operation's identity. */
export function fold(op: i32, p: usize, step: usize, count: i32, last: i32, isRow: bool): v128 {
  switch (op) {
    case Fold.SUM: return sum(p, step, count, last, isRow, 1);
    case Fold.MAX: return foldOf(Fold.MAX, p, step, count, last, isRow);
    case Fold.MIN: return foldOf(Fold.MIN, p, step, count, last, isRow);
    case Fold.SUM_INT: return foldOf(Fold.SUM_INT, p, step, count, last, isRow);
    case Fold.MAX_INT: return foldOf(Fold.MAX_INT, p, step, count, last, isRow);
    default: return foldOf(Fold.MIN_INT, p, step, count, last, isRow);
  }
}

/** Float64 sums of lanes 0, 1 and of lanes 2, 3, divided by `divisor` and rounded once. */
// @ts-ignore: decorator
@inline
function rounded(low: v128, high: v128, isRow: bool, divisor: f64): v128 {
  if (isRow) {
    low = f64x2.add(low, high);
    low = f64x2.add(low, v128.shuffle<f64>(low, low, 1, 0));
    high = low;
  }
  const by = f64x2.splat(divisor);
  const a = f32x4.demote_f64x2_zero(f64x2.div(low, by));
  const b = f32x4.demote_f64x2_zero(f64x2.div(high, by));
  return v128.shuffle<f64>(a, b, 0, 2);
}

// @ts-ignore: decorator
@inline
export function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 1));
}

/**
 * The sum of a strand over `divisor`, in every lane of a row. Summed in float64, which costs two conversions a vector
 * and leaves one rounding to float32 however long the strand is: at least as accurate as pairwise float32 blocks.
 */
export function sum(p: usize, step: usize, count: i32, last: i32, isRow: bool, divisor: f64): v128 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  stage(0, p, step, count, last, f32x4.splat(0));
  for (let k = 1; k <= count; k++) {
    const v = loadStaged(0, p, k == count);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, promoteHigh(v));
    p += step;
  }
  return rounded(low, high, isRow, divisor);
}

/** The sum of exp(x - max), likewise; the summands, `lanes` of each vector, are kept at y unless that is 0. */
export function sumExp(
  x: usize,
  y: usize,
  max: v128,
  step: usize,
  count: i32,
  lanes: i32,
  last: i32,
  isRow: bool,
): v128 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const keepStep = y ? step : 0;
  stage(0, x, step, count, last, minusInfinity());
  for (let k = 1; k <= count; k++) {
    const e = exp4(f32x4.sub(loadStaged(0, x, k == count), max));
    if (y) storeLanes(y, e, k == count ? last : lanes);
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(high, promoteHigh(e));
    x += step;
    y += keepStep;
  }
  return rounded(low, high, isRow, 1);
}

/** The sum of a·b, or of b alone where a is 0, likewise. */
export function sumProducts(a: usize, b: usize, step: usize, count: i32, last: i32, isRow: bool): v128 {
  if (a == 0) return sum(b, step, count, last, isRow, 1);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  stage(0, a, step, count, last, f32x4.splat(0));
  stage(16, b, step, count, last, f32x4.splat(0));
  for (let k = 1; k <= count; k++) {
    const x = loadStaged(0, a, k == count);
    const y = loadStaged(16, b, k == count);
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
    high = f64x2.add(high, f64x2.mul(promoteHigh(x), promoteHigh(y)));
    a += step;
    b += step;
  }
  return rounded(low, high, isRow, 1);
}

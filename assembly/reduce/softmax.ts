// Softmax and its logarithm over the middle of [outer, n, inner].
import { exp4 } from '../simd/activations';
import { log4 } from '../simd/log';
import { storeLanes } from '../simd/lanes';
import { Fold, fold, loadStaged, stage, sumExp, sumProducts } from './strand';

export function softmax(x: usize, y: usize, outer: i32, n: i32, inner: i32, log: i32): void {
  walk(x, y, 0, outer, n, inner, log);
}

export function softmaxBackward(y: usize, dy: usize, dx: usize, outer: i32, n: i32, inner: i32, log: i32): void {
  walk(y, dx, dy, outer, n, inner, log);
}

function walk(x: usize, out: usize, dy: usize, outer: i32, n: i32, inner: i32, log: i32): void {
  const isRow = inner == 1;
  const step: usize = isRow ? 16 : (<usize>inner) << 2;
  const count = isRow ? (n + 3) >> 2 : n;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j += 4) {
      const lanes = isRow ? 4 : min(4, inner - j);
      const last = isRow ? ((n - 1) & 3) + 1 : lanes;
      const at = (<usize>o * n * inner + j) << 2;
      if (dy) backward(x + at, dy + at, out + at, step, count, lanes, last, isRow, log);
      else forward(x + at, out + at, step, count, lanes, last, isRow, log);
    }
  }
}

/** exp(x - max) / Σ, or (x - max) - log Σ: in this order a large max costs no digits. */
function forward(x: usize, y: usize, step: usize, count: i32, lanes: i32, last: i32, isRow: bool, log: i32): void {
  const max = fold(Fold.MAX, x, step, count, last, isRow);
  let total = sumExp(x, log ? 0 : y, max, step, count, lanes, last, isRow);
  if (log) total = log4(total);
  stage(0, log ? x : y, step, count, last, max);
  for (let k = 1; k <= count; k++) {
    const value = loadStaged(0, log ? x : y, k == count);
    const result = log ? f32x4.sub(f32x4.sub(value, max), total) : f32x4.div(value, total);
    storeLanes(y, result, k == count ? last : lanes);
    x += step;
    y += step;
  }
}

/** y (dy - Σ y dy), or dy - exp(y) Σ dy. */
function backward(
  y: usize,
  dy: usize,
  dx: usize,
  step: usize,
  count: i32,
  lanes: i32,
  last: i32,
  isRow: bool,
  log: i32,
): void {
  const total = sumProducts(log ? 0 : y, dy, step, count, last, isRow);
  stage(0, y, step, count, last, total);
  stage(16, dy, step, count, last, total);
  for (let k = 1; k <= count; k++) {
    const value = loadStaged(0, y, k == count);
    const d = loadStaged(16, dy, k == count);
    const result = log ? f32x4.sub(d, f32x4.mul(exp4(value), total)) : f32x4.mul(value, f32x4.sub(d, total));
    storeLanes(dx, result, k == count ? last : lanes);
    y += step;
    dy += step;
    dx += step;
  }
}

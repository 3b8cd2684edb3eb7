// Cross-entropy of rows of logits against class indices, as torch.nn.functional.cross_entropy.
//
// With p = softmax(x), t the target, w the class weights (1 where absent), ε the label smoothing, C the number of
// classes:
//   loss    = (1 - ε) w_t (-log p_t) + ε/C Σ_c w_c (-log p_c)
//   ∂/∂x_c  = a p_c - (1 - ε) w_t [c = t] - ε/C w_c     with a = (1 - ε) w_t + ε/C Σ w
// With ε = 0 the second sum is left out, not multiplied by 0: a logit of -∞ must not make NaN.
// Σ exp(x - max) is kept as its logarithm *relative to the row's maximum*: log Σ exp(x) itself loses the digits that
// exp(x - …) needs as soon as the logits are large. Targets that count must lie in [0, c): the caller has checked.

import { Fold, fold, loadStaged, stage, sumExp } from '../reduce/strand';
import { exp4 } from '../simd/activations';
import { log4 } from '../simd/log';
import { storeLanes } from '../simd/lanes';

export function crossEntropy(
  logits: usize,
  targets: usize,
  weight: usize,
  losses: usize,
  logSumExp: usize,
  m: i32,
  c: i32,
  ignoreIndex: i32,
  labelSmoothing: f64,
): f64 {
  let counted = 0.0;
  for (let r = 0; r < m; r++) {
    const target = load<i32>(targets);
    let loss = 0.0;
    let logSum: f32 = 0;
    if (target != ignoreIndex) {
      const max = rowMax(logits, c);
      logSum = f32x4.extract_lane(log4(rowSumExp(logits, max, c)), 0);
      const top = <f64>f32x4.extract_lane(max, 0);
      const classWeight = weightOf(weight, target);
      counted += classWeight;
      loss = classWeight * (top - <f64>load<f32>(logits + (<usize>target << 2)) + <f64>logSum);
      if (labelSmoothing != 0) {
        const others = smoothLoss(logits, weight, top, logSum, c);
        loss = (1 - labelSmoothing) * loss + (labelSmoothing / <f64>c) * others;
      }
    }
    store<f32>(losses, <f32>loss);
    store<f32>(logSumExp, logSum);
    logits += <usize>c << 2;
    targets += 4;
    losses += 4;
    logSumExp += 4;
  }
  return counted;
}

/** dLogits may be logits. */
export function crossEntropyBackward(
  logits: usize,
  targets: usize,
  weight: usize,
  logSumExp: usize,
  scale: usize,
  scaleStride: i32,
  dLogits: usize,
  m: i32,
  c: i32,
  ignoreIndex: i32,
  labelSmoothing: f64,
): void {
  const pitch = <usize>c << 2;
  let total = 0.0;
  for (let k = 0; k < c; k++) total += weightOf(weight, k);
  const share = labelSmoothing / <f64>c;
  for (let r = 0; r < m; r++) {
    const target = load<i32>(targets + (<usize>r << 2));
    if (target == ignoreIndex) memory.fill(dLogits, 0, pitch);
    else {
      const factor = <f64>load<f32>(scale + ((<usize>r * scaleStride) << 2));
      const hit = factor * (1 - labelSmoothing) * weightOf(weight, target);
      const spread = factor * share;
      const logSum = v128.load32_splat(logSumExp + (<usize>r << 2));
      rowBackward(logits, weight, dLogits, logSum, <f32>(hit + spread * total), <f32>spread, c);
      const at = dLogits + (<usize>target << 2);
      store<f32>(at, load<f32>(at) - <f32>hit);
    }
    logits += pitch;
    dLogits += pitch;
  }
}

/** d = a·exp(x - max - logSum) - spread·w. */
function rowBackward(x: usize, weight: usize, d: usize, logSum: v128, a: f32, spread: f32, c: i32): void {
  const max = rowMax(x, c);
  const factor = f32x4.splat(a);
  const minus = f32x4.splat(spread);
  const count = (c + 3) >> 2;
  const last = ((c - 1) & 3) + 1;
  stage(0, x, 16, count, last, max);
  if (weight) stage(16, weight, 16, count, last, max);
  for (let k = 1; k <= count; k++) {
    const shifted = f32x4.sub(f32x4.sub(loadStaged(0, x, k == count), max), logSum);
    let g = f32x4.mul(exp4(shifted), factor);
    if (spread != 0) g = f32x4.sub(g, weight ? f32x4.mul(minus, loadStaged(16, weight, k == count)) : minus);
    storeLanes(d, g, k == count ? last : 4);
    x += 16;
    d += 16;
    if (weight) weight += 16;
  }
}

function smoothLoss(x: usize, weight: usize, max: f64, logSum: f64, c: i32): f64 {
  let all = 0.0;
  for (let k = 0; k < c; k++) all += weightOf(weight, k) * (max - <f64>load<f32>(x + (<usize>k << 2)) + logSum);
  return all;
}

// @ts-ignore: decorator
@inline
function weightOf(weight: usize, k: i32): f64 {
  return weight ? <f64>load<f32>(weight + (<usize>k << 2)) : 1;
}

// @ts-ignore: decorator
@inline
function rowMax(x: usize, c: i32): v128 {
  return fold(Fold.MAX, x, 16, (c + 3) >> 2, ((c - 1) & 3) + 1, true);
}

// @ts-ignore: decorator
@inline
function rowSumExp(x: usize, max: v128, c: i32): v128 {
  return sumExp(x, 0, max, 16, (c + 3) >> 2, 4, ((c - 1) & 3) + 1, true);
}

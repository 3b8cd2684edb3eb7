// Optimizer steps: OptimizerKernels of src/engine/kernels.ts. Float32 elementwise, scalars computed in float64 and then
// rounded, both as torch.optim (1.13, single tensor) does it.
import { madd } from '../simd/lanes';
import { loadPart, storePart } from '../simd/parts';

/**
 * A row of the table of parameters, 8 words: parameter, gradient, three buffers (0 = none), elements, two floats of the parameter's own.
 * Every step below goes through a table of them. `sign` -1 ascends.
 */
const ROW: usize = 32;

const WORDS: usize = 5;

// @ts-ignore: decorator
@inline
function address(row: usize, word: usize): usize {
  return load<usize>(row + (word << 2));
}
// @ts-ignore: decorator
@inline
function elements(row: usize): i32 {
  return load<i32>(row, 20);
}

// The elements left over at the end are staged in whole vectors, with a row of their own, and stepped by the same function.
const STAGE = memory.data(112, 16);
const STAGED_ROW = STAGE + 80;

/** Copies the last `lanes` elements of everything in a row; returns the row of the copies. */
function stage(row: usize, lanes: i32): usize {
  memory.copy(STAGED_ROW, row, ROW);
  const done = <usize>(elements(row) - lanes) << 2;
  for (let i: usize = 0; i < WORDS; i++) {
    const from = address(row, i);
    if (from == 0) continue;
    v128.store(STAGE + (i << 4), loadPart(from + done, lanes, f32x4.splat(0)));
    store<usize>(STAGED_ROW + (i << 2), STAGE + (i << 4));
  }
  store<i32>(STAGED_ROW, 4, 20);
  return STAGED_ROW;
}

/** And back again, but for the gradient. */
function unstage(row: usize, lanes: i32): void {
  const done = <usize>(elements(row) - lanes) << 2;
  for (let i: usize = 0; i < WORDS; i++) {
    const to = address(row, i);
    if (to != 0 && i != 1) storePart(to + done, v128.load(STAGE + (i << 4)), lanes);
  }
}

/** Rows: momentum, none, none; 1 where the buffer starts as the gradient. */
export function sgdSteps(
  rows: usize,
  count: i32,
  sign: f32,
  lr: f64,
  momentum: f64,
  dampening: f64,
  weightDecay: f64,
  nesterov: i32,
): void {
  const sense = f32x4.splat(sign);
  const step = f32x4.splat(<f32>-lr);
  const keep = f32x4.splat(<f32>momentum);
  const take = f32x4.splat(<f32>(1 - dampening));
  const decay = f32x4.splat(<f32>weightDecay);
  const decays = weightDecay != 0;
  for (; count > 0; count--, rows += ROW) {
    let parameter = address(rows, 0);
    let gradient = address(rows, 1);
    let momentumBuffer = address(rows, 2);
    const first = load<f32>(rows, 24) != 0;
    let n = elements(rows);
    for (; n >= 4; n -= 4) {
      const p = v128.load(parameter);
      let d = f32x4.mul(v128.load(gradient), sense);
      if (decays) d = madd(decay, p, d);
      if (momentumBuffer) {
        let buffer = d;
        if (!first) buffer = madd(take, d, f32x4.mul(v128.load(momentumBuffer), keep));
        v128.store(momentumBuffer, buffer);
        d = nesterov ? madd(keep, buffer, d) : buffer;
        momentumBuffer += 16;
      }
      v128.store(parameter, madd(step, d, p));
      parameter += 16;
      gradient += 16;
    }
    if (n == 0) continue;
    sgdSteps(stage(rows, n), 1, sign, lr, momentum, dampening, weightDecay, nesterov);
    unstage(rows, n);
  }
}

/** Rows: m, v, largest (amsgrad); lr / (1 - β1^t) and √(1 - β2^t). */
export function adamSteps(
  rows: usize,
  count: i32,
  sign: f32,
  lr: f64,
  beta1: f64,
  beta2: f64,
  eps: f64,
  weightDecay: f64,
  decoupled: i32,
): void {
  const sense = f32x4.splat(sign);
  const keepM = f32x4.splat(<f32>beta1);
  const takeM = f32x4.splat(<f32>(1 - beta1));
  const keepV = f32x4.splat(<f32>beta2);
  const takeV = f32x4.splat(<f32>(1 - beta2));
  const floor = f32x4.splat(<f32>eps);
  const shrink = f32x4.splat(decoupled ? <f32>(1 - lr * weightDecay) : 1);
  const decay = f32x4.splat(<f32>weightDecay);
  const decays = weightDecay != 0 && !decoupled;
  for (; count > 0; count--, rows += ROW) {
    let parameter = address(rows, 0);
    let gradient = address(rows, 1);
    let m = address(rows, 2);
    let v = address(rows, 3);
    let largest = address(rows, 4);
    const step = f32x4.splat(-load<f32>(rows, 24));
    const root = f32x4.splat(load<f32>(rows, 28));
    let n = elements(rows);
    for (; n >= 4; n -= 4) {
      const p = f32x4.mul(v128.load(parameter), shrink);
      let d = f32x4.mul(v128.load(gradient), sense);
      if (decays) d = madd(decay, p, d);
      const mean = madd(takeM, d, f32x4.mul(v128.load(m), keepM));
      const square = madd(f32x4.mul(takeV, d), d, f32x4.mul(v128.load(v), keepV));
      v128.store(m, mean);
      v128.store(v, square);
      let divisor = square;
      if (largest) {
        divisor = f32x4.max(v128.load(largest), square);
        v128.store(largest, divisor);
        largest += 16;
      }
      const denominator = f32x4.add(f32x4.div(f32x4.sqrt(divisor), root), floor);
      v128.store(parameter, f32x4.add(p, f32x4.div(f32x4.mul(step, mean), denominator)));
      parameter += 16;
      gradient += 16;
      m += 16;
      v += 16;
    }
    if (n == 0) continue;
    adamSteps(stage(rows, n), 1, sign, lr, beta1, beta2, eps, weightDecay, decoupled);
    unstage(rows, n);
  }
}

/** Rows: squares, averages (centered), momentum; the learning rate. Adagrad: keep and take 1. */
export function rmspropSteps(
  rows: usize,
  count: i32,
  sign: f32,
  keep: f64,
  take: f64,
  eps: f64,
  weightDecay: f64,
  momentum: f64,
): void {
  const sense = f32x4.splat(sign);
  const kept = f32x4.splat(<f32>keep);
  const taken = f32x4.splat(<f32>take);
  const floor = f32x4.splat(<f32>eps);
  const decay = f32x4.splat(<f32>weightDecay);
  const inertia = f32x4.splat(<f32>momentum);
  const decays = weightDecay != 0;
  for (; count > 0; count--, rows += ROW) {
    let parameter = address(rows, 0);
    let gradient = address(rows, 1);
    let squares = address(rows, 2);
    let averages = address(rows, 3);
    let momentumBuffer = address(rows, 4);
    const step = f32x4.splat(-load<f32>(rows, 24));
    let n = elements(rows);
    for (; n >= 4; n -= 4) {
      const p = v128.load(parameter);
      let d = f32x4.mul(v128.load(gradient), sense);
      if (decays) d = madd(decay, p, d);
      let square = madd(f32x4.mul(taken, d), d, f32x4.mul(v128.load(squares), kept));
      v128.store(squares, square);
      if (averages) {
        const mean = madd(taken, d, f32x4.mul(v128.load(averages), kept));
        v128.store(averages, mean);
        square = f32x4.sub(square, f32x4.mul(mean, mean));
        averages += 16;
      }
      const root = f32x4.add(f32x4.sqrt(square), floor);
      // torch divides last, after the learning rate.
      if (momentumBuffer) {
        const velocity = madd(inertia, v128.load(momentumBuffer), f32x4.div(d, root));
        v128.store(momentumBuffer, velocity);
        v128.store(parameter, madd(step, velocity, p));
        momentumBuffer += 16;
      } else v128.store(parameter, f32x4.add(p, f32x4.div(f32x4.mul(step, d), root)));
      parameter += 16;
      gradient += 16;
      squares += 16;
    }
    if (n == 0) continue;
    rmspropSteps(stage(rows, n), 1, sign, keep, take, eps, weightDecay, momentum);
    unstage(rows, n);
  }
}

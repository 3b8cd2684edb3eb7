// Optimizer steps: OptimizerKernels of src/engine/kernels.ts. Float32 elementwise, scalars computed in float64 and then
// rounded, both as torch.optim (1.13, single tensor) does it.
import { madd } from '../simd/lanes';
import { loadPart, storePart } from '../simd/parts';

// The elements left over at the end are staged in whole vectors and stepped by the same function.
const STAGE = memory.data(80, 16);

function stage(slot: usize, p: usize, lanes: i32): void {
  v128.store(STAGE + slot, loadPart(p, lanes, f32x4.splat(0)));
}
function unstage(slot: usize, p: usize, lanes: i32): void {
  storePart(p, v128.load(STAGE + slot), lanes);
}

export function sgdStep(
  parameter: usize,
  gradient: usize,
  momentumBuffer: usize,
  n: i32,
  lr: f64,
  momentum: f64,
  dampening: f64,
  weightDecay: f64,
  nesterov: i32,
  first: i32,
): void {
  const step = f32x4.splat(<f32>-lr);
  const keep = f32x4.splat(<f32>momentum);
  const take = f32x4.splat(<f32>(1 - dampening));
  const decay = f32x4.splat(<f32>weightDecay);
  const decays = weightDecay != 0;
  for (; n >= 4; n -= 4) {
    const p = v128.load(parameter);
    let d = v128.load(gradient);
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
  if (n <= 0) return;
  stage(0, parameter, n);
  stage(16, gradient, n);
  if (momentumBuffer) stage(32, momentumBuffer, n);
  const buffer = momentumBuffer ? STAGE + 32 : 0;
  sgdStep(STAGE, STAGE + 16, buffer, 4, lr, momentum, dampening, weightDecay, nesterov, first);
  unstage(0, parameter, n);
  if (momentumBuffer) unstage(32, momentumBuffer, n);
}

export function adamStep(
  parameter: usize,
  gradient: usize,
  m: usize,
  v: usize,
  largest: usize,
  n: i32,
  lr: f64,
  stepSize: f64,
  rootCorrection: f64,
  beta1: f64,
  beta2: f64,
  eps: f64,
  weightDecay: f64,
  decoupled: i32,
): void {
  const keepM = f32x4.splat(<f32>beta1);
  const takeM = f32x4.splat(<f32>(1 - beta1));
  const keepV = f32x4.splat(<f32>beta2);
  const takeV = f32x4.splat(<f32>(1 - beta2));
  const root = f32x4.splat(<f32>rootCorrection);
  const floor = f32x4.splat(<f32>eps);
  const step = f32x4.splat(<f32>-stepSize);
  const shrink = f32x4.splat(decoupled ? <f32>(1 - lr * weightDecay) : 1);
  const decay = f32x4.splat(<f32>weightDecay);
  const decays = weightDecay != 0 && !decoupled;
  for (; n >= 4; n -= 4) {
    const p = f32x4.mul(v128.load(parameter), shrink);
    let d = v128.load(gradient);
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
  if (n <= 0) return;
  stage(0, parameter, n);
  stage(16, gradient, n);
  stage(32, m, n);
  stage(48, v, n);
  if (largest) stage(64, largest, n);
  const at = STAGE;
  const max = largest ? at + 64 : 0;
  adamStep(at, at + 16, at + 32, at + 48, max, 4, lr, stepSize, rootCorrection, beta1, beta2, eps, weightDecay, decoupled);
  unstage(0, parameter, n);
  unstage(32, m, n);
  unstage(48, v, n);
  if (largest) unstage(64, largest, n);
}

export function rmspropStep(
  parameter: usize,
  gradient: usize,
  squares: usize,
  averages: usize,
  momentumBuffer: usize,
  n: i32,
  lr: f64,
  keep: f64,
  take: f64,
  eps: f64,
  weightDecay: f64,
  momentum: f64,
): void {
  const kept = f32x4.splat(<f32>keep);
  const taken = f32x4.splat(<f32>take);
  const floor = f32x4.splat(<f32>eps);
  const step = f32x4.splat(<f32>-lr);
  const decay = f32x4.splat(<f32>weightDecay);
  const inertia = f32x4.splat(<f32>momentum);
  const decays = weightDecay != 0;
  for (; n >= 4; n -= 4) {
    const p = v128.load(parameter);
    let d = v128.load(gradient);
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
  if (n <= 0) return;
  stage(0, parameter, n);
  stage(16, gradient, n);
  stage(32, squares, n);
  if (averages) stage(48, averages, n);
  if (momentumBuffer) stage(64, momentumBuffer, n);
  const mean = averages ? STAGE + 48 : 0;
  const buffer = momentumBuffer ? STAGE + 64 : 0;
  rmspropStep(STAGE, STAGE + 16, STAGE + 32, mean, buffer, 4, lr, keep, take, eps, weightDecay, momentum);
  unstage(0, parameter, n);
  unstage(32, squares, n);
  if (averages) unstage(48, averages, n);
  if (momentumBuffer) unstage(64, momentumBuffer, n);
}

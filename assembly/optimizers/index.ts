// Optimizer steps: OptimizerKernels of src/engine/kernels.ts. Float32 elementwise, scalars computed in float64 and then
// rounded, both as torch.optim (1.13, single tensor) does it.
import { madd } from '../simd/lanes';
import { loadLanes, storeLanes } from '../simd/parts';

// @ts-ignore: decorator
@inline
function lanesAt(p: usize, lanes: i32): v128 {
  return loadLanes(p, lanes, f32x4.splat(0));
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
  for (; n > 0; n -= 4) {
    const lanes = min(4, n);
    const p = lanesAt(parameter, lanes);
    let d = lanesAt(gradient, lanes);
    if (decays) d = madd(decay, p, d);
    if (momentumBuffer) {
      let buffer = d;
      if (!first) buffer = madd(take, d, f32x4.mul(lanesAt(momentumBuffer, lanes), keep));
      storeLanes(momentumBuffer, buffer, lanes);
      d = nesterov ? madd(keep, buffer, d) : buffer;
      momentumBuffer += 16;
    }
    storeLanes(parameter, madd(step, d, p), lanes);
    parameter += 16;
    gradient += 16;
  }
}

export function adamStep(
  parameter: usize,
  gradient: usize,
  m: usize,
  v: usize,
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
  for (; n > 0; n -= 4) {
    const lanes = min(4, n);
    const p = f32x4.mul(lanesAt(parameter, lanes), shrink);
    let d = lanesAt(gradient, lanes);
    if (decays) d = madd(decay, p, d);
    const mean = madd(takeM, d, f32x4.mul(lanesAt(m, lanes), keepM));
    const square = madd(f32x4.mul(takeV, d), d, f32x4.mul(lanesAt(v, lanes), keepV));
    storeLanes(m, mean, lanes);
    storeLanes(v, square, lanes);
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(square), root), floor);
    storeLanes(parameter, f32x4.add(p, f32x4.div(f32x4.mul(step, mean), denominator)), lanes);
    parameter += 16;
    gradient += 16;
    m += 16;
    v += 16;
  }
}

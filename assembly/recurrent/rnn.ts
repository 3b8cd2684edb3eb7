// Elman's network, h' = tanh(pre) or relu(pre) with pre = (x-part + bias) + h-part.
import { tanh4 } from '../simd/activations';
import { storeLanes } from '../simd/lanes';
import { floats, RecurrentArgs, RNN_RELU } from './args';

/**
 * One step of `batch` rows: reads gates [batch, H] (the x-part), work [batch, H] (the h-part), bias [H];
 * writes output and hN.
 */
export function rnnStep(a: RecurrentArgs, row: i32, gates: usize, batch: i32, bias: usize): void {
  const H = a.hiddenSize;
  for (let b = 0; b < batch; b++) {
    const pre = gates + floats(b * H);
    const part = a.work + floats(b * H);
    const out = a.output + floats((row + b) * a.outputStride);
    const state = a.hN + floats(b * H);
    for (let j = 0; j < H; j += 4) rnnLanes(a.kind, pre, part, bias, out, state, j, min(4, H - j));
  }
}

// @ts-ignore: decorator
@inline
function rnnLanes(kind: i32, pre: usize, part: usize, bias: usize, out: usize, state: usize, j: i32, n: i32): void {
  const at = floats(j);
  const x = f32x4.add(v128.load(pre + at), v128.load(bias + at));
  const sum = f32x4.add(x, v128.load(part + at));
  // pmax(a, b) is a < b ? b : a, which keeps NaN
  const h = kind == RNN_RELU ? f32x4.pmax(sum, f32x4.splat(0)) : tanh4(sum);
  storeLanes(out + at, h, n);
  storeLanes(state + at, h, n);
}

/**
 * Backward of one step: gates [row …, H] = dPre (writes), from dh [batch, H] + dOutput and h of the step.
 * tanh' = 1 - h²; relu' = 1 where h > 0.
 */
export function rnnStepBackward(a: RecurrentArgs, row: i32, batch: i32): void {
  const H = a.hiddenSize;
  for (let b = 0; b < batch; b++) {
    const dPre = a.gates + floats((row + b) * H);
    const h = a.output + floats((row + b) * a.outputStride);
    const dh = a.dh + floats(b * H);
    const dOut = a.dOutput != 0 ? a.dOutput + floats((row + b) * a.dOutputStride) : 0;
    for (let j = 0; j < H; j += 4) backwardLanes(a.kind, dPre, h, dh, dOut, j, min(4, H - j));
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(kind: i32, dPre: usize, h: usize, dh: usize, dOut: usize, j: i32, n: i32): void {
  const at = floats(j);
  let d = v128.load(dh + at);
  if (dOut != 0) d = f32x4.add(d, v128.load(dOut + at));
  const y = v128.load(h + at);
  const one = f32x4.splat(1);
  const slope = f32x4.sub(one, f32x4.mul(y, y));
  const passed = v128.and(d, f32x4.gt(y, f32x4.splat(0)));
  storeLanes(dPre + at, kind == RNN_RELU ? passed : f32x4.mul(d, slope), n);
}

// Gated recurrent units, PyTorch's form (reset after the product). Gates r, z, n, each a block of H in a row of 3H.
//     n = tanh(x_n + b_in + r·(W_hn·h + b_hn))      h' = (1 - z)·n + z·h
import { sigmoid4, tanh4 } from '../simd/activations';
import { madd, storeLanes } from '../simd/lanes';
import { floats, RecurrentArgs } from './args';

/**
 * One step of `batch` rows: reads gates [batch, 3H] (x-part), work [batch, 3H] (h-part, and scratch), bias [3H], biasHn [H] and hN; writes
 * output and hN. Training: activated gates replace the x-part, W_hn·h + b_hn goes to cells.
 */
export function gruStep(a: RecurrentArgs, row: i32, firstGates: usize, batch: i32, bias: usize, biasHn: usize): void {
  const H = a.hiddenSize;
  for (let b = 0; b < batch; b++) {
    const gates = firstGates + floats(b * 3 * H);
    const part = a.work + floats(b * 3 * H);
    const out = a.output + floats((row + b) * a.outputStride);
    const state = a.hN + floats(b * H);
    const cell = a.training != 0 ? a.cells + floats((row + b) * H) : 0;
    // Two loops, as in lstm.ts.
    for (let j = 0; j < H; j += 4) gateLanes(gates, part, bias, biasHn, cell, H, j, min(4, H - j));
    for (let j = 0; j < H; j += 4) outputLanes(gates, part, out, state, cell, H, j, min(4, H - j));
  }
}

// @ts-ignore: decorator
@inline
function gateLanes(gates: usize, part: usize, bias: usize, biasHn: usize, cell: usize, H: i32, j: i32, n: i32): void {
  const at = floats(j);
  const z1 = at + floats(H);
  const n2 = at + floats(2 * H);
  const xr = f32x4.add(v128.load(gates + at), v128.load(bias + at));
  const xz = f32x4.add(v128.load(gates + z1), v128.load(bias + z1));
  const xn = f32x4.add(v128.load(gates + n2), v128.load(bias + n2));
  const r = sigmoid4(f32x4.add(xr, v128.load(part + at)));
  const z = sigmoid4(f32x4.add(xz, v128.load(part + z1)));
  const hn = f32x4.add(v128.load(part + n2), v128.load(biasHn + at));
  storeLanes(part + z1, z, n);
  storeLanes(part + n2, madd(r, hn, xn), n);
  if (cell == 0) return;
  storeLanes(cell + at, hn, n);
  storeLanes(gates + at, r, n);
  storeLanes(gates + z1, z, n);
}

// @ts-ignore: decorator
@inline
function outputLanes(gates: usize, part: usize, out: usize, state: usize, cell: usize, H: i32, j: i32, n: i32): void {
  const at = floats(j);
  const n2 = at + floats(2 * H);
  const c = tanh4(v128.load(part + n2));
  const h = madd(v128.load(part + at + floats(H)), f32x4.sub(v128.load(state + at), c), c);
  storeLanes(out + at, h, n);
  storeLanes(state + at, h, n);
  if (cell != 0) storeLanes(gates + n2, c, n);
}

/**
 * Backward of one step. dh [batch, H] + dOutput is the gradient of h'; hPrevious [row …, H] the state before. Writes: gates by the gradients
 * of the x-side pre-activations, cells by that of W_hn·h + b_hn, work [batch, 3H] by the h-side gradients in one row, dh by
 * its direct part dh·z (the caller adds work·W_hh).
 */
export function gruStepBackward(a: RecurrentArgs, row: i32, batch: i32, hPrevious: usize, work: usize): void {
  const H = a.hiddenSize;
  for (let b = 0; b < batch; b++) {
    const gates = a.gates + floats((row + b) * 3 * H);
    const cell = a.cells + floats((row + b) * H);
    const before = hPrevious + floats((row + b) * H);
    const dOut = a.dOutput != 0 ? a.dOutput + floats((row + b) * a.dOutputStride) : 0;
    const dh = a.dh + floats(b * H);
    const side = work + floats(b * 3 * H);
    // As in lstm.ts, one loop for whole vectors and the tail.
    for (let j = 0; j < H; j += 4) backwardLanes(gates, cell, before, dOut, dh, side, H, j, min(4, H - j));
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(
  gates: usize,
  cell: usize,
  before: usize,
  dOut: usize,
  dh: usize,
  side: usize,
  H: i32,
  j: i32,
  n: i32,
): void {
  const at = floats(j);
  const z1 = at + floats(H);
  const n2 = at + floats(2 * H);
  const one = f32x4.splat(1);
  let d = v128.load(dh + at);
  if (dOut != 0) d = f32x4.add(d, v128.load(dOut + at));
  const r = v128.load(gates + at);
  const z = v128.load(gates + z1);
  const c = v128.load(gates + n2);
  const rest = f32x4.sub(one, z);
  const dn = f32x4.mul(f32x4.mul(d, rest), f32x4.sub(one, f32x4.mul(c, c)));
  const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(v128.load(before + at), c)), f32x4.mul(z, rest));
  const dr = f32x4.mul(f32x4.mul(dn, v128.load(cell + at)), f32x4.mul(r, f32x4.sub(one, r)));
  const dhn = f32x4.mul(dn, r);
  storeLanes(gates + at, dr, n);
  storeLanes(gates + z1, dz, n);
  storeLanes(gates + n2, dn, n);
  storeLanes(cell + at, dhn, n);
  storeLanes(side + at, dr, n);
  storeLanes(side + z1, dz, n);
  storeLanes(side + n2, dhn, n);
  storeLanes(dh + at, f32x4.mul(d, z), n);
}

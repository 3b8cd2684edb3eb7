// Gated recurrent units, PyTorch's form (reset after the product). Gates r, z, n, each a block of H in a row of 3H.
//     n = tanh(x_n + b_in + r·(W_hn·h + b_hn))      h' = (1 - z)·n + z·h
import { sigmoid4, tanh4 } from '../simd/activations';
import { madd } from '../simd/lanes';
import { floats, RecurrentArgs } from './args';
import { slotAt, stage, unstage } from './tail';

/**
 * One step of `batch` rows: reads gates [row …, 3H] (x-part), work [batch, 3H] (h-part), bias [3H], biasHn [H] and hN; writes output
 * and hN. Training: activated gates replace the x-part, W_hn·h + b_hn goes to cells.
 */
export function gruStep(a: RecurrentArgs, row: i32, batch: i32, bias: usize, biasHn: usize): void {
  const H = a.hiddenSize;
  const block = floats(H);
  const whole = floats(H & ~3);
  const n = H & 3;
  if (n != 0) {
    stage(6, bias + whole, n, 3, block);
    stage(9, biasHn + whole, n, 1, 0);
  }
  for (let b = 0; b < batch; b++) {
    const gates = a.gates + floats((row + b) * 3 * H);
    const part = a.work + floats(b * 3 * H);
    const out = a.output + floats((row + b) * a.outputStride);
    const state = a.hN + floats(b * H);
    const cell = a.training != 0 ? a.cells + floats((row + b) * H) : 0;
    gruRow(gates, part, bias, biasHn, out, state, cell, block, whole);
    if (n == 0) continue;
    gruRow(
      stage(0, gates + whole, n, 3, block),
      stage(3, part + whole, n, 3, block),
      slotAt(6),
      slotAt(9),
      slotAt(10),
      stage(11, state + whole, n, 1, 0),
      cell != 0 ? slotAt(12) : 0,
      16,
      16,
    );
    unstage(10, out + whole, n, 1, 0);
    unstage(11, state + whole, n, 1, 0);
    if (cell == 0) continue;
    unstage(12, cell + whole, n, 1, 0);
    unstage(0, gates + whole, n, 3, block);
  }
}

/** The first `bytes` of a row; the gates are `block` bytes apart. */
function gruRow(
  gates: usize,
  part: usize,
  bias: usize,
  biasHn: usize,
  out: usize,
  state: usize,
  cell: usize,
  block: usize,
  bytes: usize,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const z1 = at + block;
    const n2 = at + 2 * block;
    const xr = f32x4.add(v128.load(gates + at), v128.load(bias + at));
    const xz = f32x4.add(v128.load(gates + z1), v128.load(bias + z1));
    const xn = f32x4.add(v128.load(gates + n2), v128.load(bias + n2));
    const r = sigmoid4(f32x4.add(xr, v128.load(part + at)));
    const z = sigmoid4(f32x4.add(xz, v128.load(part + z1)));
    const hn = f32x4.add(v128.load(part + n2), v128.load(biasHn + at));
    const c = tanh4(madd(r, hn, xn));
    const before = v128.load(state + at);
    const h = madd(z, f32x4.sub(before, c), c);
    v128.store(out + at, h);
    v128.store(state + at, h);
    if (cell == 0) continue;
    v128.store(cell + at, hn);
    v128.store(gates + at, r);
    v128.store(gates + z1, z);
    v128.store(gates + n2, c);
  }
}

/**
 * Backward of one step. dh [batch, H] + dOutput is the gradient of h'; hPrevious [row …, H] the state before. Writes: gates by the gradients
 * of the x-side pre-activations, cells by that of W_hn·h + b_hn, work [batch, 3H] by the h-side gradients in one row, dh by
 * its direct part dh·z (the caller adds work·W_hh).
 */
export function gruStepBackward(a: RecurrentArgs, row: i32, batch: i32, hPrevious: usize, work: usize): void {
  const H = a.hiddenSize;
  const block = floats(H);
  const whole = floats(H & ~3);
  const n = H & 3;
  for (let b = 0; b < batch; b++) {
    const gates = a.gates + floats((row + b) * 3 * H);
    const cell = a.cells + floats((row + b) * H);
    const before = hPrevious + floats((row + b) * H);
    const dOut = a.dOutput != 0 ? a.dOutput + floats((row + b) * a.dOutputStride) : 0;
    const dh = a.dh + floats(b * H);
    const side = work + floats(b * 3 * H);
    backwardRow(gates, cell, before, dOut, dh, side, block, whole);
    if (n == 0) continue;
    backwardRow(
      stage(0, gates + whole, n, 3, block),
      stage(3, cell + whole, n, 1, 0),
      stage(4, before + whole, n, 1, 0),
      dOut != 0 ? stage(5, dOut + whole, n, 1, 0) : 0,
      stage(6, dh + whole, n, 1, 0),
      slotAt(7),
      16,
      16,
    );
    unstage(0, gates + whole, n, 3, block);
    unstage(3, cell + whole, n, 1, 0);
    unstage(6, dh + whole, n, 1, 0);
    unstage(7, side + whole, n, 3, block);
  }
}

function backwardRow(
  gates: usize,
  cell: usize,
  before: usize,
  dOut: usize,
  dh: usize,
  side: usize,
  block: usize,
  bytes: usize,
): void {
  const one = f32x4.splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const z1 = at + block;
    const n2 = at + 2 * block;
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
    v128.store(gates + at, dr);
    v128.store(gates + z1, dz);
    v128.store(gates + n2, dn);
    v128.store(cell + at, dhn);
    v128.store(side + at, dr);
    v128.store(side + z1, dz);
    v128.store(side + n2, dhn);
    v128.store(dh + at, f32x4.mul(d, z));
  }
}

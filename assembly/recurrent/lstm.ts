// Long short-term memory. Gates in PyTorch's order i, f, g, o, each a block of H in a row of 4H.
//     c' = σ(f)·c + σ(i)·tanh(g)      h' = σ(o)·tanh(c')      pre-activation = (x-part + bias) + h-part
import { sigmoid4, tanh4 } from '../simd/activations';
import { madd } from '../simd/lanes';
import { floats, RecurrentArgs } from './args';
import { slotAt, stage, unstage } from './tail';

/**
 * One step of `batch` rows: reads gates [row …, 4H] (x-part), work [batch, 4H] (h-part), bias [4H], cN; writes cN and, to `h` with
 * hStride and to `state` (0 = not) [batch, H], the new h. Training: activated gates replace the x-part, c goes to cells.
 */
export function lstmStep(
  a: RecurrentArgs,
  row: i32,
  batch: i32,
  bias: usize,
  h: usize,
  hStride: i32,
  state: usize,
): void {
  const H = a.hiddenSize;
  const block = floats(H);
  const whole = floats(H & ~3);
  const n = H & 3;
  if (n != 0) stage(8, bias + whole, n, 4, block);
  for (let b = 0; b < batch; b++) {
    const gates = a.gates + floats((row + b) * 4 * H);
    const part = a.work + floats(b * 4 * H);
    const c = a.cN + floats(b * H);
    const cell = a.training != 0 ? a.cells + floats((row + b) * H) : 0;
    const out = h + floats(b * hStride);
    const live = state != 0 ? state + floats(b * H) : 0;
    lstmRow(gates, part, bias, c, cell, out, live, block, whole);
    if (n == 0) continue;
    lstmRow(
      stage(0, gates + whole, n, 4, block),
      stage(4, part + whole, n, 4, block),
      slotAt(8),
      stage(12, c + whole, n, 1, 0),
      cell != 0 ? slotAt(13) : 0,
      slotAt(14),
      slotAt(14), // live, where it is wanted, is the same as out
      16,
      16,
    );
    unstage(12, c + whole, n, 1, 0);
    unstage(14, out + whole, n, 1, 0);
    if (live != 0) unstage(14, live + whole, n, 1, 0);
    if (cell == 0) continue;
    unstage(13, cell + whole, n, 1, 0);
    unstage(0, gates + whole, n, 4, block);
  }
}

// @ts-ignore: decorator
@inline
function preActivation(gates: usize, part: usize, bias: usize, at: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(gates + at), v128.load(bias + at)), v128.load(part + at));
}

/** The first `bytes` of a row; the gates are `block` bytes apart. */
function lstmRow(
  gates: usize,
  part: usize,
  bias: usize,
  c: usize,
  cell: usize,
  out: usize,
  live: usize,
  block: usize,
  bytes: usize,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const i = sigmoid4(preActivation(gates, part, bias, at));
    const f = sigmoid4(preActivation(gates, part, bias, at + block));
    const g = tanh4(preActivation(gates, part, bias, at + 2 * block));
    const o = sigmoid4(preActivation(gates, part, bias, at + 3 * block));
    const next = madd(f, v128.load(c + at), f32x4.mul(i, g));
    const h = f32x4.mul(o, tanh4(next));
    v128.store(c + at, next);
    v128.store(out + at, h);
    if (live != 0) v128.store(live + at, h);
    if (cell == 0) continue;
    v128.store(cell + at, next);
    v128.store(gates + at, i);
    v128.store(gates + at + block, f);
    v128.store(gates + at + 2 * block, g);
    v128.store(gates + at + 3 * block, o);
  }
}

/**
 * Backward of one step. d [batch, H] (+ dOut where not 0) is the gradient of o·tanh(c); dc [batch, H] is read as the gradient of c' and
 * left as that of c. The activated gates [row …, 4H] are replaced by the gradients of their pre-activations. The cell before: row b at
 * `previous` for the first `previousCount` rows, else c0.
 */
export function lstmStepBackward(
  a: RecurrentArgs,
  row: i32,
  batch: i32,
  d: usize,
  dOutput: usize,
  previous: usize,
  previousCount: i32,
): void {
  const H = a.hiddenSize;
  const block = floats(H);
  const whole = floats(H & ~3);
  const n = H & 3;
  for (let b = 0; b < batch; b++) {
    const gates = a.gates + floats((row + b) * 4 * H);
    const cell = a.cells + floats((row + b) * H);
    const dOut = dOutput != 0 ? dOutput + floats(b * a.dOutputStride) : 0;
    const before = b < previousCount ? previous + floats(b * H) : a.c0 != 0 ? a.c0 + floats(b * H) : 0;
    const dRow = d + floats(b * H);
    const dc = a.dc + floats(b * H);
    backwardRow(gates, cell, before, dRow, dOut, dc, block, whole);
    if (n == 0) continue;
    backwardRow(
      stage(0, gates + whole, n, 4, block),
      stage(4, cell + whole, n, 1, 0),
      before != 0 ? stage(5, before + whole, n, 1, 0) : 0,
      stage(6, dRow + whole, n, 1, 0),
      dOut != 0 ? stage(7, dOut + whole, n, 1, 0) : 0,
      stage(8, dc + whole, n, 1, 0),
      16,
      16,
    );
    unstage(0, gates + whole, n, 4, block);
    unstage(8, dc + whole, n, 1, 0);
  }
}

function backwardRow(
  gates: usize,
  cell: usize,
  before: usize,
  dRow: usize,
  dOut: usize,
  dc: usize,
  block: usize,
  bytes: usize,
): void {
  const one = f32x4.splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    let d = v128.load(dRow + at);
    if (dOut != 0) d = f32x4.add(d, v128.load(dOut + at));
    const i = v128.load(gates + at);
    const f = v128.load(gates + at + block);
    const g = v128.load(gates + at + 2 * block);
    const o = v128.load(gates + at + 3 * block);
    const c = before != 0 ? v128.load(before + at) : f32x4.splat(0);
    const t = tanh4(v128.load(cell + at));
    const q = f32x4.add(v128.load(dc + at), f32x4.mul(f32x4.mul(d, o), f32x4.sub(one, f32x4.mul(t, t))));
    v128.store(dc + at, f32x4.mul(q, f));
    v128.store(gates + at, f32x4.mul(f32x4.mul(q, g), f32x4.mul(i, f32x4.sub(one, i))));
    v128.store(gates + at + block, f32x4.mul(f32x4.mul(q, c), f32x4.mul(f, f32x4.sub(one, f))));
    v128.store(gates + at + 2 * block, f32x4.mul(f32x4.mul(q, i), f32x4.sub(one, f32x4.mul(g, g))));
    v128.store(gates + at + 3 * block, f32x4.mul(f32x4.mul(d, t), f32x4.mul(o, f32x4.sub(one, o))));
  }
}

/** out [rows, H] = o·tanh(c) of every step: what the projection multiplied. Before the gates are overwritten. */
export function lstmUnprojected(a: RecurrentArgs, out: usize): void {
  const H = a.hiddenSize;
  const whole = floats(H & ~3);
  const n = H & 3;
  for (let r = 0; r < a.rows; r++) {
    const o = a.gates + floats((r * 4 + 3) * H);
    const c = a.cells + floats(r * H);
    const to = out + floats(r * H);
    unprojectedRow(o, c, to, whole);
    if (n == 0) continue;
    unprojectedRow(stage(0, o + whole, n, 1, 0), stage(1, c + whole, n, 1, 0), slotAt(2), 16);
    unstage(2, to + whole, n, 1, 0);
  }
}

function unprojectedRow(o: usize, c: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, f32x4.mul(v128.load(o + at), tanh4(v128.load(c + at))));
}

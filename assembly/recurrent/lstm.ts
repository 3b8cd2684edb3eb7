// Long short-term memory. Gates in PyTorch's order i, f, g, o, each a block of H in a row of 4H.
//     c' = σ(f)·c + σ(i)·tanh(g)      h' = σ(o)·tanh(c')      pre-activation = (x-part + bias) + h-part
// With peepholes (Gers & Schmidhuber 2000) i and f see c, o sees c': + p_i·c, + p_f·c, + p_o·c', p a row of 3H in the order i, f, o.
import { sigmoid4, tanh4 } from '../simd/activations';
import { madd, storeLanes } from '../simd/lanes';
import { floats, RecurrentArgs } from './args';

/**
 * One step of `batch` rows: reads gates [batch, 4H] (x-part), work [batch, 4H] (h-part), bias [4H], cN; writes cN, o to work's last part and, to `h` with
 * hStride and to `state` (0 = not) [batch, H], the new h. Training: activated gates replace the x-part, c goes to cells.
 */
export function lstmStep(
  a: RecurrentArgs,
  row: i32,
  firstGates: usize,
  batch: i32,
  bias: usize,
  h: usize,
  hStride: i32,
  state: usize,
): void {
  const H = a.hiddenSize;
  const peephole = a.peephole;
  for (let b = 0; b < batch; b++) {
    const gates = firstGates + floats(b * 4 * H);
    const part = a.work + floats(b * 4 * H);
    const c = a.cN + floats(b * H);
    const cell = a.training != 0 ? a.cells + floats((row + b) * H) : 0;
    const out = h + floats(b * hStride);
    const live = state != 0 ? state + floats(b * H) : 0;
    // The tail in the same loop, here and below; two loops, because one chain from the gates to h is as long as the processor's window.
    for (let j = 0; j < H; j += 4) gateLanes(gates, part, bias, peephole, c, cell, H, j, min(4, H - j));
    outputRow(part + floats(3 * H), c, out, live, H);
  }
}

// @ts-ignore: decorator
@inline
function preActivation(gates: usize, part: usize, bias: usize, at: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(gates + at), v128.load(bias + at)), v128.load(part + at));
}

// @ts-ignore: decorator
@inline
function gateLanes(
  gates: usize,
  part: usize,
  bias: usize,
  peephole: usize,
  c: usize,
  cell: usize,
  H: i32,
  j: i32,
  n: i32,
): void {
  const at = floats(j);
  const block = floats(H);
  const before = v128.load(c + at);
  let pre = preActivation(gates, part, bias, at);
  if (peephole != 0) pre = madd(v128.load(peephole + at), before, pre);
  const i = sigmoid4(pre);
  pre = preActivation(gates, part, bias, at + block);
  if (peephole != 0) pre = madd(v128.load(peephole + at + block), before, pre);
  const f = sigmoid4(pre);
  const g = tanh4(preActivation(gates, part, bias, at + 2 * block));
  const next = madd(f, before, f32x4.mul(i, g));
  pre = preActivation(gates, part, bias, at + 3 * block);
  if (peephole != 0) pre = madd(v128.load(peephole + at + 2 * block), next, pre);
  const o = sigmoid4(pre);
  storeLanes(c + at, next, n);
  storeLanes(part + at + 3 * block, o, n);
  if (cell == 0) return;
  storeLanes(cell + at, next, n);
  storeLanes(gates + at, i, n);
  storeLanes(gates + at + block, f, n);
  storeLanes(gates + at + 2 * block, g, n);
  storeLanes(gates + at + 3 * block, o, n);
}

/** h = o·tanh(c), to `out` and `live` (0 = not). */
function outputRow(o: usize, c: usize, out: usize, live: usize, H: i32): void {
  for (let j = 0; j < H; j += 4) {
    const at = floats(j);
    const h = f32x4.mul(v128.load(o + at), tanh4(v128.load(c + at)));
    storeLanes(out + at, h, min(4, H - j));
    if (live != 0) storeLanes(live + at, h, min(4, H - j));
  }
}

/**
 * Backward of one step. d [batch, H] (+ dOut where not 0) is the gradient of o·tanh(c); dc [batch, H] is read as the gradient of c' and
 * left as that of c. The activated gates [row …, 4H] are replaced by the gradients of their pre-activations. The cell before: row b at
 * `previous` for the first `previousCount` rows, else c0. With peepholes what is summed into their gradient goes to `side` [row …, 3H].
 */
export function lstmStepBackward(
  a: RecurrentArgs,
  row: i32,
  batch: i32,
  d: usize,
  dOutput: usize,
  previous: usize,
  previousCount: i32,
  side: usize,
): void {
  const H = a.hiddenSize;
  const peephole = a.peephole;
  for (let b = 0; b < batch; b++) {
    const gates = a.gates + floats((row + b) * 4 * H);
    const cell = a.cells + floats((row + b) * H);
    const dOut = dOutput != 0 ? dOutput + floats(b * a.dOutputStride) : 0;
    const before = b < previousCount ? previous + floats(b * H) : a.c0 != 0 ? a.c0 + floats(b * H) : 0;
    const dRow = d + floats(b * H);
    const dc = a.dc + floats(b * H);
    const seen = side + floats((row + b) * 3 * H);
    for (let j = 0; j < H; j += 4) {
      backwardLanes(gates, cell, before, dRow, dOut, dc, peephole, seen, H, j, min(4, H - j));
    }
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(
  gates: usize,
  cell: usize,
  before: usize,
  dRow: usize,
  dOut: usize,
  dc: usize,
  peephole: usize,
  seen: usize,
  H: i32,
  j: i32,
  n: i32,
): void {
  const at = floats(j);
  const block = floats(H);
  const one = f32x4.splat(1);
  let d = v128.load(dRow + at);
  if (dOut != 0) d = f32x4.add(d, v128.load(dOut + at));
  const i = v128.load(gates + at);
  const f = v128.load(gates + at + block);
  const g = v128.load(gates + at + 2 * block);
  const o = v128.load(gates + at + 3 * block);
  const c = before != 0 ? v128.load(before + at) : f32x4.splat(0);
  const after = v128.load(cell + at);
  const t = tanh4(after);
  const dO = f32x4.mul(f32x4.mul(d, t), f32x4.mul(o, f32x4.sub(one, o)));
  let q = f32x4.add(v128.load(dc + at), f32x4.mul(f32x4.mul(d, o), f32x4.sub(one, f32x4.mul(t, t))));
  if (peephole != 0) q = madd(dO, v128.load(peephole + at + 2 * block), q);
  const dI = f32x4.mul(f32x4.mul(q, g), f32x4.mul(i, f32x4.sub(one, i)));
  const dF = f32x4.mul(f32x4.mul(q, c), f32x4.mul(f, f32x4.sub(one, f)));
  let dBefore = f32x4.mul(q, f);
  if (peephole != 0) {
    dBefore = madd(dI, v128.load(peephole + at), dBefore);
    dBefore = madd(dF, v128.load(peephole + at + block), dBefore);
    storeLanes(seen + at, f32x4.mul(dI, c), n);
    storeLanes(seen + at + block, f32x4.mul(dF, c), n);
    storeLanes(seen + at + 2 * block, f32x4.mul(dO, after), n);
  }
  storeLanes(dc + at, dBefore, n);
  storeLanes(gates + at, dI, n);
  storeLanes(gates + at + block, dF, n);
  storeLanes(gates + at + 2 * block, f32x4.mul(f32x4.mul(q, i), f32x4.sub(one, f32x4.mul(g, g))), n);
  storeLanes(gates + at + 3 * block, dO, n);
}

/** out [rows, H] = o·tanh(c) of every step: what the projection multiplied. Before the gates are overwritten. */
export function lstmUnprojected(a: RecurrentArgs, out: usize): void {
  const H = a.hiddenSize;
  for (let r = 0; r < a.rows; r++) {
    const o = a.gates + floats((r * 4 + 3) * H);
    const c = a.cells + floats(r * H);
    const to = out + floats(r * H);
    outputRow(o, c, to, 0, H);
  }
}

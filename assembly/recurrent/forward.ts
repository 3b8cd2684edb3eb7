// One direction of one recurrent layer over a whole sequence: the x-part of all steps is one GEMM, then the steps run here.
import { BINARY_MUL } from '../elementwise/codes';
import { binary } from '../elementwise/operations';
import { gemm } from '../matmul/gemm';
import { batchOf, floats, gateCount, GRU, GRU_RESET_BEFORE, LSTM, RecurrentArgs, stateSize } from './args';
import { gruStep } from './gru';
import { gruResetColumns, gruResetStep } from './gruResetBefore';
import { lstmStep } from './lstm';
import { rnnStep } from './rnn';

/** Rows whose x-part is made at once, at least. */
const X_BLOCK: i32 = 192;

/**
 * Scratch: the h-part of a step [N, G·H], zeros in place of absent biases [G·H], an LSTM's unprojected h [N, H], and the h that is multiplied
 * where that is not hN [N, S]: masked, or reset.
 */
export function recurrentWorkBytes(args: usize): i32 {
  const a = changetype<RecurrentArgs>(args);
  const width = gateCount(a.kind) * a.hiddenSize;
  return <i32>floats(batchOf(a) * (width + unprojectedSize(a) + stateSize(a)) + width);
}

// @ts-ignore: decorator
@inline
function unprojectedSize(a: RecurrentArgs): i32 {
  return a.projSize != 0 ? a.hiddenSize : 0;
}

/**
 * Runs the steps in time order (backwards with reverse). hN, cN are the live state: rows join (reverse) or end (forward) as batchSizes
 * changes, and a row that ended is not touched again.
 */
export function recurrentForward(args: usize): void {
  const a = changetype<RecurrentArgs>(args);
  const S = stateSize(a);
  const width = gateCount(a.kind) * a.hiddenSize;
  const N = batchOf(a);
  const columns = a.kind == GRU_RESET_BEFORE ? gruResetColumns(a.hiddenSize) : width;
  const zeros = a.work + floats(N * width);
  const side = zeros + floats(width + N * unprojectedSize(a));
  begin(a.hN, a.h0, N * S);
  if (a.kind == LSTM) begin(a.cN, a.c0, N * a.hiddenSize);
  if (a.bias == 0 || (a.kind == GRU && a.biasHn == 0)) memory.fill(zeros, 0, floats(width));
  let row = a.reverse != 0 ? a.rows : 0;
  let projected = row;
  for (let s = 0; s < a.steps; s++) {
    const t = a.reverse != 0 ? a.steps - 1 - s : s;
    const batch = load<i32>(a.batchSizes + floats(t));
    assert(batch >= 0 && batch <= N, 'recurrentForward: batchSizes must not increase');
    if (a.reverse != 0) row -= batch;
    if (a.reverse != 0 ? row < projected : row + batch > projected) projected = project(a, t, projected, width);
    if (a.mask != 0) binary(BINARY_MUL, a.hN, a.mask, side, batch * S);
    const h = a.mask != 0 ? side : a.hN;
    gemm(h, S, a.weightHh, a.work, width, batch, columns, S, 0);
    const bias = a.bias != 0 ? a.bias : zeros;
    if (a.kind == GRU_RESET_BEFORE) gruResetStep(a, row, batch, bias, h, side);
    else step(a, row, batch, bias, zeros);
    if (a.reverse == 0) row += batch;
  }
  assert(row == (a.reverse != 0 ? 0 : a.rows), 'recurrentForward: rows is not the sum of batchSizes');
}

/**
 * The x-part of step t and, while they have fewer than X_BLOCK rows together, of the steps after it: soon used, it is still in the cache. `from`
 * is where the part made before ends; returns where this one does.
 */
function project(a: RecurrentArgs, t: i32, from: i32, width: i32): i32 {
  let rows = 0;
  for (let u = t; rows < X_BLOCK && u >= 0 && u < a.steps; u += a.reverse != 0 ? -1 : 1) {
    rows += load<i32>(a.batchSizes + floats(u));
  }
  const first = a.reverse != 0 ? from - rows : from;
  const I = a.inputSize;
  gemm(a.x + floats(first * I), I, a.weightIh, a.gates + floats(first * width), width, rows, width, I, 0);
  return a.reverse != 0 ? first : from + rows;
}

function begin(state: usize, initial: usize, count: i32): void {
  if (initial == 0) memory.fill(state, 0, floats(count));
  else if (initial != state) memory.copy(state, initial, floats(count));
}

function step(a: RecurrentArgs, row: i32, batch: i32, bias: usize, zeros: usize): void {
  if (a.kind == GRU) gruStep(a, row, batch, bias, a.biasHn != 0 ? a.biasHn : zeros);
  else if (a.kind != LSTM) rnnStep(a, row, batch, bias);
  else if (a.projSize == 0) {
    lstmStep(a, row, batch, bias, a.output + floats(row * a.outputStride), a.outputStride, a.hN);
  } else projectState(a, row, batch, bias, zeros);
}

/** h' = W_hr·(o·tanh(c')): the product goes to the output rows and from there to the live state. */
function projectState(a: RecurrentArgs, row: i32, batch: i32, bias: usize, zeros: usize): void {
  const H = a.hiddenSize;
  const P = a.projSize;
  const unprojected = zeros + floats(4 * H);
  lstmStep(a, row, batch, bias, unprojected, H, 0);
  const out = a.output + floats(row * a.outputStride);
  gemm(unprojected, H, a.weightHr, out, a.outputStride, batch, P, H, 0);
  for (let b = 0; b < batch; b++) memory.copy(a.hN + floats(b * P), out + floats(b * a.outputStride), floats(P));
}

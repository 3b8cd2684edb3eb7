// One direction of one recurrent layer over a whole sequence: the x-part of many steps is one GEMM, then those steps run here.
import { BINARY_MUL } from '../elementwise/codes';
import { binary } from '../elementwise/operations';
import { gemm } from '../matmul/gemm';
import { batchAt, batchOf, floats, gateCount, GRU, GRU_RESET_BEFORE, LSTM, RecurrentArgs, stateSize } from './args';
import { gruStep } from './gru';
import { gruResetColumns, gruResetStep } from './gruResetBefore';
import { lstmStep } from './lstm';
import { rnnStep } from './rnn';

/** Rows whose x-part is made at once, at least. */
const X_BLOCK: i32 = 192;

/**
 * Scratch: the h-part of a step [N, G·H], zeros in place of absent biases [G·H], an LSTM's unprojected h [N, H], the h that is multiplied
 * where that is not hN [N, S]: masked, or reset; and, unless training, the x-part of the steps ahead.
 */
export function recurrentWorkBytes(args: usize): i32 {
  const a = changetype<RecurrentArgs>(args);
  const width = gateCount(a.kind) * a.hiddenSize;
  const ahead = a.training != 0 ? 0 : min(a.rows, X_BLOCK + batchOf(a));
  return <i32>floats(sideOffset(a, width) + batchOf(a) * stateSize(a) + ahead * width);
}

/** Floats before the multiplied h. */
// @ts-ignore: decorator
@inline
function sideOffset(a: RecurrentArgs, width: i32): i32 {
  return batchOf(a) * (width + unprojectedSize(a)) + width;
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
  const side = a.work + floats(sideOffset(a, width));
  const gates = a.training != 0 ? a.gates : side + floats(N * S);
  begin(a.hN, a.h0, N * S);
  if (a.kind == LSTM) begin(a.cN, a.c0, N * a.hiddenSize);
  if (a.bias == 0 || (a.kind == GRU && a.biasHn == 0)) memory.fill(zeros, 0, floats(width));
  let row = a.reverse != 0 ? a.rows : 0;
  // Rows from `first` on are in gates, and their x-part is made up to `ready`.
  let first = 0;
  let ready = row;
  for (let s = 0; s < a.steps; s++) {
    const t = a.reverse != 0 ? a.steps - 1 - s : s;
    const batch = batchAt(a, t);
    assert(batch >= 0 && batch <= N, 'recurrentForward: batchSizes must not increase');
    if (a.reverse != 0) row -= batch;
    if (a.reverse != 0 ? row < ready : row + batch > ready) {
      const rows = rowsAhead(a, t);
      const from = a.reverse != 0 ? ready - rows : ready;
      ready = a.reverse != 0 ? from : from + rows;
      if (a.training == 0) first = from;
      const x = a.x + floats(from * a.inputSize);
      gemm(x, a.inputSize, a.weightIh, gates + floats((from - first) * width), width, rows, width, a.inputSize, 0);
    }
    const pre = gates + floats((row - first) * width);
    if (a.mask != 0) binary(BINARY_MUL, a.hN, a.mask, side, batch * S);
    const h = a.mask != 0 ? side : a.hN;
    gemm(h, S, a.weightHh, a.work, width, batch, columns, S, 0);
    const bias = a.bias != 0 ? a.bias : zeros;
    if (a.kind == GRU_RESET_BEFORE) gruResetStep(a, row, pre, batch, bias, h, side);
    else step(a, row, pre, batch, bias, zeros);
    if (a.reverse == 0) row += batch;
  }
  assert(row == (a.reverse != 0 ? 0 : a.rows), 'recurrentForward: rows is not the sum of batchSizes');
}

/**
 * Rows of step t and, while they are fewer than X_BLOCK together, of the steps after it: their x-part is one product, and still in the cache
 * when it is used.
 */
function rowsAhead(a: RecurrentArgs, t: i32): i32 {
  let rows = 0;
  for (let u = t; rows < X_BLOCK && u >= 0 && u < a.steps; u += a.reverse != 0 ? -1 : 1) {
    rows += batchAt(a, u);
  }
  return rows;
}

function begin(state: usize, initial: usize, count: i32): void {
  if (initial == 0) memory.fill(state, 0, floats(count));
  else if (initial != state) memory.copy(state, initial, floats(count));
}

function step(a: RecurrentArgs, row: i32, gates: usize, batch: i32, bias: usize, zeros: usize): void {
  if (a.kind == GRU) gruStep(a, row, gates, batch, bias, a.biasHn != 0 ? a.biasHn : zeros);
  else if (a.kind != LSTM) rnnStep(a, row, gates, batch, bias);
  else if (a.projSize == 0) {
    lstmStep(a, row, gates, batch, bias, a.output + floats(row * a.outputStride), a.outputStride, a.hN);
  } else projectState(a, row, gates, batch, bias, zeros);
}

/** h' = W_hr·(o·tanh(c')): the product goes to the output rows and from there to the live state. */
function projectState(a: RecurrentArgs, row: i32, gates: usize, batch: i32, bias: usize, zeros: usize): void {
  const H = a.hiddenSize;
  const P = a.projSize;
  const unprojected = zeros + floats(4 * H);
  lstmStep(a, row, gates, batch, bias, unprojected, H, 0);
  const out = a.output + floats(row * a.outputStride);
  gemm(unprojected, H, a.weightHr, out, a.outputStride, batch, P, H, 0);
  for (let b = 0; b < batch; b++) memory.copy(a.hN + floats(b * P), out + floats(b * a.outputStride), floats(P));
}

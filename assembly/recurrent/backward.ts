// Backward through time, one direction of one layer: the steps against time order, then dW, db and dx as one product each.
import { BINARY_MUL } from '../elementwise/codes';
import { accumulate, binary } from '../elementwise/operations';
import { gemm } from '../matmul/gemm';
import { columnSums, gemmTransposedA, gemmTransposedABytes } from '../matmul/transposed';
import { batchAt, batchOf, floats, gateCount, GRU, GRU_RESET_BEFORE, LSTM, RecurrentArgs, stateSize } from './args';
import { gruStepBackward } from './gru';
import { gruKeepReset, gruResetBackward } from './gruResetBefore';
import { lstmStepBackward, lstmUnprojected } from './lstm';
import { rnnStepBackward } from './rnn';

/**
 * Scratch: h before every step [rows, S]; a step's row of gate gradients [N, G·H] (with peepholes instead: all that is summed into their
 * gradient [rows, 3H]); a step's part of dh [N, S]; the sums of bias gradients [G·H]; with projection the gradient of every projected h
 * [rows, S], the unprojected h [rows, H] and a step's gradient of it [N, H]; and what the products need.
 */
export function recurrentBackwardWorkBytes(args: usize): i32 {
  const a = changetype<RecurrentArgs>(args);
  const S = stateSize(a);
  const H = a.hiddenSize;
  const width = gateCount(a.kind) * H;
  const projected = a.projSize != 0 ? a.rows * S + a.rows * H + batchOf(a) * H : 0;
  const products = max(
    gemmTransposedABytes(width, max(a.inputSize, S), a.rows),
    a.projSize != 0 ? gemmTransposedABytes(S, H, a.rows) : 0,
  );
  return <i32>floats(a.rows * S + sideSize(a) + batchOf(a) * S + width + projected) + products;
}

// @ts-ignore: decorator
@inline
function sideSize(a: RecurrentArgs): i32 {
  return a.hiddenSize * (a.peephole != 0 ? 3 * a.rows : batchOf(a) * gateCount(a.kind));
}

/** Needs gates and cells of a forward with training = 1; leaves them as gradients. Adds to dW…, dB…; writes dh, dc, dx. */
export function recurrentBackward(args: usize): void {
  const a = changetype<RecurrentArgs>(args);
  const S = stateSize(a);
  const H = a.hiddenSize;
  const N = batchOf(a);
  const width = gateCount(a.kind) * H;
  const hPrevious = a.backwardWork;
  const side = hPrevious + floats(a.rows * S);
  const part = side + floats(sideSize(a));
  const sums = part + floats(N * S);
  const dProjected = sums + floats(width);
  const unprojected = dProjected + floats(a.rows * S);
  const dUnprojected = unprojected + floats(a.rows * H);
  const scratch = a.projSize != 0 ? dUnprojected + floats(N * H) : dProjected;
  begin(a.dh, a.dhN, N * S);
  if (a.kind == LSTM) begin(a.dc, a.dcN, N * H);
  gatherPrevious(a, hPrevious, S);
  if (a.projSize != 0) lstmUnprojected(a, unprojected);
  let row = a.reverse != 0 ? 0 : a.rows;
  for (let s = 0; s < a.steps; s++) {
    const t = a.reverse != 0 ? s : a.steps - 1 - s;
    const batch = batchAt(a, t);
    if (a.reverse == 0) row -= batch;
    if (a.projSize != 0) projectBackward(a, row, batch, dProjected, dUnprojected);
    if (a.kind == GRU_RESET_BEFORE) gruKeepReset(a, row, batch, part);
    stepBackward(a, t, row, batch, hPrevious, side, dUnprojected);
    throughHh(a, row, batch, hPrevious + floats(row * S), side, part);
    if (a.reverse != 0) row += batch;
  }
  weightGradients(a, hPrevious, side, sums, dProjected, unprojected, scratch);
  if (a.dx != 0) gemm(a.gates, width, a.weightIhBackward, a.dx, a.inputSize, a.rows, a.inputSize, width, a.dxAccumulate);
}

/** The gradient of h through W_hh, which a GRU adds to the direct part. `before`: the h before this step, left as it was multiplied. */
function throughHh(a: RecurrentArgs, row: i32, batch: i32, before: usize, side: usize, part: usize): void {
  const S = stateSize(a);
  const width = gateCount(a.kind) * a.hiddenSize;
  const reset = a.kind == GRU_RESET_BEFORE;
  const to = a.kind >= GRU ? part : a.dh;
  const gradients = a.kind == GRU ? side : a.gates + floats(row * width);
  if (a.mask != 0) binary(BINARY_MUL, before, a.mask, before, batch * S);
  if (reset) gruResetBackward(a, row, batch, before, side, part);
  gemm(gradients, width, a.weightHhBackward, to, S, batch, S, reset ? 2 * S : width, i32(reset));
  if (a.mask != 0) binary(BINARY_MUL, to, a.mask, to, batch * S);
  if (a.kind >= GRU) accumulate(part, a.dh, batch * S);
}

function begin(gradient: usize, final: usize, count: i32): void {
  if (final == 0) memory.fill(gradient, 0, floats(count));
  else memory.copy(gradient, final, floats(count));
}

/** Rows that have a step before step t (in time order of this direction): the others begin at t with h0, c0. */
// @ts-ignore: decorator
@inline
function previousCount(a: RecurrentArgs, t: i32): i32 {
  const before = a.reverse != 0 ? t + 1 : t - 1;
  return before >= 0 && before < a.steps ? batchAt(a, before) : 0;
}

/** Row of the step before, given that step t begins at `row` with `batch` rows. */
// @ts-ignore: decorator
@inline
function previousRow(a: RecurrentArgs, row: i32, batch: i32, count: i32): i32 {
  return a.reverse != 0 ? row + batch : row - count;
}

/** out [rows, S]: the h that each row of each step read. */
function gatherPrevious(a: RecurrentArgs, out: usize, S: i32): void {
  let row = 0;
  for (let t = 0; t < a.steps; t++) {
    const batch = batchAt(a, t);
    const count = previousCount(a, t);
    const from = previousRow(a, row, batch, count);
    for (let b = 0; b < batch; b++) {
      const to = out + floats((row + b) * S);
      if (b < count) memory.copy(to, a.output + floats((from + b) * a.outputStride), floats(S));
      else if (a.h0 != 0) memory.copy(to, a.h0 + floats(b * S), floats(S));
      else memory.fill(to, 0, floats(S));
    }
    row += batch;
  }
}

function stepBackward(
  a: RecurrentArgs,
  t: i32,
  row: i32,
  batch: i32,
  hPrevious: usize,
  side: usize,
  dUnprojected: usize,
): void {
  if (a.kind >= GRU) gruStepBackward(a, row, batch, hPrevious, side);
  else if (a.kind != LSTM) rnnStepBackward(a, row, batch);
  else {
    const count = previousCount(a, t);
    const cells = a.cells + floats(previousRow(a, row, batch, count) * a.hiddenSize);
    if (a.projSize != 0) lstmStepBackward(a, row, batch, dUnprojected, 0, cells, count, side);
    else {
      const dOut = a.dOutput != 0 ? a.dOutput + floats(row * a.dOutputStride) : 0;
      lstmStepBackward(a, row, batch, a.dh, dOut, cells, count, side);
    }
  }
}

/** The gradient of the projected h of this step, kept for dW_hr, and through W_hr that of the unprojected one. */
function projectBackward(a: RecurrentArgs, row: i32, batch: i32, dProjected: usize, dUnprojected: usize): void {
  const P = a.projSize;
  for (let b = 0; b < batch; b++) {
    const kept = dProjected + floats((row + b) * P);
    const dOut = a.dOutput + floats((row + b) * a.dOutputStride);
    for (let j = 0; j < P; j++) {
      const d = load<f32>(a.dh + floats(b * P + j));
      store<f32>(kept + floats(j), a.dOutput != 0 ? d + load<f32>(dOut + floats(j)) : d);
    }
  }
  gemm(dProjected + floats(row * P), P, a.weightHrBackward, dUnprojected, a.hiddenSize, batch, a.hiddenSize, P, 0);
}

function weightGradients(
  a: RecurrentArgs,
  hPrevious: usize,
  side: usize,
  sums: usize,
  dProjected: usize,
  unprojected: usize,
  scratch: usize,
): void {
  const H = a.hiddenSize;
  const I = a.inputSize;
  const S = stateSize(a);
  const width = gateCount(a.kind) * H;
  const rows = a.rows;
  // A GRU's n part differs on the h side: its gradient stands in cells, or (reset before) what it multiplied.
  const shared = a.kind >= GRU ? 2 * H : width;
  if (a.dWeightIh != 0) gemmTransposedA(a.gates, width, a.x, I, a.dWeightIh, I, width, I, rows, scratch);
  if (a.dWeightHh != 0) {
    gemmTransposedA(a.gates, width, hPrevious, S, a.dWeightHh, S, shared, S, rows, scratch);
    const n = a.dWeightHh + floats(2 * H * S);
    if (a.kind == GRU) gemmTransposedA(a.cells, H, hPrevious, S, n, S, H, S, rows, scratch);
    if (a.kind > GRU) gemmTransposedA(a.gates + floats(2 * H), width, a.cells, H, n, S, H, S, rows, scratch);
  }
  if (a.dWeightHr != 0) gemmTransposedA(dProjected, S, unprojected, H, a.dWeightHr, H, S, H, rows, scratch);
  if (a.dPeephole != 0) columnSums(side, 3 * H, a.dPeephole, rows, 3 * H);
  if (a.dBiasIh == 0 && a.dBiasHh == 0) return;
  memory.fill(sums, 0, floats(width));
  columnSums(a.gates, width, sums, rows, width);
  if (a.dBiasIh != 0) accumulate(sums, a.dBiasIh, width);
  if (a.dBiasHh == 0) return;
  accumulate(sums, a.dBiasHh, a.kind == GRU ? shared : width);
  if (a.kind == GRU) columnSums(a.cells, H, a.dBiasHh + floats(2 * H), rows, H);
}

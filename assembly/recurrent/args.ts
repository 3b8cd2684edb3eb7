// The argument record: same fields, same order as RECURRENT_FIELDS in src/engine/kernels.ts, which documents each.

export const RNN_TANH: i32 = 0;
export const RNN_RELU: i32 = 1;
export const LSTM: i32 = 2;
export const GRU: i32 = 3;
export const GRU_RESET_BEFORE: i32 = 4;

// @ts-ignore: decorator
@unmanaged
export class RecurrentArgs {
  kind: i32;
  x: usize;
  inputSize: i32;
  batchSizes: usize;
  steps: i32;
  rows: i32;
  hiddenSize: i32;
  projSize: i32;
  reverse: i32;
  training: i32;
  weightIh: usize;
  weightHh: usize;
  weightHr: usize;
  bias: usize;
  biasHn: usize;
  h0: usize;
  c0: usize;
  output: usize;
  outputStride: i32;
  hN: usize;
  cN: usize;
  gates: usize;
  cells: usize;
  work: usize;
  dOutput: usize;
  dOutputStride: i32;
  dhN: usize;
  dcN: usize;
  weightIhBackward: usize;
  weightHhBackward: usize;
  weightHrBackward: usize;
  dx: usize;
  dxAccumulate: i32;
  dWeightIh: usize;
  dWeightHh: usize;
  dWeightHr: usize;
  dBiasIh: usize;
  dBiasHh: usize;
  dh: usize;
  dc: usize;
  backwardWork: usize;
  peephole: usize;
  dPeephole: usize;
  mask: usize;
}

/** Gates stacked in the weights, G. */
// @ts-ignore: decorator
@inline
export function gateCount(kind: i32): i32 {
  return kind == LSTM ? 4 : kind >= GRU ? 3 : 1;
}

/** Size of h: S. */
// @ts-ignore: decorator
@inline
export function stateSize(a: RecurrentArgs): i32 {
  return a.projSize != 0 ? a.projSize : a.hiddenSize;
}

/** The whole batch, N. */
// @ts-ignore: decorator
@inline
export function batchOf(a: RecurrentArgs): i32 {
  return a.steps != 0 ? batchAt(a, 0) : 0;
}

/** Rows of step t. */
export function batchAt(a: RecurrentArgs, t: i32): i32 {
  return a.batchSizes != 0 ? load<i32>(a.batchSizes + floats(t)) : a.rows / a.steps;
}

/** Bytes of `count` floats. */
// @ts-ignore: decorator
@inline
export function floats(count: i32): usize {
  return <usize>count << 2;
}

// Gated recurrent units whose reset gate scales h before the product (Cho et al. 2014; Keras' reset_after=False, ONNX's linear_before_reset=0):
//     n = tanh(x_n + b_in + W_hn·(r∘h) + b_hn)      h' = (1 - z)·n + z·h
// r, z and h' as in gru.ts. Each step has two products: r and z first, then n.
import { BINARY_MUL, BINARY_SUB, UNARY_SIGMOID, UNARY_TANH } from '../elementwise/codes';
import { accumulate, binary, unary, unaryBackward } from '../elementwise/operations';
import { gemm } from '../matmul/gemm';
import { GROUP, PANEL, panelAt } from '../matmul/packing';
import { floats, RecurrentArgs } from './args';

const GROUP_COLUMNS: i32 = GROUP * PANEL;

/** Columns of W_hh's product with h: r and z, and of n what shares a group of panels with z. */
// @ts-ignore: decorator
@inline
export function gruResetColumns(H: i32): i32 {
  return min(3 * H, (2 * H + GROUP_COLUMNS - 1) & -GROUP_COLUMNS);
}

/**
 * One step of `batch` rows: as gruStep, but for work, whose n part is not read. h [batch, H] is what W_hh multiplies (hN, or the masked one);
 * reset [batch, H] is scratch and may be h. Gates are left activated.
 */
export function gruResetStep(a: RecurrentArgs, row: i32, firstGates: usize, batch: i32, bias: usize, h: usize, reset: usize): void {
  const H = a.hiddenSize;
  const H2 = floats(2 * H);
  for (let b = 0; b < batch; b++) {
    const gates = firstGates + floats(b * 3 * H);
    accumulate(bias, gates, 3 * H);
    accumulate(a.work + floats(b * 3 * H), gates, 2 * H);
    unary(UNARY_SIGMOID, gates, gates, 2 * H);
    binary(BINARY_MUL, gates, h + floats(b * H), reset + floats(b * H), H);
  }
  // z is in gates by now: its last columns are overwritten.
  const from = (2 * H) & -GROUP_COLUMNS;
  gemm(reset, H, panelAt(a.weightHh, from, H), a.work + floats(from), 3 * H, batch, 3 * H - from, H, 0);
  for (let b = 0; b < batch; b++) {
    const gates = firstGates + floats(b * 3 * H);
    const n = gates + H2;
    const state = a.hN + floats(b * H);
    accumulate(a.work + floats(b * 3 * H) + H2, n, H);
    unary(UNARY_TANH, n, n, H);
    binary(BINARY_SUB, state, n, state, H);
    binary(BINARY_MUL, state, gates + floats(H), state, H);
    accumulate(n, state, H);
    memory.copy(a.output + floats((row + b) * a.outputStride), state, floats(H));
  }
}

/** kept [batch, H] = r: gruStepBackward, which does the rest as well as here, overwrites it. */
export function gruKeepReset(a: RecurrentArgs, row: i32, batch: i32, kept: usize): void {
  const H = a.hiddenSize;
  for (let b = 0; b < batch; b++) {
    memory.copy(kept + floats(b * H), a.gates + floats((row + b) * 3 * H), floats(H));
  }
}

/**
 * After gruStepBackward: r's gradient through W_hn. reset [batch, H] holds r, and at the end the gradient of h that came through r∘h; before
 * [batch, H] is the h that was multiplied; side is scratch [2, batch, H]. Writes r's part of gates, and r∘h to cells.
 */
export function gruResetBackward(a: RecurrentArgs, row: i32, batch: i32, before: usize, side: usize, reset: usize): void {
  const H = a.hiddenSize;
  const n = batch * H;
  const gates = a.gates + floats(row * 3 * H);
  const dr = side + floats(n);
  gemm(gates + floats(2 * H), 3 * H, a.weightHrBackward, side, H, batch, H, H, 0);
  binary(BINARY_MUL, reset, before, a.cells + floats(row * H), n);
  binary(BINARY_MUL, side, before, dr, n);
  unaryBackward(UNARY_SIGMOID, reset, dr, dr, n);
  binary(BINARY_MUL, side, reset, reset, n);
  for (let b = 0; b < batch; b++) memory.copy(gates + floats(b * 3 * H), dr + floats(b * H), floats(H));
}

// One direction by the kernel that src/nn's layers run on: gates in PyTorch's order, weights packed.
import { kernels } from '../../engine/engine.js';
import { f32, i32, u8 } from '../../engine/memory.js';
import { FIELD, RECURRENT_ARGS_BYTES, type RecurrentArgs, updateRecurrentArgs } from '../../ops/recurrent-args.js';
import { KIND } from '../../ops/recurrent-layer.js';
import { GATE_ORDERS } from '../../weights/gate-orders.js';
import type { Value } from '../value.js';
import { type Direction, GATES, type Layer } from './recurrent-layer.js';

/** Block k of PyTorch's order is block ORDER[k] of ONNX's. */
const order = (kind: 'lstm' | 'gru') =>
  [...GATE_ORDERS[kind].torch].map((gate) => GATE_ORDERS[kind].onnx.indexOf(gate));

export function runKernel(layer: Layer, direction: Direction): void {
  const { call, kind, T, N, I, H } = layer;
  const { packing } = direction;
  const code = KIND[kernelOf(layer, direction)];
  const gates = GATES[kind] * H;
  const args = call.words(new Int32Array(RECURRENT_ARGS_BYTES / 4));
  const bias = layer.B ? biasOf(layer, direction.d, code, layer.B) : 0;
  const fixed: RecurrentArgs = {
    kind: code,
    x: direction.x,
    inputSize: I,
    batchSizes: packing.batchSizes,
    steps: packing.steps,
    rows: packing.rows,
    hiddenSize: H,
    reverse: direction.reverse ? 1 : 0,
    weightIh: weightOf(layer, direction.d, layer.W, I),
    weightHh: weightOf(layer, direction.d, layer.R, H),
    bias,
    biasHn: bias && code === KIND.gru ? bias + (gates + 2 * H) * 4 : 0,
    h0: direction.hN,
    c0: direction.cN,
    output: direction.output,
    outputStride: H,
    hN: direction.hN,
    cN: direction.cN,
    peephole: layer.P ? peepholesOf(layer, direction.d, layer.P) : 0,
  };
  updateRecurrentArgs(args, fixed);
  // Sized for rows that all run to the end; the lengths of a run take no more.
  if (packing.late) i32.fill(N, packing.batchSizes >>> 2, (packing.batchSizes >>> 2) + T);
  updateRecurrentArgs(args, { work: call.scratch(kernels().recurrentWorkBytes(args) / 4) });
  call.step(() => {
    i32[(args >>> 2) + FIELD.steps] = packing.steps;
    i32[(args >>> 2) + FIELD.rows] = packing.rows;
    begin(direction.h0, direction.hN, N * H);
    if (direction.cN !== 0) begin(direction.c0, direction.cN, N * H);
    if (packing.rows > 0) kernels().recurrentForward(args);
  });
}

function kernelOf({ kind, resetAfter }: Layer, { activations: [f] }: Direction): keyof typeof KIND {
  if (kind === 'LSTM') return 'lstm';
  if (kind === 'GRU') return resetAfter ? 'gru' : 'gruResetBefore';
  return f.name === 'relu' ? 'rnnRelu' : 'rnnTanh';
}

/** ONNX's i, o, f as the kernel's i, f, o. */
function peepholesOf({ call, H }: Layer, d: number, p: Value): number {
  return call.derived(p, `recurrent ${d}`, 3 * H, (to) => {
    for (let k = 0; k < 3; k++) {
      const at = p.ptr + (d * 3 + ((3 - k) % 3)) * H * 4;
      u8.copyWithin(to + k * H * 4, at, at + H * 4);
    }
  });
}

/** The initial state [N, H], or zeros. */
export function begin(from: number, to: number, size: number): void {
  if (from === 0) f32.fill(0, to >>> 2, (to >>> 2) + size);
  else f32.copyWithin(to >>> 2, from >>> 2, (from >>> 2) + size);
}

/** The rows of direction d, gates reordered, packed. */
function weightOf({ call, kind, H }: Layer, d: number, w: Value, columns: number): number {
  const rows = GATES[kind] * H;
  const reordered = call.scratch(rows * columns);
  return call.derived(w, `recurrent ${kind} ${d}`, kernels().packedBytes(rows, columns) / 4, (to) => {
    reorder(kind, w.ptr + d * rows * columns * 4, H * columns, reordered);
    kernels().packTransposed(reordered, columns, rows, columns, to);
  });
}

function reorder(kind: Layer['kind'], from: number, block: number, to: number): void {
  const source = kind === 'RNN' ? [0] : order(kind === 'LSTM' ? 'lstm' : 'gru');
  for (let k = 0; k < source.length; k++) {
    const at = from + source[k] * block * 4;
    u8.copyWithin(to + k * block * 4, at, at + block * 4);
  }
}

/** [combined, that of R], both [G·H] in PyTorch's order. */
function biasOf({ call, kind, H }: Layer, d: number, code: number, b: Value): number {
  const G = GATES[kind] * H;
  const own = call.scratch(G);
  return call.derived(b, `recurrent ${code} ${d}`, 2 * G, (to) => {
    reorder(kind, b.ptr + d * 2 * G * 4, H, own);
    reorder(kind, b.ptr + (d * 2 * G + G) * 4, H, to + G * 4);
    kernels().combineBias(code, own, to + G * 4, to, H);
  });
}

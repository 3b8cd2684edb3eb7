// One direction of RNN, LSTM or GRU with everything ONNX allows: any activations, clip, peepholes, coupled gates, reset before the product.
// Each gate is a matrix [rows, H] of its own, so a step is a few kernel calls over whole rows.
//
// Sources: the ONNX operators' formulas; where they are silent, ONNX Runtime: clip bounds what enters f and g (peephole and bias included) and not
// the cell state; input_forget makes the forget gate 1 - input gate.
import { kernels } from '../../engine/engine.js';
import { BINARY } from '../../engine/kernels.js';
import { f32, i32 } from '../../engine/memory.js';
import { onnxKernels } from '../engine.js';
import { ACTIVATION } from '../kernels.js';
import { type Activation, applyActivation } from './activations.js';
import { begin } from './recurrent-kernel.js';
import { type Direction, GATES, type Layer } from './recurrent-layer.js';

/** Addresses that the steps of a cell work on. */
interface Cell {
  readonly H: number;
  readonly clip: number;
  /** [rows, H] of each gate, in ONNX's order: x·Wᵀ + bias. */
  readonly gates: readonly number[];
  /** Packed R of each gate. */
  readonly R: readonly number[];
  /** The live states [N, H]. */
  readonly h: number;
  readonly c: number;
  /** [N, H]: peephole of each gate repeated, or 0; the recurrent bias of GRU's candidate repeated, or 0. */
  readonly P: readonly number[];
  readonly biasHn: number;
  /** Scratch [N, H]. */
  readonly a: number;
  readonly b: number;
  readonly coupled: boolean;
  readonly resetAfter: boolean;
  readonly functions: readonly Activation[];
}

export function runCells(layer: Layer, direction: Direction): void {
  const { call, kind, T, N, I, H } = layer;
  const { d, packing, x, h0, c0, hN, cN, output, reverse } = direction;
  const G = GATES[kind];
  const W = packedGates(layer, d, layer.W, I);
  const bias = layer.B ? gateBias(layer, d) : 0;
  const gates = Array.from({ length: G }, () => call.scratch(T * N * H));
  const cell: Cell = {
    H,
    clip: layer.clip,
    gates,
    R: packedGates(layer, d, layer.R, H),
    h: hN,
    c: cN,
    P: [0, 1, 2].map((k) => (layer.P ? repeated(layer, layer.P, (d * 3 + k) * H) : 0)),
    biasHn: kind === 'GRU' && layer.B ? repeated(layer, layer.B, (d * 6 + 5) * H) : 0,
    a: call.scratch(N * H),
    b: call.scratch(N * H),
    coupled: layer.coupled,
    resetAfter: layer.resetAfter,
    functions: direction.activations,
  };
  const step = { RNN: rnn, LSTM: lstm, GRU: gru }[kind];
  call.step(() => {
    const { rows, steps, batchSizes } = packing;
    begin(h0, hN, N * H);
    if (cN !== 0) begin(c0, cN, N * H);
    if (rows === 0) return;
    for (let g = 0; g < G; g++) kernels().linear(x, W[g], bias && bias + g * H * 4, gates[g], rows, H, I);
    let row = reverse ? rows : 0;
    for (let k = 0; k < steps; k++) {
      const n = i32[(batchSizes >>> 2) + (reverse ? steps - 1 - k : k)];
      if (reverse) row -= n;
      step(cell, row * H * 4, n);
      f32.copyWithin((output >>> 2) + row * H, hN >>> 2, (hN >>> 2) + n * H);
      if (!reverse) row += n;
    }
  });
}

/** The gates of direction d, each packed on its own: addresses. */
function packedGates({ call, kind, H }: Layer, d: number, w: Layer['W'], columns: number): number[] {
  const G = GATES[kind];
  const size = kernels().packedBytes(H, columns);
  const at = call.derived(w, `gates ${kind} ${d}`, (G * size) / 4, (to) => {
    for (let g = 0; g < G; g++)
      kernels().packTransposed(w.ptr + (d * G + g) * H * columns * 4, columns, H, columns, to + g * size);
  });
  return Array.from({ length: G }, (_, g) => at + g * size);
}

/** Wb + Rb of each gate; of GRU's candidate Wb alone. */
function gateBias({ call, kind, H, B }: Layer, d: number): number {
  const G = GATES[kind] * H;
  const b = B as NonNullable<typeof B>;
  const shared = kind === 'GRU' ? 2 * H : G;
  return call.derived(b, `gates ${kind} ${d}`, G, (to) => {
    const from = b.ptr + d * 2 * G * 4;
    kernels().binary(BINARY.add, from, from + G * 4, to, shared);
    f32.copyWithin((to >>> 2) + shared, (from >>> 2) + shared, (from >>> 2) + G);
  });
}

/** H floats of `x` from `at` on, once for each row. */
function repeated({ call, N, H }: Layer, x: Layer['W'], at: number): number {
  return call.derived(x, `rows ${at} ${N}`, N * H, (to) => {
    const from = (x.ptr >>> 2) + at;
    for (let n = 0; n < N; n++) f32.copyWithin((to >>> 2) + n * H, from, from + H);
  });
}

/** p = f(clip(p)). */
function activate({ clip }: Cell, f: Activation, p: number, size: number): void {
  if (clip > 0) kernels().clamp(p, p, size, -clip, clip);
  applyActivation(f, p, size);
}
/** to = a op b. */
function combine(op: keyof typeof BINARY, a: number, b: number, to: number, size: number): void {
  kernels().binary(BINARY[op], a, b, to, size);
}
/** Gate g's rows of this step: their x-part plus `state`·Rᵀ. */
function gate({ gates, R, H }: Cell, g: number, at: number, state: number, n: number): number {
  const p = gates[g] + at;
  kernels().gemm(state, H, R[g], p, H, n, H, H, 1);
  return p;
}

function rnn(cell: Cell, at: number, n: number): void {
  const size = n * cell.H;
  const p = gate(cell, 0, at, cell.h, n);
  activate(cell, cell.functions[0], p, size);
  f32.copyWithin(cell.h >>> 2, p >>> 2, (p >>> 2) + size);
}

/** Gates i, o, f, c. */
function lstm(cell: Cell, at: number, n: number): void {
  const { H, h, c, P, a } = cell;
  const [f, g, last] = cell.functions;
  const size = n * H;
  const input = gate(cell, 0, at, h, n);
  const output = gate(cell, 1, at, h, n);
  const forget = gate(cell, 2, at, h, n);
  const candidate = gate(cell, 3, at, h, n);
  peep(P[0], c, input, a, size);
  activate(cell, f, input, size);
  if (cell.coupled) onnxKernels().activate(ACTIVATION.affine, input, forget, size, -1, 1);
  else {
    peep(P[2], c, forget, a, size);
    activate(cell, f, forget, size);
  }
  activate(cell, g, candidate, size);
  combine('mul', forget, c, c, size);
  combine('mul', input, candidate, a, size);
  combine('add', c, a, c, size);
  peep(P[1], c, output, a, size);
  activate(cell, f, output, size);
  f32.copyWithin(a >>> 2, c >>> 2, (c >>> 2) + size);
  applyActivation(last, a, size);
  combine('mul', output, a, h, size);
}

/** p += weight ∘ c. */
function peep(weight: number, c: number, p: number, a: number, size: number): void {
  if (weight === 0) return;
  combine('mul', weight, c, a, size);
  combine('add', p, a, p, size);
}

/** Gates z, r, h: h' = (1 - z)·candidate + z·h. */
function gru(cell: Cell, at: number, n: number): void {
  const { H, R, h, a, b, biasHn } = cell;
  const [f, g] = cell.functions;
  const size = n * H;
  const update = gate(cell, 0, at, h, n);
  const reset = gate(cell, 1, at, h, n);
  activate(cell, f, update, size);
  activate(cell, f, reset, size);
  const candidate = cell.gates[2] + at;
  if (cell.resetAfter) {
    kernels().gemm(h, H, R[2], a, H, n, H, H, 0);
    if (biasHn) combine('add', a, biasHn, a, size);
    combine('mul', reset, a, a, size);
  } else {
    combine('mul', reset, h, b, size);
    kernels().gemm(b, H, R[2], a, H, n, H, H, 0);
    if (biasHn) combine('add', a, biasHn, a, size);
  }
  combine('add', candidate, a, candidate, size);
  activate(cell, g, candidate, size);
  onnxKernels().activate(ACTIVATION.affine, update, a, size, -1, 1);
  combine('mul', a, candidate, a, size);
  combine('mul', update, h, b, size);
  combine('add', a, b, h, size);
}

// RNN, LSTM and GRU nodes, whole. Rows are packed as PyTorch's PackedSequence (ARCHITECTURE, "Forward and backward"), so that sequence_lens, both
// layouts and both directions are lists of row numbers around one of two cells: the kernel of src/nn's layers, or cells.ts for what that lacks.
import { kernels } from '../../engine/engine.js';
import { f32, i32 } from '../../engine/memory.js';
import { FormatError, ShapeError, ValueError } from '../../errors.js';
import { formatShape, type Shape, sameShape } from '../../shape.js';
import { type Call, needFloat, type Operator } from '../call.js';
import type { Value } from '../value.js';
import { activationsOf, isUsual } from './activations.js';
import { runCells } from './cells.js';
import { runKernel } from './recurrent-kernel.js';
import { GATES, type Kind, type Layer, type Packing } from './recurrent-layer.js';

function recurrent(kind: Kind): Operator {
  return (call) => {
    const layer = layerOf(call, kind);
    const { T, N, D, H } = layer;
    const batchFirst = call.int('layout') !== 0;
    const reverse = directionOf(call, D);
    const lengths = lengthsOf(call, layer);
    const { packing, rows, outputs, states } = packed(layer, batchFirst, lengths);
    const usual = !lengths && !batchFirst;
    const x = usual ? call.in(0).ptr : gathered(call, call.in(0), rows, layer.I, packing);
    const y = call.out(batchFirst ? [N, T, D, H] : [T, D, N, H]);
    const last = [1, 2].map((i) => (i === 2 && kind !== 'LSTM' ? null : finalState(layer, i, batchFirst)));
    if (lengths) {
      call.step(() => {
        f32.fill(0, y.ptr >>> 2, (y.ptr >>> 2) + y.size);
      });
    }
    const activations = activationsOf(call, kind, D);
    for (let d = 0; d < D; d++) {
      const direct = usual && D === 1;
      const output = direct ? y.ptr : call.scratch(T * N * H);
      const [h, c] = last.map((to, i) =>
        to ? stateOf(layer, i, d, usual ? null : { index: states[d], packing, cut: lengths !== null }, to) : NONE,
      );
      const direction = {
        d,
        reverse: reverse[d],
        activations: activations[d],
        x,
        h0: h.from,
        c0: c.from,
        hN: h.to,
        cN: c.to,
        output,
        packing,
      };
      if (isUsual(layer, direction)) runKernel(layer, direction);
      else runCells(layer, direction);
      if (!direct) call.step(() => kernels().scatterRows(output, outputs[d], y.ptr, packing.rows, H, 0));
      for (const { finish } of [h, c]) finish();
    }
  };
}

interface StatePlace {
  from: number;
  to: number;
  finish(): void;
}
const NONE: StatePlace = { from: 0, to: 0, finish: () => {} };

/** Sorted rows: their numbers, and whether some may never run. */
interface Sorted {
  index: number;
  packing: Packing;
  cut: boolean;
}

/** Where one direction reads its initial state and leaves its last: the node's own tensors, or sorted copies of their rows. */
function stateOf({ call, N, H }: Layer, i: number, d: number, sorted: Sorted | null, to: Value): StatePlace {
  const initial = call.opt(5 + i);
  const at = d * N * H * 4;
  if (!sorted) return { from: initial ? initial.ptr + at : 0, to: to.ptr + at, finish: () => {} };
  const { index, packing, cut } = sorted;
  const [from, last] = [call.scratch(N * H), call.scratch(N * H)];
  if (initial) call.step(() => kernels().gatherRows(initial.ptr, index, from, N, H));
  const finish = () =>
    call.step(() => {
      // A row of length 0 ends in zeros, whatever it began with: ONNX Runtime's rule.
      const ran = packing.steps > 0 ? i32[packing.batchSizes >>> 2] : 0;
      if (cut) f32.fill(0, (last >>> 2) + ran * H, (last >>> 2) + N * H);
      kernels().scatterRows(last, index, to.ptr, N, H, 0);
    });
  return { from: initial ? from : 0, to: last, finish };
}

function finalState({ call, D, N, H }: Layer, i: number, batchFirst: boolean): Value {
  return call.out(batchFirst ? [N, D, H] : [D, N, H], call.in(0).type, i);
}

function layerOf(call: Call, kind: Kind): Layer {
  const [X, W, R] = [call.in(0), call.in(1), call.in(2)];
  const batchFirst = call.int('layout') !== 0;
  for (const x of [X, W, R]) needFloat(x);
  if (X.shape.length !== 3 || W.shape.length !== 3 || R.shape.length !== 3)
    throw new ShapeError('X, W, R: expected rank 3');
  const [T, N] = batchFirst ? [X.shape[1], X.shape[0]] : X.shape;
  const I = X.shape[2];
  const D = W.shape[0];
  const H = call.int('hidden_size', R.shape[2]);
  const G = GATES[kind] * H;
  const [B, P] = [call.opt(3), kind === 'LSTM' ? call.opt(7) : null];
  const state = batchFirst ? [N, D, H] : [D, N, H];
  const fits = (name: string, x: Value | null, shape: Shape) => {
    if (x && !sameShape(x.shape, shape))
      throw new ShapeError(`${name} is ${formatShape(x.shape)}; expected ${formatShape(shape)}`);
  };
  fits('W', W, [D, G, I]);
  fits('R', R, [D, G, H]);
  fits('B', B, [D, 2 * G]);
  fits('P', P, [D, 3 * H]);
  fits('initial_h', call.opt(5), state);
  if (kind === 'LSTM') fits('initial_c', call.opt(6), state);
  const coupled = call.int('input_forget') !== 0;
  const resetAfter = call.int('linear_before_reset') !== 0;
  return { call, kind, T, N, I, H, D, W, R, B, P, clip: call.float('clip'), coupled, resetAfter };
}

/** Whether each direction runs backwards. */
function directionOf(call: Call, D: number): boolean[] {
  const text = call.text('direction', 'forward').toLowerCase();
  const found = { forward: [false], reverse: [true], bidirectional: [false, true] }[text];
  if (found?.length !== D) throw new FormatError(`direction is ${text} with weights of ${D} directions`);
  return found;
}

/** sequence_lens, unless all are known to be T. */
function lengthsOf(call: Call, { N, T }: Layer): Value | null {
  const lengths = call.opt(4);
  if (!lengths) return null;
  if (!sameShape(lengths.shape, [N]) || lengths.dtype !== 'int32')
    throw new ShapeError(`sequence_lens: expected [${N}]`);
  return call.readable(lengths) && lengths.view().every((n) => n === T) ? null : lengths;
}

/** The row lists of both directions, filled now or, where the lengths come with a run, by a step. */
function packed({ call, T, N, D }: Layer, batchFirst: boolean, lengths: Value | null) {
  const late = lengths && !call.readable(lengths);
  const list = (n: number) => (late ? call.scratch(n) : call.words(new Int32Array(n)));
  const packing: Packing = { rows: T * N, steps: T, batchSizes: list(T), late: Boolean(late) };
  const rows = list(T * N);
  const order = list(N);
  const both = Array.from({ length: D }, () => ({ outputs: list(T * N), states: list(N) }));
  const fill = () => {
    sortRows(lengths, N, T, order, packing);
    let row = 0;
    for (let t = 0; t < packing.steps; t++) {
      for (let k = 0; k < i32[(packing.batchSizes >>> 2) + t]; k++, row++) {
        const n = i32[(order >>> 2) + k];
        i32[(rows >>> 2) + row] = batchFirst ? n * T + t : t * N + n;
        for (let d = 0; d < D; d++)
          i32[(both[d].outputs >>> 2) + row] = batchFirst ? (n * T + t) * D + d : (t * D + d) * N + n;
      }
    }
    for (let d = 0; d < D; d++) {
      for (let k = 0; k < N; k++) {
        const n = i32[(order >>> 2) + k];
        i32[(both[d].states >>> 2) + k] = batchFirst ? n * D + d : d * N + n;
      }
    }
  };
  if (late) call.step(fill);
  else fill();
  return { packing, rows, outputs: both.map((b) => b.outputs), states: both.map((b) => b.states) };
}

/** Order of the rows by falling length, batch sizes, rows and steps. */
function sortRows(lengths: Value | null, N: number, T: number, order: number, packing: Packing): void {
  const at = lengths ? lengths.ptr >>> 2 : 0;
  let [k, rows, steps] = [0, 0, 0];
  for (let n = 0; lengths && n < N; n++) {
    const length = i32[at + n];
    if (length < 0 || length > T) throw new ValueError(`sequence_lens has ${length}; expected 0 to ${T}`);
    if (length > steps) steps = length;
  }
  if (!lengths) steps = T;
  for (let t = steps; t >= 0; t--) {
    // Rows of length t, in their order; then k rows run at step t - 1.
    for (let n = 0; n < N; n++) if ((lengths ? i32[at + n] : T) === t) i32[(order >>> 2) + k++] = n;
    if (t > 0) i32[(packing.batchSizes >>> 2) + t - 1] = k;
    if (t > 0) rows += k;
  }
  packing.rows = rows;
  packing.steps = steps;
}

function gathered(call: Call, x: Value, index: number, width: number, packing: Packing): number {
  const to = call.scratch(x.size);
  call.step(() => kernels().gatherRows(x.ptr, index, to, packing.rows, width));
  return to;
}

export const recurrentNodes: Record<string, Operator> = {
  RNN: recurrent('RNN'),
  LSTM: recurrent('LSTM'),
  GRU: recurrent('GRU'),
};

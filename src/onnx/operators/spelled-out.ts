// A cell that was found spelled out (cells-spelled-out.ts), by the kernel that src/nn's layers run on: one step for all rows.
import { kernels } from '../../engine/engine.js';
import { f32 } from '../../engine/memory.js';
import { RECURRENT_ARGS_BYTES, updateRecurrentArgs } from '../../ops/recurrent-args.js';
import { KIND } from '../../ops/recurrent-layer.js';
import type { Call } from '../call.js';
import type { Product } from '../cells-spelled-out.js';
import type { Value } from '../value.js';
import { begin } from './recurrent-kernel.js';

/** Names of what a cell reads and makes. */
export interface Cell {
  readonly kind: 'LSTM' | 'GRU';
  /** Where the gates i, f, g, o or r, z, n lie among the parts of the products. */
  readonly order: readonly number[];
  /** LSTM: in either order; GRU: x, then h. */
  readonly products: readonly Product[];
  readonly biases: readonly string[];
  /** GRU: those of h·R. */
  readonly recurrentBiases: readonly string[];
  /** c of LSTM, h of GRU. */
  readonly state: string;
  /** h', and c' of LSTM. */
  readonly outputs: readonly string[];
  /** Values that must be equal sizes, and 1; dimensions that must be the last. */
  readonly splits: readonly string[];
  readonly ones: readonly string[];
  readonly axes: readonly number[];
}

/** A side of the cell: the rows it reads, and its part of the weights. */
interface Side {
  readonly a: Value;
  readonly w: Value;
  readonly transposed: boolean;
  readonly offset: number;
  readonly width: number;
}

/** Plans the cell as one kernel call, or gives false where the shapes are not those of a cell. */
export function planCell(call: Call, cell: Cell, position: (name: string) => number): boolean {
  const value = (name: string) => call.in(position(name));
  const state = value(cell.state);
  const rank = state.shape.length;
  const H = state.shape[rank - 1];
  const N = state.size / H;
  const G = cell.order.length * H;
  const sides = cell.products.map(({ a, w, transposed, after }): Side => {
    const rows = value(a);
    return {
      a: rows,
      w: value(w),
      transposed,
      offset: after ? (value(after).shape.at(-1) ?? 0) : 0,
      width: rows.shape.at(-1) ?? 0,
    };
  });
  const joined = Boolean(cell.products[1].after);
  const [x, h] = sides[1].width === H ? sides : [sides[1], sides[0]];
  const total = sides[0].width + sides[1].width;
  const fits = (s: Side) => {
    const K = joined ? total : s.width;
    const [n, k] = s.transposed ? s.w.shape : [s.w.shape[1], s.w.shape[0]];
    return s.a.size === N * s.width && s.a.shape.length === rank && s.w.shape.length === 2 && n === G && k === K;
  };
  const numbers = (name: string) => (call.readable(value(name)) ? [...value(name).view()] : [Number.NaN]);
  const biases = [...cell.biases, ...cell.recurrentBiases].map(value);
  const good =
    rank > 0 &&
    N > 0 &&
    h.width === H &&
    x.width > 0 &&
    sides.every(fits) &&
    (rank === 2 || !sides.some((s) => s.transposed)) &&
    call.inputs.every((v, i) => v?.dtype === 'float32' || cell.splits.some((name) => position(name) === i)) &&
    biases.every((b) => b.size === G && b.shape.at(-1) === G) &&
    cell.axes.every((axis) => axis === -1 || axis === rank - 1) &&
    cell.splits.every((name) => numbers(name).every((n) => n === H)) &&
    cell.ones.every((name) => value(name).size === 1 && numbers(name)[0] === 1);
  if (!good) return false;
  run(call, cell, { x, h, state, H, N, total: joined ? total : 0 }, biases);
  return true;
}

interface Sizes {
  readonly x: Side;
  readonly h: Side;
  readonly state: Value;
  readonly H: number;
  readonly N: number;
  /** Columns of joined weights, or 0. */
  readonly total: number;
}

function run(call: Call, cell: Cell, s: Sizes, biases: readonly Value[]): void {
  const { x, h, state, H, N } = s;
  const long = cell.kind === 'LSTM';
  const G = cell.order.length * H;
  const y = call.out(state.shape, 'float32');
  const c = long ? call.out(state.shape, 'float32', 1).ptr : 0;
  const args = call.words(new Int32Array(RECURRENT_ARGS_BYTES / 4));
  const bias = biases.length > 0 ? biasOf(call, cell, biases, H) : 0;
  updateRecurrentArgs(args, {
    kind: long ? KIND.lstm : KIND.gru,
    x: x.a.ptr,
    inputSize: x.width,
    steps: 1,
    rows: N,
    hiddenSize: H,
    weightIh: weightOf(call, cell, s, x),
    weightHh: weightOf(call, cell, s, h),
    bias,
    biasHn: bias && !long ? bias + G * 4 : 0,
    h0: y.ptr,
    c0: c,
    output: call.scratch(N * H),
    outputStride: H,
    hN: y.ptr,
    cN: c,
  });
  updateRecurrentArgs(args, { work: call.scratch(kernels().recurrentWorkBytes(args) / 4) });
  call.step(() => {
    begin(h.a.ptr, y.ptr, N * H);
    if (long) begin(state.ptr, c, N * H);
    kernels().recurrentForward(args);
  });
}

/** The side's weights as [G·H, width] in the kernel's order of gates, packed. */
function weightOf(call: Call, cell: Cell, { H, total }: Sizes, { w, transposed, offset, width }: Side): number {
  const rows = cell.order.length * H;
  const columns = total || width;
  const [byRow, byColumn] = transposed ? [columns, 1] : [1, rows];
  const plain = call.scratch(rows * width);
  return call.derived(
    w,
    `${cell.kind} ${cell.order} ${offset} ${width}`,
    kernels().packedBytes(rows, width) / 4,
    (to) => {
      for (let r = 0; r < rows; r++) {
        const row = cell.order[Math.floor(r / H)] * H + (r % H);
        const from = (w.ptr >>> 2) + row * byRow + offset * byColumn;
        for (let k = 0; k < width; k++) f32[(plain >>> 2) + r * width + k] = f32[from + k * byColumn];
      }
      kernels().packTransposed(plain, width, rows, width, to);
    },
  );
}

/** [G·H] summed up, and of GRU's candidate what belongs to h·R [H] behind it, in the kernel's order. */
function biasOf(call: Call, { kind, order, biases }: Cell, values: readonly Value[], H: number): number {
  const G = order.length * H;
  const fill = (to: number) => {
    const at = to >>> 2;
    f32.fill(0, at, at + G + H);
    for (let i = 0; i < values.length; i++) {
      const own = kind === 'GRU' && i >= biases.length;
      for (let r = 0; r < G; r++) {
        const place = at + r + (own && r >= 2 * H ? H : 0);
        f32[place] += f32[(values[i].ptr >>> 2) + order[Math.floor(r / H)] * H + (r % H)];
      }
    }
  };
  return call.derivedFrom(values, `${kind} ${order} ${biases.length}`, G + H, fill);
}

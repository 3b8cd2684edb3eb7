// RNN, LSTM, GRU and their cells as ONNX's nodes of the same names.
import type { LayerNorm } from '../../nn/layer-norm.js';
import type { RecurrentKind } from '../../ops/recurrent-layer.js';
import type { Tensor } from '../../tensor/tensor.js';
import { GATE_ORDERS, reorderGates } from '../../weights/gate-orders.js';
import type { Dim, GraphWriter, Value } from './graph.js';
import { normalized, projected } from './lstm-step.js';
import { type State, statesOf } from './states.js';

/** What layers and cells have in common here. Parameters are there under PyTorch's names. */
export interface RecurrentModule {
  readonly kind: RecurrentKind;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers?: number;
  readonly batchFirst?: boolean;
  readonly bidirectional?: boolean;
  readonly projSize?: number;
  readonly h_0?: Tensor;
  readonly c_0?: Tensor;
  readonly layernorm_i?: LayerNorm;
  readonly layernorm_h?: LayerNorm;
  readonly layernorm_c?: LayerNorm;
}

/** RNN, LSTM, GRU on [L, N, I], [N, L, I] or [L, I]. */
function sequence(g: GraphWriter, m: RecurrentModule, x: Value): Value {
  const { inputSize, batchFirst, numLayers = 1 } = m;
  const [L, , I] = x.dims;
  const batched = x.dims.length === 3;
  const fits = (batched && I === inputSize) || (x.dims.length === 2 && x.dims[1] === inputSize);
  g.expect(fits, x, `rank 2 (unbatched) or 3 (batched) and feature ${inputSize} (= inputSize)`);
  const swap = batched && batchFirst;
  const swapped = (y: Value) => g.op('Transpose', [y], [y.dims[1], y.dims[0], y.dims[2]], { perm: [1, 0, 2] });
  let y = swap ? swapped(x) : batched ? x : g.op('Unsqueeze', [x, g.ints(1)], [L, 1, inputSize]);
  const states = statesOf(g, m, y, batched ? [] : [1]);
  const last: Value[][] = [];
  for (let layer = 0; layer < numLayers; layer++) {
    const suffix = `_l${layer}`;
    const [output, ...ends] = run(
      g,
      m,
      y,
      m.bidirectional ? [suffix, `${suffix}_reverse`] : [suffix],
      states.of(layer),
    );
    y = output;
    last.push(ends);
  }
  if (g.states) states.end(last);
  if (swap) return swapped(y);
  return batched ? y : g.op('Squeeze', [y, g.ints(1)], [L, y.dims[2]]);
}

/** Cells on [N, I] or [I]: one step. */
function cell(g: GraphWriter, m: RecurrentModule, x: Value): Value {
  const { inputSize: I } = m;
  const [N] = x.dims.length === 1 ? [1] : x.dims;
  g.expect([1, 2].includes(x.dims.length) && x.dims.at(-1) === I, x, `[batch, ${I}] or [${I}] (= inputSize)`);
  const axes = x.dims.length === 1 ? [0, 1] : [0];
  const one = g.op('Unsqueeze', [x, g.ints(...axes)], [1, N, I]);
  const states = statesOf(g, m, one, axes);
  const [, ...last] = run(g, m, one, [''], states.of(0));
  return states.end([g.states ? last : last.slice(0, 1)])[0];
}

/** One layer: x [L, N, I] -> output [L, N, D·S], hN [D, N, S] and (LSTM) cN [D, N, H]. `suffixes`: of its parameters, by direction. */
function run(g: GraphWriter, m: RecurrentModule, x: Value, suffixes: readonly string[], state: State): Value[] {
  if (m.projSize) return projected(g, m, x, suffixes, state);
  return m.layernorm_c ? normalized(g, m, x, state) : whole(g, m, x, suffixes, state);
}

const TYPES = { rnnTanh: 'RNN', rnnRelu: 'RNN', lstm: 'LSTM', gru: 'GRU', gruResetBefore: 'GRU' } as const;

/** As one node. */
function whole(g: GraphWriter, m: RecurrentModule, x: Value, suffixes: readonly string[], [h0, c0]: State): Value[] {
  const { kind, hiddenSize: H } = m;
  const type = TYPES[kind];
  const D = suffixes.length;
  const [L, N] = x.dims;
  const one = suffixes[0] === '';
  const last = [D, N, H];
  const [w, r, b, p] = parameters(g, m, suffixes);
  const [y, ...ends] = g.node(
    type,
    [x, w, r, b, null, h0, c0 ?? null, p],
    {
      hidden_size: H,
      direction: D === 2 ? 'bidirectional' : 'forward',
      linear_before_reset: kind === 'gru' ? 1 : undefined,
      activations: kind === 'rnnRelu' ? new Array(D).fill('Relu') : undefined,
    },
    [one ? null : [L, D, N, H], one || g.states ? last : null, g.states && kind === 'lstm' ? last : null],
  );
  return [one ? ends[0] : sideBySide(g, y), ...ends];
}

/** [L, D, N, H] -> [L, N, D·H]. */
function sideBySide(g: GraphWriter, y: Value): Value {
  const [L, D, N, H] = y.dims as [Dim, number, Dim, number];
  if (D === 1) return g.op('Squeeze', [y, g.ints(1)], [L, N, H]);
  const inner = g.op('Transpose', [y], [L, N, D, H], { perm: [0, 2, 1, 3] });
  return g.op('Reshape', [inner, g.ints(0, 0, D * H)], [L, N, D * H]);
}

/** W [D, gates·H, I], R [D, gates·H, H], B [D, 2·gates·H] (of W, then of R), P [D, 3H]; null where absent. */
function parameters(g: GraphWriter, m: RecurrentModule, suffixes: readonly string[]): (Value | null)[] {
  const type = TYPES[m.kind].toLowerCase() as 'lstm' | 'gru' | 'rnn';
  const { torch, onnx } = { ...GATE_ORDERS, rnn: { torch: 'h', onnx: 'h' } }[type];
  const all = m as unknown as Readonly<Record<string, Tensor | null | undefined>>;
  return [['weight_ih'], ['weight_hh'], ['bias_ih', 'bias_hh'], ['weight_peephole']].map((names, i) => {
    const each = suffixes.flatMap((suffix) => names.map((name) => all[name + suffix]));
    if (!each[0]) return null;
    // Peepholes are those of the gates but g.
    const [from, to] = i === 3 ? [torch, onnx].map((order) => order.replace('g', '')) : [torch, onnx];
    const parts = each.map((w) => w!.data() as Float32Array);
    const moved = parts.map((data) => reorderGates(data, data.length / from.length, from, to));
    const [rows, ...columns] = each[0].shape;
    return g.floats('WRBP'[i] + suffixes[0], [suffixes.length, names.length * rows, ...columns], ...moved);
  });
}

export const recurrent = {
  RNN: sequence,
  LSTM: sequence,
  GRU: sequence,
  RNNCell: cell,
  LSTMCell: cell,
  GRUCell: cell,
  LayerNormLSTMCell: cell,
};

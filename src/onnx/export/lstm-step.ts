// LSTMs that ONNX's node cannot compute, written out: with a projection as a Scan over time, with layer normalisation for one step.
import type { LayerNorm } from '../../nn/layer-norm.js';
import type { Tensor } from '../../tensor/tensor.js';
import { layerNorm, linear } from './dense.js';
import { type Dim, GraphWriter, type Value } from './graph.js';
import type { RecurrentModule } from './recurrent.js';
import { type State, split } from './states.js';

type Weights = Readonly<Record<string, Tensor | null | undefined>>;

/** gates [..., 4H] (i, f, g, o before their functions), c -> h' before any projection, c'. */
function step(g: GraphWriter, gates: Value, c: Value, H: number, peephole?: Tensor | null, norm?: LayerNorm): Value[] {
  const dims = [...gates.dims.slice(0, -1), H];
  const [i, f, n, o] = g.node('Split', [gates, g.ints(H, H, H, H)], { axis: -1 }, [dims, dims, dims, dims]);
  const mul = (a: Value, b: Value) => g.same('Mul', [a, b]);
  const p = peephole?.data();
  const gate = (x: Value, cell: Value, at: number) => {
    const seen = p && mul(cell, g.floats('P', [H], p.slice(at * H, (at + 1) * H)));
    return g.same('Sigmoid', [seen ? g.same('Add', [x, seen]) : x]);
  };
  const sum = g.same('Add', [mul(gate(f, c, 1), c), mul(gate(i, c, 0), g.same('Tanh', [n]))]);
  const next = norm ? layerNorm(g, norm, sum) : sum;
  return [mul(gate(o, next, 2), g.same('Tanh', [next])), next];
}

/** An LSTM layer with a projection: x [L, N, I] -> output [L, N, D·S], hN [D, N, S], cN [D, N, H]. */
export function projected(g: GraphWriter, m: RecurrentModule, x: Value, suffixes: readonly string[], state: State) {
  const D = suffixes.length;
  const [L, N] = x.dims;
  const [h0, c0] = state.map((s) =>
    split(g, s!, D, 1).map((one) => g.op('Squeeze', [one, g.ints(0)], one.dims.slice(1))),
  );
  const runs = suffixes.map((suffix, d) => scan(g, m, x, suffix, [h0[d], c0[d]], d));
  const joined = (i: number, axis: number, dims: Dim[]) => {
    const each = runs.map((run) => run[i]);
    return D === 1 ? each[0] : g.op('Concat', each, dims, { axis });
  };
  const S = m.projSize!;
  return [joined(0, 2, [L, N, D * S]), joined(1, 0, [D, N, S]), joined(2, 0, [D, N, m.hiddenSize])];
}

/** One direction: output [L, N, S], hN [1, N, S], cN [1, N, H]. */
function scan(g: GraphWriter, m: RecurrentModule, x: Value, suffix: string, state: Value[], reverse: number): Value[] {
  const of = (name: string) => (m as unknown as Weights)[`${name}${suffix}`];
  const [L, N] = x.dims;
  const H = m.hiddenSize;
  const rows = linear(g, x, `W${suffix}`, of('weight_ih')!, of('bias_ih'), of('bias_hh'));
  const body = new GraphWriter(g);
  const [h, c] = state.map(({ dims }, i) => body.input('hc'[i], dims));
  const gates = body.same('Add', [body.input('x', [N, 4 * H]), linear(body, h, `R${suffix}`, of('weight_hh')!)]);
  const [out, next] = step(body, gates, c, H, of('weight_peephole'));
  const projection = linear(body, out, `projection${suffix}`, of('weight_hr')!);
  for (const value of [projection, next, projection]) body.output('next', value);
  const ends = [reverse];
  const attributes = { body, num_scan_inputs: 1, scan_input_directions: ends, scan_output_directions: ends };
  const [hN, cN, y] = g.node('Scan', [...state, rows], attributes, [h.dims, c.dims, [L, ...h.dims]]);
  return [y, ...[hN, cN].map((s) => g.op('Unsqueeze', [s, g.ints(0)], [1, ...s.dims]))];
}

/** LayerNormLSTMCell: x [1, N, I] -> h' (twice, as output and as state) and c' [1, N, H]. */
export function normalized(g: GraphWriter, m: RecurrentModule, x: Value, [h, c]: State): Value[] {
  const of = m as unknown as Weights;
  const part = (from: Value, label: string, weight: string, norm: LayerNorm) =>
    layerNorm(g, norm, linear(g, from, label, of[weight]!));
  const gates = g.same('Add', [part(x, 'W', 'weight_ih', m.layernorm_i!), part(h!, 'R', 'weight_hh', m.layernorm_h!)]);
  const [out, next] = step(g, gates, c!, m.hiddenSize, null, m.layernorm_c);
  return [out, out, next];
}

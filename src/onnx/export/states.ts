// Where a recurrent module's states come from and go to.
import type { Tensor } from '../../tensor/tensor.js';
import type { Dim, GraphWriter, Value } from './graph.js';
import type { RecurrentModule } from './recurrent.js';

/** h and, for an LSTM, c, each [D, N, size] for one layer; null where a node begins with zeros by itself. */
export type State = readonly (Value | null)[];

/**
 * The states of a module that runs on x [L, N, I]: inputs of the graph if it has states, else its trained initial ones or zeros.
 * @param axes of [layers·D, N, size] which the module's own states do not have.
 */
export function statesOf(g: GraphWriter, m: RecurrentModule, x: Value, axes: readonly number[]) {
  const { hiddenSize: H, numLayers = 1, bidirectional, projSize, layernorm_c } = m;
  const D = bidirectional ? 2 : 1;
  const N = x.dims[1];
  const prefix = g.many ? `${g.place}.` : '';
  const parts = (m.kind === 'lstm' ? ['h', 'c'] : ['h']) as ('h' | 'c')[];
  const own = (size: number) => [numLayers * D, N, size].filter((_, d) => !axes.includes(d));
  const begin = parts.map((part) => {
    const size = part === 'h' ? projSize || H : H;
    if (g.states) {
      const given = g.input(`${prefix}${part}0`, own(size));
      const all = axes.length ? g.op('Unsqueeze', [given, g.ints(...axes)], [numLayers * D, N, size]) : given;
      return numLayers === 1 ? [all] : split(g, all, numLayers, D);
    }
    const trained: Tensor | undefined = m[`${part}_0`];
    if (!trained && !projSize && !layernorm_c) return [];
    const rows = trained?.data() ?? new Float32Array(numLayers * D * size);
    return Array.from({ length: numLayers }, (_, layer) => {
      const one = g.floats(`${part}0`, [D, 1, size], rows.slice(layer * D * size, (layer + 1) * D * size));
      return N === 1 ? one : g.op('Expand', [one, batchOf(g, x)], [D, N, size]);
    });
  });
  return {
    of: (layer: number): State => parts.map((_, i) => begin[i][layer] ?? null),
    /** The last states of every layer, or h alone, as the module gives them; and as outputs of the graph if it has states. */
    end: (last: readonly (readonly Value[])[]): Value[] =>
      last[0].flatMap(({ name }, i) => {
        if (name === '') return [];
        const part = parts[i];
        const each = last.map((layer) => layer[i]);
        const size = each[0].dims[2] as number;
        const all = numLayers === 1 ? each[0] : g.op('Concat', each, [numLayers * D, N, size], { axis: 0 });
        const given = axes.length ? g.op('Squeeze', [all, g.ints(...axes)], own(size)) : all;
        if (g.states) g.output(`${prefix}${part}n`, given);
        return [given];
      }),
  };
}

/** x in `count` parts of `size` along dimension 0. */
export function split(g: GraphWriter, x: Value, count: number, size: number): Value[] {
  const dims: Dim[] = [size, ...x.dims.slice(1)];
  return g.node('Split', [x, g.ints(...new Array(count).fill(size))], { axis: 0 }, new Array(count).fill(dims));
}

/** [1, N, 1] of x [L, N, I]. */
function batchOf(g: GraphWriter, x: Value): Value {
  const N = x.dims[1];
  if (typeof N === 'number') return g.ints(1, N, 1);
  const one = g.ints(1);
  return g.op('Concat', [one, g.op('Shape', [x], [1], { start: 1, end: 2 }), one], [3], { axis: 0 });
}

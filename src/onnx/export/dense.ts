// Linear, Embedding, normalisations, and what only moves elements.

import type { BatchNorm1d } from '../../nn/batch-norm.js';
import type { Embedding } from '../../nn/embedding.js';
import type { LayerNorm } from '../../nn/layer-norm.js';
import type { Linear } from '../../nn/linear.js';
import type { Permute } from '../../nn/permute.js';
import { normalizeDim, sizeOf } from '../../shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { FLOAT, type GraphWriter, type Value } from './graph.js';

/** x·Wᵀ + b with W [rows, columns] of PyTorch; MatMul takes any rank and wants [columns, rows]. */
export function linear(
  g: GraphWriter,
  x: Value,
  label: string,
  weight: Tensor,
  ...biases: (Tensor | null | undefined)[]
): Value {
  const [rows, columns] = weight.shape;
  const w = weight.data();
  const transposed = Float32Array.from(w, (_, i) => w[(i % rows) * columns + Math.floor(i / rows)]);
  const dims = [...x.dims.slice(0, -1), rows];
  let y = g.op('MatMul', [x, g.floats(label, [columns, rows], transposed)], dims);
  for (const bias of biases) if (bias) y = g.same('Add', [y, g.copy('bias', bias)]);
  return y;
}

export function layerNorm(g: GraphWriter, { normalizedShape: shape, eps, weight, bias }: LayerNorm, x: Value): Value {
  const own = x.dims.slice(-shape.length);
  g.expect(own.join() === shape.join(), x, `[..., ${shape.join(', ')}] (= normalizedShape)`);
  const scale = g.floats('weight', shape, weight?.data() ?? new Float32Array(sizeOf(shape)).fill(1));
  const inputs = bias ? [x, scale, g.copy('bias', bias)] : [x, scale];
  return g.same('LayerNormalization', inputs, { axis: -shape.length, epsilon: eps });
}

function batchNorm(g: GraphWriter, m: BatchNorm1d, x: Value): Value {
  const { numFeatures: C, eps } = m;
  g.expect(
    [2, 3].includes(x.dims.length) && x.dims[1] === C,
    x,
    `[batch, ${C}] or [batch, ${C}, seqLen] (= numFeatures)`,
  );
  const of = (label: string, tensor: Tensor | null, usual: number) =>
    g.floats(label, [C], tensor?.data() ?? new Float32Array(C).fill(usual));
  const parameters = [of('weight', m.weight, 1), of('bias', m.bias, 0), of('mean', m.running_mean, 0)];
  return g.same('BatchNormalization', [x, ...parameters, of('variance', m.running_var, 1)], { epsilon: eps });
}

export const dense = {
  Linear: (g: GraphWriter, { inFeatures, weight, bias }: Linear, x: Value) => {
    g.expect(x.dims.at(-1) === inFeatures, x, `last size ${inFeatures} (= inFeatures)`);
    return linear(g, x, 'weight', weight, bias);
  },
  Embedding: (g: GraphWriter, { embeddingDim, weight }: Embedding, x: Value) => {
    g.expect(x.type !== FLOAT, x, 'indices: Embedding takes the input of the model');
    return g.op('Gather', [g.copy('weight', weight), x], [...x.dims, embeddingDim]);
  },
  Permute: (g: GraphWriter, { dims }: Permute, x: Value) => {
    const rank = x.dims.length;
    const perm = dims.map((dim) => normalizeDim(dim, rank, `toOnnx: ${g.where}`));
    g.expect(
      new Set(perm).size === rank && perm.length === rank,
      x,
      `${dims.length} dimensions, each named once in dims`,
    );
    return {
      ...g.op(
        'Transpose',
        [x],
        perm.map((d) => x.dims[d]),
        { perm },
      ),
      type: x.type,
    };
  },
  LayerNorm: layerNorm,
  BatchNorm1d: batchNorm,
};

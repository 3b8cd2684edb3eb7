// Operations and losses against PyTorch: values and gradients.
import { describe, expect, test } from 'vitest';
import {
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  Embedding,
  huberLoss,
  klDiv,
  Linear,
  l1Loss,
  mseLoss,
  nllLoss,
  type Reduction,
  scope,
  smoothL1Loss,
  Tensor,
} from '../../src/index.js';
import { type Entry, Goldens, Ratios } from './read.js';

interface OpCase {
  op: string;
  name: string;
  options: { dim?: number | null; weight?: number[]; paddingIdx?: number; reduction?: Reduction };
  inputs: Entry[];
  upstream: Entry;
  results: Record<string, Entry>;
}

const LOSSES = {
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  nllLoss,
  smoothL1Loss,
};

function run({ op, options }: OpCase, x: Tensor[]): { out: Tensor; leaves: Tensor[] } {
  if (op in LOSSES) {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
    return { out: (LOSSES[op as keyof typeof LOSSES] as typeof klDiv)(...(x as [Tensor, Tensor]), given), leaves: x };
  }
  if (op === 'embedding') {
    const layer = new Embedding({ numEmbeddings: 6, embeddingDim: 3, ...options });
    layer.weight.set(x[0]);
    return { out: layer.forward(x[1]), leaves: [layer.weight] };
  }
  if (op === 'linear') {
    const layer = new Linear({ inFeatures: 5, outFeatures: 7 });
    layer.loadStateDict({ weight: x[1], bias: x[2] });
    return { out: layer.forward(x[0]), leaves: [x[0], layer.weight, layer.bias!] };
  }
  const method = x[0][op as 'sum'] as (...args: unknown[]) => Tensor;
  const args = x.length > 1 ? [x[1]] : 'dim' in options ? [options.dim ?? undefined] : [];
  return { out: method.apply(x[0], args), leaves: x };
}

describe('operations', () => {
  const goldens = new Goldens<OpCase>('ops');
  const ratios = new Ratios();
  test.each(goldens.cases)('$name', (c) => {
    scope(() => {
      const inputs = c.inputs.map((entry) => goldens.tensor(entry, entry[0] === 'f32'));
      const { out, leaves } = run(c, inputs);
      out.mul(goldens.tensor(c.upstream)).sum().backward();
      for (const [name, golden] of Object.entries(goldens.record(c.results))) {
        ratios.compare(name, name === 'out' ? out : leaves[Number(name.slice(1))].grad!, golden);
      }
      expect(out).toBeInstanceOf(Tensor);
    });
  });
  test('the median error is at most 1.25 times PyTorch’s', () => {
    expect(ratios.median()).toBeLessThanOrEqual(1.25);
  });
});

// Attention, CTC and activations against PyTorch: values and gradients, infinities and NaN included.
import { describe, expect, test } from 'vitest';
import { AdditiveAttention, scaledDotProductAttention, scope, type Tensor, tensor } from '../../src/index.js';
import { type Entry, type Golden, Goldens, Ratios } from './read.js';

interface FunctionCase {
  op: string;
  name: string;
  options: object;
  inputs: Entry[];
  upstream: Entry[];
  results: Record<string, Entry>;
}

function run({ op, options }: FunctionCase, x: Tensor[]): { outs: Tensor[]; leaves: Tensor[] } {
  if (op === 'AdditiveAttention') {
    const [query, key, value, wq, wk, b, v, mask] = x;
    const layer = new AdditiveAttention({ querySize: 3, keySize: 4, hiddenSize: 5 });
    layer.loadStateDict({ 'query.weight': wq, 'key.weight': wk, 'key.bias': b, 'score.weight': v });
    return { outs: layer.forward(query, key, value, { mask }), leaves: [query, key, value, ...layer.parameters()] };
  }
  const [query, key, value, attnMask] = x;
  return { outs: [scaledDotProductAttention(query, key, value, { attnMask, ...options })], leaves: x };
}

/** Where the golden is NaN or infinite, so are we; elsewhere the bound of the design holds. */
function compare(ratios: Ratios, name: string, got: Tensor, golden: Golden): void {
  const values = got.data();
  const finite = golden.data.map((x, i) => {
    if (Number.isFinite(x)) return x;
    expect(values[i], `${name} at ${i}`).toBe(x);
    values[i] = 0;
    return 0;
  });
  ratios.compare(name, { shape: got.shape, data: () => values }, { ...golden, data: finite });
}

describe('functions', () => {
  const goldens = new Goldens<FunctionCase>('functions');
  const ratios = new Ratios();
  test.each(goldens.cases)('$name', (c) => {
    scope(() => {
      const inputs = c.inputs.map((entry) => {
        const { data, shape } = goldens.read(entry);
        return tensor(data as Float32Array, { shape, requiresGrad: entry[0] === 'f32' });
      });
      const { outs, leaves } = run(c, inputs);
      const upstream = c.upstream.map((entry) => {
        const { data, shape } = goldens.read(entry);
        return tensor(data as Float32Array, shape);
      });
      const terms = outs.map((out, i) => out.mul(upstream[i]).sum());
      terms.reduce((a, b) => a.add(b)).backward();
      for (const [name, golden] of Object.entries(goldens.record(c.results))) {
        const at = Number(name.replace(/\D+/, ''));
        compare(ratios, name, name.startsWith('out') ? outs[at] : leaves[at].grad!, golden);
      }
    });
  });
  test('the median error is at most 1.25 times PyTorch’s', () => {
    expect(ratios.median()).toBeLessThanOrEqual(1.25);
  });
});

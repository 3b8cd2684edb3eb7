// Attention, CTC and activations against PyTorch: values and gradients, infinities and NaN included.
import { describe, expect, test } from 'vitest';
import {
  AdditiveAttention,
  ctcLoss,
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  type Module,
  PReLU,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  scaledDotProductAttention,
  scope,
  Tanh,
  type Tensor,
} from '../../src/index.js';
import { type Entry, type Golden, Goldens, Ratios } from './read.js';

interface FunctionCase {
  op: string;
  name: string;
  options: { inputLengths?: number[]; targetLengths?: number[] };
  inputs: Entry[];
  upstream: Entry[];
  results: Record<string, Entry>;
}

const ACTIVATIONS: Record<string, new (options: never) => Module> = {
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  PReLU,
  ReLU,
  SiLU,
  Sigmoid,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
};

function run({ op, options }: FunctionCase, x: Tensor[]): { outs: Tensor[]; leaves: Tensor[] } {
  if (op === 'AdditiveAttention') {
    const [query, key, value, wq, wk, b, v, mask] = x;
    const layer = new AdditiveAttention({ querySize: 3, keySize: 4, hiddenSize: 5 });
    layer.loadStateDict({ 'query.weight': wq, 'key.weight': wk, 'key.bias': b, 'score.weight': v });
    return { outs: layer.forward(query, key, value, { mask }), leaves: [query, key, value, ...layer.parameters()] };
  }
  if (op === 'scaledDotProductAttention') {
    const [query, key, value, attnMask] = x;
    return { outs: [scaledDotProductAttention(query, key, value, { attnMask, ...options })], leaves: x };
  }
  if (op.startsWith('ctcLoss')) {
    const { inputLengths, targetLengths, ...rest } = options;
    const logProbs = op === 'ctcLoss' ? x[0] : x[0].logSoftmax(-1);
    return { outs: [ctcLoss(logProbs, x[1], inputLengths!, targetLengths!, rest)], leaves: x };
  }
  if (op === 'erf') return { outs: [x[0].erf()], leaves: x };
  const layer = new ACTIVATIONS[op](options as never);
  if (!(layer instanceof PReLU)) return { outs: [layer.forward(x[0]) as Tensor], leaves: x };
  layer.weight.set(x[1]);
  return { outs: [layer.forward(x[0])], leaves: [x[0], layer.weight] };
}

/** In these the gradient for an input of NaN (whose output is NaN) is 1 here; torch has the slope, or NaN. */
const NAN_APART = ['LeakyReLU', 'ELU', 'Softplus'];

/** Where the golden is NaN or infinite, so are we; elsewhere the bound of the design holds. */
function compare(ratios: Ratios, name: string, got: Tensor, golden: Golden, skipped: (i: number) => boolean): void {
  const values = got.data();
  const finite = golden.data.map((x, i) => {
    if (Number.isFinite(x) && !skipped(i)) return x;
    if (!skipped(i)) expect(values[i], `${name} at ${i}`).toBe(x);
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
      const inputs = c.inputs.map((entry) => goldens.tensor(entry, entry[0] === 'f32'));
      const { outs, leaves } = run(c, inputs);
      const upstream = c.upstream.map((entry) => goldens.tensor(entry));
      const terms = outs.map((out, i) => out.mul(upstream[i]).sum());
      terms.reduce((a, b) => a.add(b)).backward();
      for (const [name, golden] of Object.entries(goldens.record(c.results))) {
        const at = Number(name.replace(/\D+/, ''));
        const leaf = name.startsWith('out') ? null : leaves[at];
        const skipped = (i: number) => leaf !== null && NAN_APART.includes(c.op) && Number.isNaN(leaf.data()[i]);
        compare(ratios, name, leaf ? leaf.grad! : outs[at], golden, skipped);
      }
    });
  });
  test('the median error is at most 1.25 times PyTorch’s', () => {
    expect(ratios.median()).toBeLessThanOrEqual(1.25);
  });
});

// Every differentiable operation: its gradient against central differences of its own forward.
//
// f(x ± h) are float32 results of magnitude about 1, summed in float64 with fixed weights: with gradCheck's h = 2^-7 their rounding (2^-24 each)
// gives the difference quotient an error of about 2^-24 / h = 8e-6 per element, and the curvature h²·f'''/6 about 1e-4 for the functions and
// arguments below. Its 2e-3 of the largest gradient leaves room for sums of dozens of terms, and any wrong formula is far beyond.
import { describe, expect, test } from 'vitest';
import {
  concat,
  crossEntropy,
  Dropout,
  Embedding,
  GRU,
  GRUCell,
  gradCheck,
  Linear,
  LSTM,
  LSTMCell,
  type Module,
  manualSeed,
  mseLoss,
  RNN,
  RNNCell,
  scope,
  stack,
  type Tensor,
  tensor,
  where,
} from '../../src/index.js';
import { numbers } from '../assembly/float64.js';

interface Case {
  /** Shapes of the inputs; numbers from -1 to 1, shifted and scaled. */
  inputs: number[][];
  f: (...x: Tensor[]) => Tensor | Tensor[];
  shift?: number;
  scale?: number;
}
const on = (f: Case['f'], inputs: number[][], more: Partial<Case> = {}): Case => ({ f, inputs, ...more });
const ids = (values: number[], shape: number[]) => tensor(Int32Array.from(values), shape);

const CASES: Record<string, Case> = {
  add: on(
    (a, b) => a.add(b),
    [
      [2, 3],
      [2, 3],
    ],
  ),
  'add, broadcast both ways': on(
    (a, b) => a.add(b),
    [
      [4, 1, 3],
      [5, 1],
    ],
  ),
  'add to itself': on((a) => a.add(a), [[3]]),
  sub: on((a, b) => a.sub(b), [[2, 3], [3]]),
  mul: on(
    (a, b) => a.mul(b),
    [
      [2, 1, 3],
      [2, 1],
    ],
  ),
  'mul by itself': on((a) => a.mul(a), [[7]]),
  div: on(
    (a, b) => a.div(b),
    [
      [2, 3],
      [1, 3],
    ],
    { shift: 2 },
  ),
  pow: on((a, b) => a.pow(b), [[2, 3], [3]], { shift: 1.5, scale: 0.5 }),
  'pow of a number': on((a) => a.pow(3), [[5]], { shift: 1 }),
  neg: on((a) => a.neg(), [[5]]),
  abs: on((a) => a.abs(), [[5]], { shift: 2 }),
  sqrt: on((a) => a.sqrt(), [[5]], { shift: 2 }),
  clamp: on((a) => a.clamp(-5, 5), [[9]]),
  exp: on((a) => a.exp(), [[9]]),
  log: on((a) => a.log(), [[9]], { shift: 2 }),
  tanh: on((a) => a.tanh(), [[17]]),
  sigmoid: on((a) => a.sigmoid(), [[17]]),
  relu: on((a) => a.relu(), [[5]], { shift: 2 }),
  sum: on((a) => a.sum(), [[3, 4]]),
  'sum(1)': on((a) => a.sum(1), [[3, 4, 2]]),
  'sum(-1, keepdim)': on((a) => a.sum(-1, true), [[3, 5]]),
  mean: on((a) => a.mean(), [[3, 4]]),
  'mean(0)': on((a) => a.mean(0), [[3, 4]]),
  max: on((a) => a.max(), [[7]], { scale: 4 }),
  'max(1)': on((a) => a.max(1), [[3, 5]], { scale: 4 }),
  'min(0)': on((a) => a.min(0), [[4, 3]], { scale: 4 }),
  softmax: on((a) => a.softmax(1), [[2, 5, 3]]),
  logSoftmax: on((a) => a.logSoftmax(0), [[5, 2]]),
  'matmul 2 × 2': on(
    (a, b) => a.matmul(b),
    [
      [3, 4],
      [4, 5],
    ],
  ),
  'matmul batch × matrix': on(
    (a, b) => a.matmul(b),
    [
      [2, 3, 4],
      [4, 5],
    ],
  ),
  'matmul broadcast batches': on(
    (a, b) => a.matmul(b),
    [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
  ),
  'matmul vector × matrix': on((a, b) => a.matmul(b), [[4], [4, 3]]),
  'matmul matrix × vector': on((a, b) => a.matmul(b), [[3, 4], [4]]),
  'matmul vector × vector': on((a, b) => a.matmul(b), [[5], [5]]),
  reshape: on((a) => a.reshape([3, -1]), [[2, 6]]),
  flatten: on((a) => a.flatten(1), [[2, 3, 4]]),
  squeeze: on((a) => a.squeeze(1), [[2, 1, 3]]),
  unsqueeze: on((a) => a.unsqueeze(-1), [[2, 3]]),
  transpose: on((a) => a.transpose(0, 2), [[2, 3, 4]]),
  permute: on((a) => a.permute([2, 0, 1]), [[2, 3, 4]]),
  slice: on((a) => a.slice(1, 1, 3), [[2, 4, 3]]),
  'slice from the end': on((a) => a.slice(0, -2), [[5, 2]]),
  select: on((a) => a.select(1, -1), [[2, 4, 3]]),
  gather: on((a) => a.gather(1, ids([0, 2, 2, 1, 1, 0, 2, 2], [2, 4])), [[2, 3]]),
  concat: on(
    (a, b) => concat([a, b], 1),
    [
      [2, 3],
      [2, 1],
    ],
  ),
  stack: on(
    (a, b) => stack([a, b], 1),
    [
      [2, 3],
      [2, 3],
    ],
  ),
  where: on((a, b) => where(ids([1, 0, 1], [3]), a, b), [[2, 3], [3]]),
  clone: on((a) => a.clone(), [[3]]),
  dropout: on(
    (a) => {
      manualSeed(4);
      return new Dropout({ p: 0.4 }).forward(a);
    },
    [[20]],
  ),
  crossEntropy: on((a) => crossEntropy(a, [2, 0, 1], { weight: [0.5, 1, 2, 1], labelSmoothing: 0.1 }), [[3, 4]]),
  'crossEntropy, [N, C, d1], none': on(
    (a) => crossEntropy(a, ids([2, 0, -100, 1], [2, 2]), { reduction: 'none' }),
    [[2, 3, 2]],
  ),
  mseLoss: on(
    (a, b) => mseLoss(a, b),
    [
      [2, 3],
      [2, 3],
    ],
  ),
  chain: on(
    (a, b) => a.matmul(b).tanh().softmax(-1).log().mul(a.sum()),
    [
      [3, 4],
      [4, 3],
    ],
  ),
};

/** Modules: the gradient of the input, of states, and of every parameter. */
const MODULES: Record<
  string,
  { make: () => Module; inputs: number[][]; f: (m: Module, x: Tensor[]) => Tensor | Tensor[] }
> = {
  Linear: {
    make: () => new Linear({ inFeatures: 4, outFeatures: 3 }),
    inputs: [[2, 5, 4]],
    f: (m, [x]) => (m as Linear).forward(x),
  },
  Embedding: {
    make: () => new Embedding({ numEmbeddings: 5, embeddingDim: 3 }),
    inputs: [],
    f: (m) =>
      (m as Embedding).forward([
        [1, 4, 1],
        [0, 1, 2],
      ]),
  },
  'RNN relu, 2 layers': {
    make: () => new RNN({ inputSize: 3, hiddenSize: 4, numLayers: 2, nonlinearity: 'relu' }),
    inputs: [
      [3, 2, 3],
      [2, 2, 4],
    ],
    f: (m, [x, h]) => (m as RNN).forward(x, h),
  },
  'LSTM, bidirectional, lengths': {
    make: () => new LSTM({ inputSize: 3, hiddenSize: 4, bidirectional: true }),
    inputs: [
      [4, 3, 3],
      [2, 3, 4],
      [2, 3, 4],
    ],
    f: (m, [x, h, c]) => (m as LSTM).forward(x, [h, c], { lengths: [2, 4, 1] }).flat() as Tensor[],
  },
  'LSTM with projection': {
    make: () => new LSTM({ inputSize: 3, hiddenSize: 5, projSize: 2, numLayers: 2 }),
    inputs: [
      [3, 2, 3],
      [2, 2, 2],
      [2, 2, 5],
    ],
    f: (m, [x, h, c]) => (m as LSTM).forward(x, [h, c]).flat() as Tensor[],
  },
  'GRU, batchFirst': {
    make: () => new GRU({ inputSize: 3, hiddenSize: 4, batchFirst: true }),
    inputs: [
      [2, 4, 3],
      [1, 2, 4],
    ],
    f: (m, [x, h]) => (m as GRU).forward(x, h),
  },
  RNNCell: {
    make: () => new RNNCell({ inputSize: 3, hiddenSize: 4 }),
    inputs: [
      [2, 3],
      [2, 4],
    ],
    f: (m, [x, h]) => (m as RNNCell).forward(x, h),
  },
  LSTMCell: {
    make: () => new LSTMCell({ inputSize: 3, hiddenSize: 4 }),
    inputs: [
      [2, 3],
      [2, 4],
      [2, 4],
    ],
    f: (m, [x, h, c]) => (m as LSTMCell).forward(x, [h, c]),
  },
  GRUCell: {
    make: () => new GRUCell({ inputSize: 3, hiddenSize: 4 }),
    inputs: [
      [2, 3],
      [2, 4],
    ],
    f: (m, [x, h]) => (m as GRUCell).forward(x, h),
  },
};

describe('operations', () => {
  test.each(Object.entries(CASES))('%s', (_name, { inputs, f, shift = 0, scale = 1 }) => {
    const leaves = inputs.map((shape, i) => {
      const n = shape.reduce((a, b) => a * b, 1);
      return tensor(
        numbers(n, i + 3).map((x) => x * scale + shift),
        { shape, requiresGrad: true },
      );
    });
    expect(gradCheck(f, leaves)).toBe(true);
    for (const leaf of leaves) leaf.dispose();
  });
});

describe('modules', () => {
  test.each(Object.entries(MODULES))('%s', (_name, { make, inputs, f }) => {
    manualSeed(11);
    const module = make();
    const leaves = inputs.map((shape, i) => {
      const n = shape.reduce((a, b) => a * b, 1);
      return tensor(numbers(n, i + 3), { shape, requiresGrad: true });
    });
    expect(gradCheck(() => f(module, leaves), [...leaves, ...module.parameters()])).toBe(true);
    module.dispose();
    for (const leaf of leaves) leaf.dispose();
  });
  test('a padding row gets no gradient', () => {
    const embedding = new Embedding({ numEmbeddings: 4, embeddingDim: 2, paddingIdx: 1 });
    scope(() => embedding.forward([1, 2, 1]).sum().backward());
    expect(embedding.weight.grad!.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
      [0, 0],
    ]);
    expect(embedding.weight.toArray()).toHaveProperty('1', [0, 0]);
    embedding.dispose();
  });
});

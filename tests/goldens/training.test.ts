// Training runs of each kind, short and long, and the optimizers' paths against PyTorch.
import { describe, expect, test } from 'vitest';
import {
  Adagrad,
  Adam,
  AdamW,
  clipGradNorm,
  crossEntropy,
  Embedding,
  GRU,
  Linear,
  LSTM,
  Module,
  type Optimizer,
  parameter,
  RMSprop,
  RNN,
  SGD,
  scope,
  type Tensor,
  tensor,
} from '../../src/index.js';
import { type Entry, Goldens, Ratios } from './read.js';

interface TrainingCase {
  name: string;
  kind: 'rnn' | 'relu' | 'lstm' | 'gru';
  optimizer: 'SGD' | 'Adam' | 'AdamW';
  weights: Record<string, Entry>;
  ids: Entry;
  targets: Entry;
  losses: number[];
  norms: number[];
  losses32: number[];
  norms32: number[];
}

class Net extends Module {
  embedding = new Embedding({ numEmbeddings: 12, embeddingDim: 8 });
  rnn: RNN | LSTM | GRU;
  head = new Linear({ inFeatures: 16, outFeatures: 12 });
  constructor(kind: TrainingCase['kind']) {
    super();
    const sizes = { inputSize: 8, hiddenSize: 16, numLayers: 2 };
    this.rnn =
      kind === 'lstm'
        ? new LSTM(sizes)
        : kind === 'gru'
          ? new GRU(sizes)
          : new RNN({ ...sizes, nonlinearity: kind === 'relu' ? 'relu' : 'tanh' });
  }
  forward(ids: Tensor): Tensor {
    return this.head.forward(this.rnn.forward(this.embedding.forward(ids))[0]);
  }
}

/** One step on ids and targets [L, N]: the loss, and the gradients' norm before clipping. */
function trainStep(net: Net, optimizer: Optimizer, ids: Tensor, targets: Tensor, maxNorm: number): [number, number] {
  const logits = net.forward(ids);
  const loss = crossEntropy(logits.reshape([ids.size, 12]), targets.reshape([ids.size]));
  optimizer.zeroGrad();
  loss.backward();
  const norm = clipGradNorm(net.parameters(), maxNorm);
  optimizer.step();
  return [loss.item(), norm];
}

describe('20 training steps', () => {
  const goldens = new Goldens<TrainingCase>('training');
  test.each(goldens.cases)('$name', (c) => {
    const net = new Net(c.kind);
    net.loadStateDict(goldens.record(c.weights));
    const optimizer = {
      SGD: () => new SGD(net.parameters(), { lr: 0.05, momentum: 0.9, nesterov: c.kind === 'relu', weightDecay: 1e-3 }),
      Adam: () => new Adam(net.parameters(), { lr: 0.01 }),
      AdamW: () => new AdamW(net.parameters(), { lr: 0.01 }),
    }[c.optimizer]();
    const [ids, targets] = [goldens.read(c.ids), goldens.read(c.targets)];
    for (let step = 0; step < 20; step++) {
      const at = (g: typeof ids) => tensor(g.data.slice(step * 28, (step + 1) * 28) as Int32Array, [7, 4]);
      const [loss, norm] = scope(() => trainStep(net, optimizer, at(ids), at(targets), 0.5));
      // Rounding feeds back from step to step: twice PyTorch's own float32 drift so far, and float32's own grain (8 ulp).
      const drift = (mine: number[], exact: number[]) =>
        Math.max(...mine.slice(0, step + 1).map((x, i) => Math.abs(x - exact[i])));
      expect(Math.abs(loss - c.losses[step]), `loss of step ${step}`).toBeLessThanOrEqual(
        2 * drift(c.losses32, c.losses) + 2 ** -20 * c.losses[step],
      );
      expect(Math.abs(norm - c.norms[step]), `norm of step ${step}`).toBeLessThanOrEqual(
        2 * drift(c.norms32, c.norms) + 2 ** -20 * c.norms[step],
      );
    }
    optimizer.dispose();
    net.dispose();
  });
});

describe('200 training steps follow PyTorch’s float64 losses within 1e-4', () => {
  interface LongCase extends Pick<TrainingCase, 'name' | 'kind' | 'weights' | 'ids' | 'losses'> {
    optimizer: 'SGD' | 'Adam';
    maxNorm: number;
    /** How far PyTorch's own float32 losses are off, relative, at most. */
    drift32: number;
    /** Steps in which PyTorch clipped. */
    clipped: number;
  }
  const goldens = new Goldens<LongCase>('training-long');
  test.each(goldens.cases)('$name', (c) => {
    expect(c.drift32).toBeLessThan(3e-5);
    const net = new Net(c.kind);
    net.loadStateDict(goldens.record(c.weights));
    const optimizer =
      c.optimizer === 'Adam'
        ? new Adam(net.parameters(), { lr: 0.005 })
        : new SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    const ids = goldens.read(c.ids).data as Int32Array;
    let clipped = 0;
    for (let step = 0; step < 200; step++) {
      const x = ids.slice(step * 24, (step + 1) * 24);
      // The symbol before, 0 at the first of the 6 steps.
      const before = Int32Array.from(x, (_, i) => x[i - 4] ?? 0);
      const [loss, norm] = scope(() => trainStep(net, optimizer, tensor(x, [6, 4]), tensor(before, [6, 4]), c.maxNorm));
      if (norm > c.maxNorm) clipped++;
      expect(Math.abs(loss / c.losses[step] - 1), `loss of step ${step}`).toBeLessThan(1e-4);
    }
    expect(clipped).toBe(c.clipped);
    expect(clipped).toBeGreaterThan(100);
    optimizer.dispose();
    net.dispose();
  });
});

const OPTIMIZERS = { SGD, Adam, AdamW, RMSprop, Adagrad };

describe('optimizers', () => {
  interface OptimizerCase {
    name: string;
    optimizer: keyof typeof OPTIMIZERS;
    options: Record<string, never>;
    start: Entry;
    gradients: Entry;
    results: { path: Entry };
  }
  const goldens = new Goldens<OptimizerCase>('optimizers');
  test.each(goldens.cases)('$name', (c) => {
    const p = parameter(goldens.read(c.start).data as Float32Array);
    const optimizer = new OPTIMIZERS[c.optimizer]([p], c.options);
    const gradients = goldens.read(c.gradients);
    const path: number[] = [];
    for (let step = 0; step < 15; step++) {
      p.grad = tensor(gradients.data.slice(step * 11, (step + 1) * 11) as Float32Array);
      optimizer.step();
      path.push(...p.data());
    }
    new Ratios().compare('path', { shape: [15, 11], data: () => path }, goldens.read(c.results.path));
    optimizer.dispose();
    p.dispose();
  });
});

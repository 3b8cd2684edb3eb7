// 20 training steps of each kind and the optimizers' paths against PyTorch.
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
      const [loss, norm] = scope(() => {
        const at = (g: typeof ids) => tensor(g.data.slice(step * 28, (step + 1) * 28) as Int32Array, [7, 4]);
        const logits = net.forward(at(ids));
        const value = crossEntropy(logits.reshape([28, 12]), at(targets).reshape([28]));
        optimizer.zeroGrad();
        value.backward();
        const before = clipGradNorm(net.parameters(), 0.5);
        optimizer.step();
        return [value.item(), before];
      });
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

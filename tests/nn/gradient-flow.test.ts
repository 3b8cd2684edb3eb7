// gradientFlow against PyTorch's retained gradients, finite differences, and the story it is for.
import { describe, expect, test } from 'vitest';
import {
  Embedding,
  GRU,
  GraphError,
  gradientFlow,
  Linear,
  LSTM,
  Module,
  manualSeed,
  memoryInfo,
  noGrad,
  type PackedSequence,
  packPaddedSequence,
  RNN,
  randn,
  Sequential,
  scope,
  type Tensor,
  type TensorLike,
  tensor,
} from '../../src/index.js';
import { type Entry, Goldens, Ratios } from '../goldens/read.js';

interface FlowCase {
  name: string;
  kind: 'rnn' | 'relu' | 'lstm' | 'gru';
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  bidirectional: boolean;
  lengths: number[];
  weights: Record<string, Entry>;
  input: Entry;
  results: { norms: Entry };
}

describe('PyTorch’s loop of cells with retain_grad', () => {
  const goldens = new Goldens<FlowCase>('flow');
  test.each(goldens.cases)('$name', ({ kind, inputSize, hiddenSize, numLayers, bidirectional, ...c }) => {
    const options = { inputSize, hiddenSize, numLayers, bidirectional };
    const model =
      kind === 'lstm'
        ? new LSTM(options)
        : kind === 'gru'
          ? new GRU(options)
          : new RNN({ ...options, nonlinearity: kind === 'rnn' ? 'tanh' : 'relu' });
    model.loadStateDict(goldens.record(c.weights));
    const { data, shape } = goldens.read(c.input);
    const x = tensor(data as Float32Array, shape);
    const even = c.lengths.every((n) => n === shape[0]);
    const flow = gradientFlow(model, even ? x : packPaddedSequence(x, c.lengths, { enforceSorted: false }));
    const directions = bidirectional ? 2 : 1;
    expect(flow.map(({ module, layer, direction }) => [module, layer, direction])).toEqual(
      Array.from({ length: numLayers * directions }, (_, i) => [
        '',
        Math.floor(i / directions),
        i % directions ? 'reverse' : 'forward',
      ]),
    );
    const got = { shape: [flow.length, shape[0]], data: () => flow.flatMap(({ norms }) => [...norms]) };
    new Ratios().compare('norms', got, goldens.read(c.results.norms));
    model.dispose();
  });
});

/** The norms a middle step's gradient should have, from moving each element of its h both ways. */
test('equals finite differences on h_t', () => {
  manualSeed(5);
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 4 });
  const x = randn([5, 2, 3]);
  const weights = randn([5, 2, 4]);
  const [{ norms }] = gradientFlow(lstm, x, { loss: ([output]) => (output as Tensor).mul(weights).sum() });
  for (const t of [0, 2, 4]) {
    const differences = noGrad(() =>
      scope(() => {
        const [before, [hN, cN]] = lstm.forward(x.slice(0, 0, t + 1));
        const value = (h: Tensor) => {
          // h_t counts by its own output and by all that follows.
          const own = h
            .mul(weights.slice(0, t, t + 1))
            .sum()
            .item();
          if (t === 4) return own;
          const rest = lstm.forward(x.slice(0, t + 1), [h, cN])[0];
          return (
            own +
            rest
              .mul(weights.slice(0, t + 1))
              .sum()
              .item()
          );
        };
        expect(before.slice(0, t).toArray()).toEqual(hN.toArray());
        return hN.data().map((v: number, i: number) => {
          const moved = (by: number) => {
            const values = hN.data() as Float32Array;
            values[i] = v + by;
            return value(tensor(values, hN.shape));
          };
          return (moved(2 ** -6) - moved(-(2 ** -6))) * 2 ** 5;
        }) as Float32Array;
      }),
    );
    const expected = Math.sqrt(differences.reduce((sum, d) => sum + d * d, 0));
    expect(Math.abs(norms[t] / expected - 1), `step ${t}`).toBeLessThan(1e-3);
  }
});

describe('models', () => {
  test('Sequential: each recurrent module by its name; unbatched and batchFirst inputs', () => {
    const model = new Sequential(
      new Embedding({ numEmbeddings: 7, embeddingDim: 3 }),
      new GRU({ inputSize: 3, hiddenSize: 4, batchFirst: true }),
      new RNN({ inputSize: 4, hiddenSize: 5, batchFirst: true }),
      new Linear({ inFeatures: 5, outFeatures: 2 }),
    );
    const ids = [
      [1, 2, 3, 4],
      [5, 6, 0, 1],
    ];
    const flow = gradientFlow(model, ids);
    expect(flow.map(({ module, norms }) => [module, norms.length, norms.every((n) => n > 0)])).toEqual([
      ['1', 4, true],
      ['2', 4, true],
    ]);
    // By default the loss is the last step's output, in whatever place time stands.
    const last = gradientFlow(model, ids, { loss: (output) => output.select(1, -1).sum() });
    expect(flow).toEqual(last);
    expect(gradientFlow(model, ids, { loss: (output) => output.select(1, 1).sum() })[1].norms.slice(2)).toEqual(
      new Float64Array(2),
    );
    const [one] = gradientFlow(new RNN({ inputSize: 3, hiddenSize: 4, batchFirst: true }), randn([6, 3]));
    expect(one.norms.length).toBe(6);
  });

  test('a model of one’s own: the loss it returns, a module called twice, dropout off', () => {
    class Twice extends Module {
      rnn = new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, dropout: 0.5, projSize: 2 });
      forward(x: TensorLike): Tensor {
        const [, state] = this.rnn.forward(x);
        return this.rnn.forward(x, state)[0].mean();
      }
    }
    const model = new Twice();
    const x = randn([3, 2, 3]);
    const flow = gradientFlow(model, x);
    expect(flow.map(({ module, layer }) => `${module} ${layer}`)).toEqual(['rnn 0', 'rnn 1', 'rnn 0', 'rnn 1']);
    expect(flow.every(({ norms }) => norms.length === 3 && norms.every((n) => n > 0))).toBe(true);
    expect(gradientFlow(model, x)).toEqual(flow);
    expect([model.training, model.rnn.training]).toEqual([true, true]);
  });

  test('weights, gradients, modes and memory are as before, also with frozen weights and after an error', () => {
    const model = new GRU({ inputSize: 3, hiddenSize: 4 });
    const x = tensor(randn([4, 1, 3]).data(), { shape: [4, 1, 3], requiresGrad: true });
    const h0 = tensor(randn([1, 1, 4]).data(), { shape: [1, 1, 4], requiresGrad: true });
    scope(() => model.forward(x, h0)[0].sum().backward());
    const tensors = [...model.parameters(), x, h0];
    const before = tensors.map((t) => [t.toArray(), t.grad!.toArray()]);
    const flow = gradientFlow(model, x, { state: h0 });
    const { liveBytes } = memoryInfo();
    expect(gradientFlow(model, x, { state: h0 })).toEqual(flow);
    for (const p of model.parameters()) p.requiresGrad = false;
    expect(gradientFlow(model, x, { state: h0 })).toEqual(flow);
    const wrong = () => {
      throw new RangeError('no loss');
    };
    expect(() => gradientFlow(model, x, { loss: wrong })).toThrow(RangeError);
    expect(memoryInfo().liveBytes).toBe(liveBytes);
    expect(tensors.map((t) => [t.toArray(), t.grad!.toArray()])).toEqual(before);
    expect(model.parameters().some((p) => p.requiresGrad)).toBe(false);
    // The fused layer is back in its place.
    expect(model.forward(x, h0)[0].shape).toEqual([4, 1, 4]);
  });

  test('a model without recurrent modules has no flow; a loss that reaches nothing is GraphError', () => {
    expect(gradientFlow(new Linear({ inFeatures: 2, outFeatures: 1 }), [[1, 2]])).toEqual([]);
    const gru = new GRU({ inputSize: 2, hiddenSize: 1 });
    expect(() => gradientFlow(gru, [[1, 2]], { loss: () => tensor(1) })).toThrow(GraphError);
  });

  test('typed: loss sees what forward returns', () => {
    const rnn = new RNN({ inputSize: 2, hiddenSize: 3 });
    const packed: PackedSequence = packPaddedSequence(randn([2, 2, 2]), [2, 1]);
    expect(gradientFlow(rnn, packed, { loss: ([, hN]) => hN.sum() })).toEqual(gradientFlow(rnn, packed));
  });
});

test('over 50 steps an RNN’s gradient vanishes; an LSTM with a forget bias carries it', () => {
  manualSeed(0);
  const x = randn([50, 4, 8]);
  const share = (model: RNN | LSTM) => {
    const [{ norms }] = gradientFlow(model, x);
    return norms[0] / norms[49];
  };
  const rnn = new RNN({ inputSize: 8, hiddenSize: 32 });
  const lstm = new LSTM({ inputSize: 8, hiddenSize: 32 });
  const bias = lstm.bias_hh_l0.data().fill(4, 32, 64);
  lstm.bias_hh_l0.set(bias);
  expect(share(rnn)).toBeLessThan(1e-6);
  expect(share(lstm)).toBeGreaterThan(1e-2);
});

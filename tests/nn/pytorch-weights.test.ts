// Weights that are shared, tied, frozen or loaded in part, and models of cells and layers, as PyTorch's own tests have them.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  Adam,
  clipGradNorm,
  Embedding,
  GRU,
  Linear,
  LSTM,
  LSTMCell,
  Module,
  manualSeed,
  RNN,
  randn,
  SGD,
  scope,
  type Tensor,
  tensor,
} from '../../src/index.js';

beforeEach(() => manualSeed(1));

const MAKE = {
  RNN: (o = {}) => new RNN({ inputSize: 3, hiddenSize: 5, ...o }),
  LSTM: (o = {}) => new LSTM({ inputSize: 3, hiddenSize: 5, ...o }),
  GRU: (o = {}) => new GRU({ inputSize: 3, hiddenSize: 5, ...o }),
};
type Kind = keyof typeof MAKE;
const KINDS = Object.keys(MAKE) as Kind[];
/** [output, h, c?] of a layer, [h, c?] of a cell. */
function run(model: object, x: Tensor, state?: unknown): Tensor[] {
  return [(model as RNN).forward(x, state as Tensor)].flat(2) as Tensor[];
}
const values = (tensors: Tensor[]) => tensors.map((t) => t.toArray());
const gradients = (model: Module) => model.parameters().map((p) => p.grad!.data());

describe.each(KINDS)('%s', (kind) => {
  test('weights shared by two layers of one module, and by two modules, learn from both', () => {
    scope(() => {
      const model = MAKE[kind]({ inputSize: 5, numLayers: 2 });
      const free = MAKE[kind]({ inputSize: 5, numLayers: 2 });
      for (const name of ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'] as const) {
        model[`${name}_l1` as 'weight_hh_l1'] = model[`${name}_l0` as 'weight_hh_l0'];
      }
      expect(model.namedParameters().map(([name]) => name)).toEqual([
        'weight_ih_l0',
        'weight_hh_l0',
        'bias_ih_l0',
        'bias_hh_l0',
      ]);
      expect(Object.keys(model.stateDict())).toHaveLength(8);
      free.loadStateDict(model.stateDict());
      const x = randn([4, 2, 5]);
      for (const m of [model, free]) run(m, x)[0].sum().backward();
      for (const [name, p] of model.namedParameters()) {
        const [first, second] = [0, 1].map((k) => free.stateDict()[name.replace('l0', `l${k}`)].grad!.data());
        p.grad!.data().forEach((g: number, i: number) => {
          expect(Math.abs(g - first[i] - second[i])).toBeLessThan(1e-5);
        });
      }
      // One step moves the one tensor, so both layers stay the same.
      new SGD(model.parameters(), { lr: 0.1 }).step();
      expect(model.weight_hh_l1.toArray()).toEqual(model.weight_hh_l0.toArray());
    });
  });

  test('a partial state dict: refused when strict, else what is there is loaded and the rest named', () => {
    const model = MAKE[kind]({ numLayers: 2 });
    const before = model.weight_hh_l1.toArray();
    const partial = { weight_hh_l0: MAKE[kind]().weight_hh_l0, 'head.weight': [1] };
    expect(() => model.loadStateDict(partial)).toThrow(/missing: weight_ih_l0, bias_ih_l0.*unexpected: head.weight/);
    expect(model.loadStateDict(partial, { strict: false })).toEqual({
      missingKeys: Object.keys(model.stateDict()).filter((name) => name !== 'weight_hh_l0'),
      unexpectedKeys: ['head.weight'],
    });
    expect(model.weight_hh_l0.toArray()).toEqual(partial.weight_hh_l0.toArray());
    expect(model.weight_hh_l1.toArray()).toEqual(before);
  });
});

describe('models of cells and layers', () => {
  test('one cell over the steps and its layer: the same gradients', () => {
    scope(() => {
      const cell = new LSTMCell({ inputSize: 3, hiddenSize: 5 });
      const layer = new LSTM({ inputSize: 3, hiddenSize: 5 });
      layer.loadStateDict(Object.fromEntries(cell.namedParameters().map(([name, p]) => [`${name}_l0`, p])));
      const x = randn([6, 2, 3]);
      let state: [Tensor, Tensor] | undefined;
      for (let t = 0; t < 6; t++) state = cell.forward(x.select(0, t), state);
      state![0].sum().backward();
      layer.forward(x)[1][0].sum().backward();
      gradients(layer).forEach((want, k) => {
        gradients(cell)[k].forEach((g: number, i: number) => {
          expect(Math.abs(g - want[i])).toBeLessThan(2e-6);
        });
      });
    });
  });

  test('an embedding tied to the output, under both names', () => {
    class Tied extends Module {
      embedding = new Embedding({ numEmbeddings: 7, embeddingDim: 4 });
      gru = new GRU({ inputSize: 4, hiddenSize: 4 });
      head = new Linear({ inFeatures: 4, outFeatures: 7 });
      constructor() {
        super();
        this.head.weight = this.embedding.weight;
      }
      forward(ids: number[][]): Tensor {
        return this.head.forward(this.gru.forward(this.embedding.forward(ids))[0]);
      }
    }
    scope(() => {
      const [tied, copy] = [new Tied(), new Tied()];
      expect(tied.namedParameters().filter(([name]) => /embedding|head/.test(name))).toHaveLength(2);
      copy.loadStateDict(tied.stateDict());
      expect(copy.head.weight).toBe(copy.embedding.weight);
      expect(copy.forward([[1, 2]]).toArray()).toEqual(tied.forward([[1, 2]]).toArray());
      tied
        .forward([[1]])
        .sum()
        .backward();
      // Row 1 was looked up, the others only multiplied.
      const [row0, row1] = tied.embedding.weight.grad!.toArray() as number[][];
      expect(row0).toEqual((tied.embedding.weight.grad!.toArray() as number[][])[2]);
      expect(row1).not.toEqual(row0);
    });
  });

  test('Linear and Embedding read transposed inputs as they look', () => {
    scope(() => {
      const linear = new Linear({ inFeatures: 3, outFeatures: 2 });
      const x = randn([3, 4]).transpose(0, 1);
      expect(linear.forward(x).toArray()).toEqual(linear.forward(tensor(x.data(), [4, 3])).toArray());
      const embedding = new Embedding({ numEmbeddings: 9, embeddingDim: 2 });
      const ids = tensor(Int32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
      expect(embedding.forward(ids.transpose(0, 1)).toArray()).toEqual(
        embedding.forward(ids).transpose(0, 1).toArray(),
      );
    });
  });

  test('frozen weights: an optimizer and clipping pass over them, what is below them still learns', () => {
    scope(() => {
      const [below, above] = [MAKE.GRU(), MAKE.GRU({ inputSize: 5 })];
      for (const p of above.parameters()) p.requiresGrad = false;
      const all = [...below.parameters(), ...above.parameters()];
      const optimizer = new Adam(all, { lr: 0.1 });
      const before = values(all);
      above
        .forward(below.forward(randn([4, 2, 3]))[0])[0]
        .sum()
        .backward();
      expect(above.parameters().every((p) => p.grad === null)).toBe(true);
      expect(clipGradNorm(all, 1)).toBeGreaterThan(0);
      optimizer.step();
      values(all).forEach((now, i) => {
        if (i < 4) expect(now).not.toEqual(before[i]);
        else expect(now).toEqual(before[i]);
      });
      optimizer.dispose();
    });
  });
});

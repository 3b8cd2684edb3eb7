// weightNorm against torch.nn.utils.weight_norm, and what its computed weight must do.
import { describe, expect, test } from 'vitest';
import {
  Conv1d,
  GRU,
  GraphError,
  gradCheck,
  Linear,
  LSTM,
  type Module,
  manualSeed,
  memoryInfo,
  parameter,
  randn,
  removeWeightNorm,
  Sequential,
  SGD,
  scope,
  type Tensor,
  tensor,
  ValueError,
  weightNorm,
} from '../../src/index.js';
import { type Entry, Goldens, Ratios } from '../goldens/read.js';

interface WeightNormCase {
  name: string;
  module: 'linear' | 'lstm' | 'gru';
  weight: string;
  dim: number | null;
  weights: Record<string, Entry>;
  input: Entry;
  upstream: Entry;
  results: Record<string, Entry>;
}
const MAKE = {
  linear: () => new Linear({ inFeatures: 5, outFeatures: 7 }),
  lstm: () => new LSTM({ inputSize: 5, hiddenSize: 7 }),
  gru: () => new GRU({ inputSize: 5, hiddenSize: 7 }),
};
const linear = (name = 'weight', dim: number | null = 0) =>
  weightNorm(new Linear({ inFeatures: 3, outFeatures: 2 }), name, dim);

describe('PyTorch', () => {
  const goldens = new Goldens<WeightNormCase>('weight-norm');
  const ratios = new Ratios();
  test.each(goldens.cases)('$name', (c) => {
    scope(() => {
      const model: Module = weightNorm<Module>(MAKE[c.module](), c.weight, c.dim);
      expect(Object.keys(model.stateDict()).sort()).toEqual(Object.keys(c.weights).sort());
      model.loadStateDict(goldens.record(c.weights));
      const results = goldens.record(c.results);
      const leaf = goldens.read(c.input);
      const x = tensor(leaf.data as Float32Array, { shape: leaf.shape, requiresGrad: true });
      const output = [model.forward(x)].flat()[0] as Tensor;
      const up = goldens.read(c.upstream);
      output
        .mul(tensor(up.data as Float32Array, up.shape))
        .sum()
        .backward();
      ratios.compare('output', output, results.output);
      ratios.compare('weight', (model as never as Record<string, Tensor>)[c.weight], results.weight);
      ratios.compare('dInput', x.grad!, results.dInput);
      for (const [name, p] of model.namedParameters()) ratios.compare(`d.${name}`, p.grad!, results[`d.${name}`]);
      model.dispose();
    });
  });
});

test('the weight at first is what it was; names and order as in PyTorch', () => {
  const model = new Linear({ inFeatures: 3, outFeatures: 2 });
  const before = model.weight.data();
  weightNorm(model);
  expect(Object.keys(model.stateDict())).toEqual(['bias', 'weight_g', 'weight_v']);
  expect(model.stateDict().weight_g.shape).toEqual([2, 1]);
  const worst = Math.max(...Array.from(model.weight.data(), (v, i) => Math.abs(v - before[i])));
  expect(worst).toBeLessThan(1e-7);
  expect(linear('weight', null).stateDict().weight_g.shape).toEqual([]);
  model.dispose();
});

test('gradCheck; every forward has a graph of its own', () => {
  manualSeed(1);
  const model = linear();
  const x = parameter(randn([4, 3]));
  expect(gradCheck(() => model.forward(x), [x, ...model.parameters()])).toBe(true);
  scope(() => {
    const [one, two] = [model.forward(x).sum(), model.forward(x).sum()];
    one.backward();
    two.backward();
    const again = model.forward(x).sum();
    again.backward();
    expect(() => again.backward()).toThrow(GraphError);
  });
});

test('training moves g and v; predict, streams and the property follow; memory is flat, also without a scope', () => {
  manualSeed(2);
  const before = memoryInfo().liveBlocks;
  const model = new Sequential(
    weightNorm(new GRU({ inputSize: 3, hiddenSize: 4 }), 'weight_hh_l0'),
    linear('weight', 1).train(),
  );
  model.dispose();
  expect(memoryInfo().liveBlocks).toBe(before);
  const gru = weightNorm(weightNorm(new GRU({ inputSize: 3, hiddenSize: 4 }), 'weight_hh_l0'), 'weight_ih_l0', null);
  const stream = gru.stream();
  const optimizer = new SGD(gru.parameters(), { lr: 0.5 });
  const step = () => {
    optimizer.zeroGrad();
    scope(() =>
      gru
        .forward([
          [1, 2, 3],
          [3, 2, 1],
        ])[0]
        .sum()
        .backward(),
    );
    optimizer.step();
    stream.reset();
    return [...stream.step([1, 2, 3])];
  };
  const outputs = [step(), step(), step()];
  expect(outputs[1]).not.toEqual(outputs[0]);
  expect(outputs[2]).toEqual([...(gru.predict([[1, 2, 3]])[0] as Float32Array)]);
  const live = memoryInfo();
  for (let i = 0; i < 20; i++) step();
  expect([memoryInfo().liveBlocks, memoryInfo().liveBytes]).toEqual([live.liveBlocks, live.liveBytes]);
  const x = randn([2, 3]);
  const one = linear();
  one.forward(x).dispose();
  const flat = memoryInfo().liveBlocks;
  for (let i = 0; i < 20; i++) one.forward(x).dispose();
  expect(memoryInfo().liveBlocks).toBe(flat);
  x.dispose();
  one.dispose();
  optimizer.dispose();
  gru.dispose();
  expect(() => stream.step([1, 2, 3])).toThrow(/disposed/);
  stream.dispose();
  expect(memoryInfo().liveBlocks).toBe(before);
});

test('a convolution: g has one length per channel', () => {
  manualSeed(3);
  const conv = weightNorm(new Conv1d({ inChannels: 2, outChannels: 3, kernelSize: 2 }));
  expect(conv.stateDict().weight_g.shape).toEqual([3, 1, 1]);
  const x = parameter(randn([2, 2, 5]));
  expect(gradCheck(() => conv.forward(x), [x, ...conv.parameters()])).toBe(true);
  expect(
    weightNorm(new Conv1d({ inChannels: 2, outChannels: 3, kernelSize: 2 }), 'weight', 2).stateDict().weight_g.shape,
  ).toEqual([1, 1, 2]);
});

test('removeWeightNorm gives the parameter back with the value of now', () => {
  const before = memoryInfo().liveBlocks;
  const model = linear();
  const v = model.parameters().at(-1)!;
  model.stateDict().weight_g.set([[2], [3]]);
  const weight = model.weight.data();
  removeWeightNorm(model);
  expect(Object.keys(model.stateDict())).toEqual(['bias', 'weight']);
  expect(model.weight.data()).toEqual(weight);
  expect(model.weight).toBe(v);
  expect(Math.hypot(...weight.subarray(0, 3))).toBeCloseTo(2, 5);
  scope(() => model.forward([1, 2, 3]).sum().backward());
  expect(model.weight.grad).not.toBe(null);
  weightNorm(model);
  model.dispose();
  expect(memoryInfo().liveBlocks).toBe(before);
});

test('errors', () => {
  expect(() => linear('wait')).toThrow("weightNorm: Linear has no parameter 'wait'");
  expect(() => linear('weight', 2)).toThrow(/weightNorm: dim/);
  expect(() => weightNorm(linear())).toThrow(ValueError);
  expect(() => removeWeightNorm(new Linear({ inFeatures: 1, outFeatures: 1 }))).toThrow(
    "removeWeightNorm: Linear has no weightNorm of 'weight'",
  );
});

// Module: finding parameters, state dicts, modes, predict, disposal.
import { describe, expect, test } from 'vitest';
import {
  concat,
  Dropout,
  Embedding,
  GRU,
  gradCheck,
  Linear,
  LSTM,
  Module,
  manualSeed,
  memoryInfo,
  ones,
  parameter,
  ReLU,
  randn,
  Sequential,
  ShapeError,
  StateDictError,
  scope,
  type Tensor,
  type TensorLike,
  tensor,
  ValueError,
} from '../../src/index.js';

class Net extends Module {
  scale = parameter([2]);
  layers = [new Linear({ inFeatures: 2, outFeatures: 3 }), new Linear({ inFeatures: 3, outFeatures: 1, bias: false })];
  drop = new Dropout({ p: 0.5 });
  note = 'not a parameter';
  temporary = ones([1]);
  constructor() {
    super();
    this.registerBuffer('mean', tensor([7]));
  }
  forward(x: TensorLike): Tensor {
    return scope(() =>
      this.layers[1]
        .forward(this.drop.forward(this.layers[0].forward(x)))
        .mul(this.scale)
        .add(this.mean as Tensor),
    );
  }
  declare mean: Tensor;
}

describe('parameters', () => {
  test('own properties in definition order, arrays as name.0; plain tensors are none', () => {
    expect(new Net().namedParameters().map(([name]) => name)).toEqual([
      'scale',
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
    ]);
    expect(Object.keys(new Net().stateDict())).toEqual([
      'scale',
      'mean',
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
    ]);
  });
  test('tied weights: named once, twice in the state dict, gradients of both uses', () => {
    const a = new Linear({ inFeatures: 2, outFeatures: 2, bias: false });
    const b = new Linear({ inFeatures: 2, outFeatures: 2, bias: false });
    b.weight.dispose();
    b.weight = a.weight;
    const both = new Sequential(a, b);
    expect(both.namedParameters().map(([name]) => name)).toEqual(['0.weight']);
    expect(Object.keys(both.stateDict())).toEqual(['0.weight', '1.weight']);
    a.weight.set([
      [1, 0],
      [0, 1],
    ]);
    scope(() =>
      both
        .forward([[1, 2]])
        .sum()
        .backward(),
    );
    expect(a.weight.grad!.toArray()).toEqual([
      [2, 4],
      [2, 4],
    ]);
  });
  test('tied weights inside one recurrent layer get both gradients', () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 3, bidirectional: true });
    const free = new LSTM({ inputSize: 3, hiddenSize: 3, bidirectional: true });
    lstm.weight_ih_l0_reverse = lstm.weight_ih_l0;
    free.loadStateDict(lstm.stateDict());
    const x = randn([4, 2, 3]);
    for (const model of [lstm, free]) scope(() => model.forward(x)[0].sum().backward());
    const sum = scope(() => free.weight_ih_l0.grad!.add(free.weight_ih_l0_reverse.grad!).data());
    const got = lstm.weight_ih_l0.grad!.data();
    // The same products in another order of addition.
    got.forEach((g: number, i: number) => {
      expect(Math.abs(g - sum[i])).toBeLessThan(2e-6);
    });
  });
});

describe('state dicts', () => {
  test('round trip through another module, arrays and Maps', () => {
    const [one, two] = [new Net(), new Net()];
    two.loadStateDict(one.stateDict());
    expect(two.layers[0].weight.toArray()).toEqual(one.layers[0].weight.toArray());
    two.loadStateDict(
      new Map(Object.entries(one.stateDict()).map(([name, t]) => [name, { shape: t.shape, data: t.data() }])),
    );
    two.loadStateDict({ scale: [5] }, { strict: false });
    expect(two.scale.toArray()).toEqual([5]);
  });
  test('one error lists everything missing, unexpected and misshapen; nothing was written', () => {
    const net = new Net();
    const before = Object.values(net.stateDict()).map((t) => t.data());
    const bad = { scale: [1, 2], 'layers.0.bias': [1, 2, 3], extra: [1], __proto__x: [1] };
    expect(() => net.loadStateDict(bad)).toThrow(StateDictError);
    expect(() => net.loadStateDict(bad)).toThrow(
      'Net.loadStateDict: missing: mean, layers.0.weight, layers.1.weight; unexpected: extra, __proto__x; wrong shape: scale is [2] (expected [1])',
    );
    expect(() => net.loadStateDict({ scale: [1, 2] }, { strict: false })).toThrow(/wrong shape/);
    expect(Object.values(net.stateDict()).map((t) => t.data())).toEqual(before);
  });
  test('not strict: what was missing and unexpected is returned', () => {
    expect(
      new Linear({ inFeatures: 1, outFeatures: 1 }).loadStateDict({ bias: [3], other: [1] }, { strict: false }),
    ).toEqual({
      missingKeys: ['weight'],
      unexpectedKeys: ['other'],
    });
  });
});

describe('running', () => {
  test('predict: eval mode, plain arrays, no memory left, mode restored also after an error', () => {
    const net = new Net();
    net.layers[1].eval();
    const before = memoryInfo().liveBlocks;
    const first = net.predict([[1, 2]]);
    expect(first).toBeInstanceOf(Float32Array);
    expect(net.predict([[1, 2]])).toEqual(first);
    // The packed weights stay with their weights.
    net.predict([[1, 2]]);
    expect(memoryInfo().liveBlocks - before).toBeLessThanOrEqual(2);
    expect([net.training, net.drop.training, net.layers[1].training]).toEqual([true, true, false]);
    expect(() => net.predict([[1]])).toThrow();
    expect(net.training).toBe(true);
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3 });
    const [output, [h, c]] = lstm.predict([[[1, 2]]]);
    expect([output, h, c].map((x) => [x.constructor.name, x.length])).toEqual(Array(3).fill(['Float32Array', 3]));
  });
  test('train() and eval() reach every module', () => {
    const net = new Net();
    net.eval();
    expect([...net.modules()].every((m) => !m.training)).toBe(true);
    net.train();
    expect([...net.modules()].every((m) => m.training)).toBe(true);
  });
  test('Sequential: names, and a recurrent layer passes its output on', () => {
    const model = new Sequential(
      new GRU({ inputSize: 2, hiddenSize: 3 }),
      new ReLU(),
      new Linear({ inFeatures: 3, outFeatures: 1 }),
    );
    expect(Object.keys(model.stateDict())[0]).toBe('0.weight_ih_l0');
    expect(model.length).toBe(3);
    scope(() => expect(model.forward(randn([4, 2, 2])).shape).toEqual([4, 2, 1]));
    expect(() => new Sequential({} as never)).toThrow(ValueError);
  });
  test('dispose frees everything, once', () => {
    const before = memoryInfo().liveBlocks;
    const model = new Sequential(
      new Embedding({ numEmbeddings: 3, embeddingDim: 2 }),
      new LSTM({ inputSize: 2, hiddenSize: 2 }),
    );
    scope(() =>
      model
        .forward([[0, 1]])
        .sum()
        .backward(),
    );
    model.dispose();
    model.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
    expect(() => model.forward([[0]])).toThrow(/dispose\(\) was called on this module/);
  });
  test('toString and summary show the structure', () => {
    const model = new Sequential(
      new LSTM({ inputSize: 2, hiddenSize: 3, numLayers: 2 }),
      new Linear({ inFeatures: 3, outFeatures: 1 }),
    );
    expect(String(model)).toBe(
      'Sequential(\n  (0): LSTM({ inputSize: 2, hiddenSize: 3, numLayers: 2 })\n  (1): Linear({ inFeatures: 3, outFeatures: 1 })\n)',
    );
    expect(model.summary()).toMatch(/0 +LSTM +weight_ih_l0 12×2 +180/);
    expect(model.summary()).toMatch(/total +184/);
  });
  test('an assigned weight of another shape is refused, not read out of bounds', () => {
    const linear = new Linear({ inFeatures: 2, outFeatures: 3 });
    linear.weight = parameter([[1, 2, 3]]);
    expect(() => linear.forward([[1, 2]])).toThrow(
      /weight is float32 \[1, 3\] and bias \[3\]; expected float32 \[out, 2\]/,
    );
    expect(() => linear.stream()).toThrow(ShapeError);
    const embedding = new Embedding({ numEmbeddings: 3, embeddingDim: 2 });
    embedding.weight = parameter([1, 2]);
    expect(() => embedding.forward([0])).toThrow(ShapeError);
  });
  test('Embedding refuses indices out of range, floats and bad padding', () => {
    const embedding = new Embedding({ numEmbeddings: 3, embeddingDim: 2 });
    expect(() => embedding.forward([0, 3])).toThrow(/index at position 1 is out of range; expected 0 to 2/);
    expect(() => embedding.forward([-1])).toThrow(ValueError);
    expect(() => embedding.forward([0.5])).toThrow(/no place in int32/);
    expect(() => embedding.forward(ones([1]))).toThrow(/expected int32/);
    expect(() => new Embedding({ numEmbeddings: 3, embeddingDim: 2, paddingIdx: 3 })).toThrow(ValueError);
  });
});

test('residual and concatenated branches: gradients reach every weight and the input', () => {
  class Block extends Module {
    up = new LSTM({ inputSize: 3, hiddenSize: 3 });
    side = new GRU({ inputSize: 3, hiddenSize: 2 });
    forward(x: Tensor): Tensor {
      return concat([x.add(this.up.forward(x)[0]), this.side.forward(x)[0]], -1);
    }
  }
  scope(() => {
    manualSeed(3);
    const block = new Block();
    const x = parameter(randn([4, 2, 3]));
    expect(block.forward(x).shape).toEqual([4, 2, 5]);
    expect(gradCheck(() => block.forward(x), [x, ...block.parameters()])).toBe(true);
  });
});

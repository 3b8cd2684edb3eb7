// Activations: what PyTorch's goldens (tests/goldens/functions.test.ts) do not show.
import { describe, expect, test } from 'vitest';
import {
  ELU,
  GELU,
  gradCheck,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LeakyReLU,
  Linear,
  LogSigmoid,
  LogSoftmax,
  type Module,
  manualSeed,
  memoryInfo,
  PReLU,
  parameter,
  ReLU,
  randn,
  Sequential,
  ShapeError,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  scope,
  Tanh,
  type Tensor,
  UnsupportedError,
  ValueError,
} from '../../src/index.js';

const MAKE: Record<string, () => Module> = {
  ELU: () => new ELU({ alpha: 0.7 }),
  GELU: () => new GELU(),
  'GELU tanh': () => new GELU({ approximate: 'tanh' }),
  Hardsigmoid: () => new Hardsigmoid(),
  Hardswish: () => new Hardswish(),
  Hardtanh: () => new Hardtanh({ minVal: -0.6, maxVal: 2 }),
  Identity: () => new Identity(),
  LeakyReLU: () => new LeakyReLU({ negativeSlope: 0.2 }),
  LogSigmoid: () => new LogSigmoid(),
  LogSoftmax: () => new LogSoftmax({ dim: -1 }),
  PReLU: () => new PReLU(),
  'PReLU by feature': () => new PReLU({ numParameters: 5, init: 0.4 }),
  ReLU: () => new ReLU(),
  Sigmoid: () => new Sigmoid(),
  SiLU: () => new SiLU(),
  Softmax: () => new Softmax({ dim: 1 }),
  Softplus: () => new Softplus(),
  'Softplus, low threshold': () => new Softplus({ beta: 2, threshold: 1 }),
  Softsign: () => new Softsign(),
  Tanh: () => new Tanh(),
};

describe.each(Object.entries(MAKE))('%s', (_name, make) => {
  test('gradients against differences', () => {
    manualSeed(1);
    const module = make();
    scope(() => {
      // -0.6 and 0 are corners of some, 0.5 a step of softplus: h is 2^-7, so nothing lies nearer.
      const x = randn([4, 5]).mul(2).data();
      const clear = x.map((v) => ([0, -0.6, 0.5].some((corner) => Math.abs(v - corner) < 0.05) ? 0.3 : v));
      const leaf = parameter(clear, [4, 5]);
      expect(gradCheck((y) => module.forward(y) as Tensor, [leaf, ...module.parameters()])).toBe(true);
      leaf.dispose();
    });
    module.dispose();
  });

  test.each([1, 3])('in a stream: the bits of forward, batch %i; nothing leaks', (batch) => {
    manualSeed(2);
    const before = memoryInfo().liveBlocks;
    const activation = make();
    const model = new Sequential(new Linear({ inFeatures: 3, outFeatures: 5 }), activation);
    scope(() => {
      const x = randn([6, batch, 3]).mul(4);
      const stream = model.stream({ batch });
      const compare = () => {
        for (let t = 0; t < 6; t++) {
          const row = x.select(0, t);
          expect([...stream.step(row)]).toEqual([...(model.predict(row) as Float32Array)]);
        }
      };
      compare();
      for (const p of activation.parameters()) {
        p.set(p.data().map((v) => v + 1));
        compare();
      }
      if (activation instanceof PReLU) {
        const old = activation.weight;
        activation.weight = parameter(new Array(activation.numParameters).fill(-0.5));
        old.dispose();
        compare();
      }
      stream.dispose();
    });
    model.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
  });

  test('steps leave nothing behind', () => {
    const module = make();
    const step = () =>
      scope(() => {
        const x = randn([2, 5], { requiresGrad: true });
        (module.forward(x) as Tensor).sum().backward();
        module.forward([[1, 2, 3, 4, 5]]);
        module.zeroGrad();
      });
    step();
    const before = memoryInfo().liveBlocks;
    for (let i = 0; i < 5; i++) step();
    expect(memoryInfo().liveBlocks).toBe(before);
    module.dispose();
  });
});

test('a batch of which fewer rows step: the others keep their output', () => {
  manualSeed(3);
  const activations = [new GELU(), new Hardtanh(), new Softmax({ dim: -1 }), new PReLU(), new Softsign()];
  const model = new Sequential(new Linear({ inFeatures: 3, outFeatures: 4 }), ...activations);
  const stream = model.stream({ batch: 3 });
  const before = [...stream.step(new Float32Array(9).fill(0.5))];
  stream.plan.write(new Float32Array(9).fill(2), 0);
  stream.plan.run(1);
  const first = model.predict([[2, 2, 2]]) as Float32Array;
  // step() gives a view of the plan's output.
  const view = stream.step(new Float32Array(9).fill(0.5));
  expect([...view]).toEqual(before);
  stream.plan.write(new Float32Array(9).fill(2), 0);
  stream.plan.run(1);
  expect([...view]).toEqual([...first, ...before.slice(4)]);
  stream.dispose();
  model.dispose();
});

test('options are shown, kept and trained', () => {
  expect(String(new Softplus({ beta: 2 }))).toBe('Softplus({ beta: 2 })');
  expect(String(new ReLU())).toBe('ReLU()');
  const prelu = new PReLU({ numParameters: 2, init: 0.5 });
  expect(prelu.stateDict().weight.toArray()).toEqual([0.5, 0.5]);
  expect(prelu.parameters()).toEqual([prelu.weight]);
  prelu.dispose();
  expect(() => prelu.forward([[1, 2]])).toThrow(/dispose\(\) was called/);
});

test.each<[string, () => unknown, new () => Error, RegExp]>([
  [
    'a typo',
    () => new LeakyReLU({ slope: 1 } as never),
    ValueError,
    /LeakyReLU: unknown option 'slope'; expected negativeSlope/,
  ],
  ['a string', () => new ELU({ alpha: 'x' as never }), ValueError, /ELU: alpha is 'x'; expected a number/],
  ['NaN', () => new ELU({ alpha: Number.NaN }), ValueError, /alpha is NaN/],
  [
    'an option where there are none',
    () => new (Tanh as new (o: object) => Tanh)({ dim: 1 }),
    ValueError,
    /unknown option 'dim'/,
  ],
  ['no dim', () => new Softmax({} as never), ValueError, /Softmax: option 'dim' is missing/],
  ['no dim either', () => new LogSoftmax({} as never), ValueError, /LogSoftmax: option 'dim' is missing/],
  [
    'another approximation',
    () => new GELU({ approximate: 'erf' as never }),
    ValueError,
    /'erf'; expected 'none' or 'tanh'/,
  ],
  [
    'other channels',
    () => new PReLU({ numParameters: 3 }).forward([[1, 2]]),
    ShapeError,
    /\[1, 2\]; expected 3 channels/,
  ],
  [
    'a softmax over rows in a stream',
    () => new Sequential(new Linear({ inFeatures: 2, outFeatures: 2 }), new Softmax({ dim: 0 })).stream(),
    UnsupportedError,
    /stream: softmax over dim 0; expected -1/,
  ],
])('%s', (_name, act, kind, message) => {
  expect(act).toThrow(kind);
  expect(act).toThrow(message);
});

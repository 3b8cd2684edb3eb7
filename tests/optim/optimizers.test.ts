// Optimizers and clipping: what the goldens (tests/goldens/training.test.ts) do not cover.
import { afterEach, describe, expect, test } from 'vitest';
import {
  Adagrad,
  Adam,
  AdamW,
  clipGradNorm,
  clipGradValue,
  memoryInfo,
  OutOfMemoryError,
  ones,
  parameter,
  RMSprop,
  SGD,
  StateDictError,
  setMemoryLimit,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';
import { numbers } from '../assembly/float64.js';

afterEach(() => setMemoryLimit(Number.POSITIVE_INFINITY));
const MAKE = {
  SGD: (p: Tensor[]) => new SGD(p, { lr: 0.1, momentum: 0.9 }),
  Adam: (p: Tensor[]) => new Adam(p, { lr: 0.1 }),
  AdamW: (p: Tensor[]) => new AdamW(p, { lr: 0.1, amsgrad: true }),
  RMSprop: (p: Tensor[]) => new RMSprop(p, { lr: 0.1, momentum: 0.5, centered: true }),
  Adagrad: (p: Tensor[]) => new Adagrad(p, { lr: 0.1, initialAccumulatorValue: 0.1 }),
};

describe.each(Object.entries(MAKE))('%s', (_name, make) => {
  const step = (optimizer: ReturnType<typeof make>, p: Tensor, seed: number) => {
    p.grad = tensor(numbers(5, seed));
    optimizer.step();
    optimizer.zeroGrad();
    expect(p.grad).toBeNull();
    return [...p.data()];
  };

  test('a state dict continues the same path', () => {
    const [p, q] = [parameter(numbers(5, 1)), parameter(numbers(5, 1))];
    const [one, two] = [make([p]), make([q])];
    for (let i = 0; i < 3; i++) step(one, p, i);
    q.set(p);
    two.loadStateDict(one.stateDict());
    for (let i = 3; i < 8; i++) expect(step(two, q, i)).toEqual(step(one, p, i));
  });
  test('a wrong state dict is refused before anything changes', () => {
    const p = parameter(numbers(5, 1));
    const optimizer = make([p]);
    step(optimizer, p, 1);
    const before = optimizer.stateDict();
    const other = make([parameter(ones([4]))]);
    other.parameters[0].grad = ones([4]);
    other.step();
    expect(() => optimizer.loadStateDict(other.stateDict())).toThrow(StateDictError);
    expect(() => optimizer.loadStateDict(make([parameter([1]), parameter([1])]).stateDict())).toThrow(
      /holds 2 parameters; expected 1/,
    );
    expect(optimizer.stateDict()).toEqual(before);
  });
  test('parameters without a gradient stay as they are', () => {
    const [p, q] = [parameter([1, 2]), parameter([3, 4])];
    const optimizer = make([p, q]);
    p.grad = ones([2]);
    optimizer.step();
    expect(q.toArray()).toEqual([3, 4]);
    expect(p.toArray()).not.toEqual([1, 2]);
  });
  test('out of memory in the first step changes nothing', () => {
    const parameters = [parameter(new Float32Array(1000)), parameter(new Float32Array(100_000))];
    for (const p of parameters) p.grad = ones(p.shape.slice());
    const optimizer = make(parameters);
    setMemoryLimit(memoryInfo().liveBytes + 50_000);
    expect(() => optimizer.step()).toThrow(OutOfMemoryError);
    for (const p of parameters) expect(p.data().every((x: number) => x === 0)).toBe(true);
    expect(optimizer.stateDict().state).toEqual([null, null]);
    setMemoryLimit(Number.POSITIVE_INFINITY);
    optimizer.step();
    const once = make(parameters);
    for (const p of parameters) expect(p.data()[0]).not.toBe(0);
    once.dispose();
    optimizer.dispose();
  });
  test('dispose gives all of its memory back', () => {
    const p = parameter([1]);
    p.grad = ones([1]);
    const before = memoryInfo().liveBlocks;
    const optimizer = make([p]);
    optimizer.step();
    optimizer.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

test.each<[string, () => unknown]>([
  ['no parameters', () => new SGD([])],
  ['a tensor without requiresGrad', () => new Adam([ones([1])])],
  ['a negative lr', () => new SGD([parameter([1])], { lr: -1 })],
  ['a beta of 1', () => new Adam([parameter([1])], { betas: [0.9, 1] })],
  ['NaN', () => new Adam([parameter([1])], { eps: Number.NaN })],
  ['an unknown option', () => new SGD([parameter([1])], { learningRate: 1 } as never)],
  ['a group without params', () => new SGD([{ params: [parameter([1])] }, { lr: 1 } as never])],
  ['an empty group', () => new SGD([{ params: [] }])],
  ['a group out of range', () => new Adagrad([{ params: [parameter([1])], eps: -1 }])],
  ['nesterov without momentum', () => new SGD([parameter([1])], { nesterov: true })],
  ['a negative clip', () => clipGradNorm([parameter([1])], -1)],
])('%s is ValueError', (_name, make) => {
  expect(make).toThrow(ValueError);
});

describe('parameter groups', () => {
  const stepped = (optimizer: { step(): void }, parameters: Tensor[]) => {
    for (let i = 0; i < 3; i++) {
      for (const [at, p] of parameters.entries()) p.grad = tensor(numbers(4, 10 * i + at));
      optimizer.step();
    }
    return parameters.map((p) => [...p.data()]);
  };
  const pair = () => [parameter(numbers(4, 1)), parameter(numbers(4, 2))];

  test('each has its own options, defaults come from the optimizer', () => {
    const [p, q] = pair();
    const grouped = stepped(new Adam([{ params: [p] }, { params: [q], lr: 0.5, amsgrad: true }], { lr: 0.1 }), [p, q]);
    const [r, s] = pair();
    const [one, two] = [new Adam([r], { lr: 0.1 }), new Adam([s], { lr: 0.5, amsgrad: true })];
    const step = () => {
      one.step();
      two.step();
    };
    expect(grouped).toEqual(stepped({ step }, [r, s]));
  });
  test('options are live, lr is that of the first group and sets all', () => {
    const [p, q] = pair();
    const optimizer = new SGD([{ params: [p] }, { params: [q], lr: 0.5 }], { lr: 0.1 });
    expect([optimizer.lr, optimizer.paramGroups[1].lr]).toEqual([0.1, 0.5]);
    optimizer.paramGroups[1].lr = 0;
    const before = [...q.data()];
    expect(stepped(optimizer, [p, q])[1]).toEqual(before);
    optimizer.lr = 0.25;
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.25, 0.25]);
  });
  test('addParamGroup adds later ones, and nothing when they are refused', () => {
    const [p, q] = pair();
    const optimizer = new SGD([p], { lr: 0.1 });
    expect(() => optimizer.addParamGroup({ params: [q, p] })).toThrow(/parameter 1 of group 1 is there already/);
    expect(() => optimizer.addParamGroup({ params: [q, q] })).toThrow(ValueError);
    expect(optimizer.parameters).toEqual([p]);
    optimizer.addParamGroup({ params: [q], momentum: 0.9 });
    expect(optimizer.parameters).toEqual([p, q]);
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.1, 0],
      [0.1, 0.9],
    ]);
  });
  test('a state dict of other groups or options is refused', () => {
    const [p, q] = pair();
    const optimizer = new SGD([{ params: [p] }, { params: [q] }]);
    const flat = new SGD(pair()).stateDict();
    expect(() => optimizer.loadStateDict(flat)).toThrow(/holds 2 parameters; expected 2 in groups of 1, 1/);
    expect(() => new SGD(pair()).loadStateDict(new Adam(pair()).stateDict())).toThrow(
      /has the options betas, eps, amsgrad/,
    );
  });
  test('maximize ascends and leaves the gradient as it was', () => {
    const p = parameter([1, 2]);
    p.grad = tensor([0.5, -0.25]);
    new SGD([p], { lr: 1, maximize: true }).step();
    expect([p.toArray(), p.grad.toArray()]).toEqual([
      [1.5, 1.75],
      [0.5, -0.25],
    ]);
  });
});

describe('clipping', () => {
  const withGrads = () => {
    const parameters = [parameter([0, 0]), parameter([0]), parameter([0])];
    parameters[0].grad = tensor([3, 0]);
    parameters[1].grad = tensor([-4]);
    return parameters;
  };
  test('clipGradNorm gives the norm before and scales all gradients together', () => {
    const parameters = withGrads();
    expect(clipGradNorm(parameters, 1)).toBe(5);
    expect(parameters[0].grad!.data()[0]).toBeCloseTo(0.6, 5);
    expect(parameters[1].grad!.item()).toBeCloseTo(-0.8, 5);
    expect(clipGradNorm(parameters, 10)).toBeCloseTo(1, 5);
    expect(parameters[1].grad!.item()).toBeCloseTo(-0.8, 5);
  });
  test('a norm that is not finite can be an error, gradients unchanged', () => {
    const parameters = withGrads();
    parameters[1].grad = tensor([Number.NaN]);
    expect(() => clipGradNorm(parameters, 1, { errorIfNonfinite: true })).toThrow(ValueError);
    expect(parameters[0].grad!.toArray()).toEqual([3, 0]);
  });
  test('clipGradValue bounds every element', () => {
    const parameters = withGrads();
    clipGradValue(parameters, 2);
    expect([parameters[0].grad!.toArray(), parameters[1].grad!.toArray()]).toEqual([[2, 0], [-2]]);
  });
});

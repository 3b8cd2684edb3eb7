// Optimizers and clipping: what the goldens (tests/goldens/training.test.ts) do not cover.
import { afterEach, describe, expect, test } from 'vitest';
import {
  Adam,
  AdamW,
  clipGradNorm,
  clipGradValue,
  memoryInfo,
  OutOfMemoryError,
  ones,
  parameter,
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
  AdamW: (p: Tensor[]) => new AdamW(p, { lr: 0.1 }),
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
  ['nesterov without momentum', () => new SGD([parameter([1])], { nesterov: true })],
  ['a negative clip', () => clipGradNorm([parameter([1])], -1)],
])('%s is ValueError', (_name, make) => {
  expect(make).toThrow(ValueError);
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

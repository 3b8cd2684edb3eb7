// Learning-rate schedules against PyTorch's, step by step, for two groups; then what PyTorch's paths do not show.
import { describe, expect, test } from 'vitest';
import {
  Adagrad,
  Adam,
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  FormatError,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  parameter,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
  UnsupportedError,
  ValueError,
} from '../../src/index.js';
import { schedulers } from './files.js';

const SCHEDULERS = {
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  ReduceLROnPlateau,
  StepLR,
};
type Steps = { step(metric: number): void };

const sgd = (momentum = 0.9) => new SGD([parameter([1])], { lr: 0.2, momentum });
function twoGroups(kind: string): Optimizer {
  const groups = [{ params: [parameter([1])] }, { params: [parameter([1])], lr: 0.05 }];
  return kind === 'SGD' ? new SGD(groups, { lr: 0.2, momentum: 0.9 }) : new Adam(groups, { lr: 0.2 });
}
function make(scheduler: string, optimizer: Optimizer, options: object): Steps[] {
  const warmUp = () => [
    new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 }),
    new ExponentialLR(optimizer, { gamma: 0.9 }),
  ];
  if (scheduler === 'both') return warmUp();
  if (scheduler === 'SequentialLR') return [new SequentialLR(optimizer, { schedulers: warmUp(), milestones: [6] })];
  return [new SCHEDULERS[scheduler as keyof typeof SCHEDULERS](optimizer, options as never)];
}

describe('PyTorch', () => {
  const { cases, metrics } = schedulers();
  test.each(cases)('$name', ({ scheduler, optimizer: kind, options, path }) => {
    const optimizer = path[0].length === 1 ? sgd(0) : twoGroups(kind);
    const steps = make(scheduler, optimizer, options);
    path.forEach((expected, t) => {
      const got = (optimizer.paramGroups as unknown as { lr: number; momentum: number; betas: number[] }[]).map((g) => [
        g.lr,
        g.momentum ?? g.betas[0],
      ]);
      // Both are float64; the recurrences of the cosine amplify its last bit where the rate is near 0.
      expected.flat().forEach((want, i) => {
        expect(Math.abs(got.flat()[i] - want), `step ${t}`).toBeLessThanOrEqual(1e-12);
      });
      if (t < path.length - 1) for (const s of steps) s.step(metrics[t]);
    });
  });
});

test('LambdaLR multiplies the base rate', () => {
  const optimizer = twoGroups('SGD');
  const scheduler = new LambdaLR(optimizer, { lrLambda: [(t) => 1 / (1 + t), () => 2] });
  expect(scheduler.getLastLr()).toEqual([0.2, 0.1]);
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([0.1, 0.1]);
});

test('a group added later keeps its rate', () => {
  const optimizer = sgd();
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 2 });
  optimizer.addParamGroup({ params: [parameter([2])], lr: 0.5 });
  for (let t = 0; t < 5; t++) scheduler.step();
  expect(optimizer.paramGroups[1].lr).toBe(0.5);
  expect(scheduler.getLastLr().length).toBe(1);
});

test.each<[string, (optimizer: Optimizer) => { step(): void }]>([
  ['LambdaLR', (optimizer) => new LambdaLR(optimizer, { lrLambda: [(t) => 1 / (1 + t)] })],
  ['OneCycleLR', (optimizer) => new OneCycleLR(optimizer, { maxLr: [1], totalSteps: 9 })],
])('%s with a value for each group goes on when a group is added', (_name, make) => {
  const optimizer = sgd();
  const scheduler = make(optimizer);
  const before = optimizer.paramGroups[0].lr;
  optimizer.addParamGroup({ params: [parameter([2])], lr: 0.5 });
  scheduler.step();
  expect(optimizer.paramGroups[0].lr).not.toBe(before);
  expect(optimizer.paramGroups[1].lr).toBe(0.5);
});

test.each(Object.keys(SCHEDULERS).filter((name) => name !== 'ReduceLROnPlateau'))(
  '%s continues from its state dict, through JSON',
  (name) => {
    const options = {
      ConstantLR: { factor: 0.5 },
      CosineAnnealingLR: { tMax: 5 },
      ExponentialLR: { gamma: 0.5 },
      MultiStepLR: { milestones: [2, 4], gamma: 0.5 },
      OneCycleLR: { maxLr: 0.3, totalSteps: 9 },
      StepLR: { stepSize: 2 },
    }[name] as object;
    const [a, b] = [sgd(), sgd()];
    const [one] = make(name, a, options) as unknown as (Steps & StepLR)[];
    for (let t = 0; t < 3; t++) one.step();
    const [two] = make(name, b, options) as unknown as (Steps & StepLR)[];
    two.loadStateDict(JSON.parse(JSON.stringify(one.stateDict())));
    for (let t = 0; t < 4; t++) {
      expect(b.lr).toBe(a.lr);
      one.step();
      two.step();
    }
  },
);

test('ReduceLROnPlateau and SequentialLR continue from their state dicts', () => {
  const run = (optimizer: Optimizer) => [
    new ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 }),
    new SequentialLR(optimizer, {
      schedulers: [new LinearLR(optimizer), new StepLR(optimizer, { stepSize: 2 })],
      milestones: [3],
    }),
  ];
  for (const which of [0, 1]) {
    const [a, b] = [sgd(), sgd()];
    const one = run(a)[which] as unknown as Steps & StepLR;
    for (let t = 0; t < 4; t++) one.step(1);
    const two = run(b)[which] as unknown as Steps & StepLR;
    two.loadStateDict(JSON.parse(JSON.stringify(one.stateDict())));
    for (let t = 0; t < 4; t++) {
      expect(b.lr).toBe(a.lr);
      one.step(1);
      two.step(1);
    }
  }
});

test.each<[string, () => unknown]>([
  ['stepSize 0', () => new StepLR(sgd(), { stepSize: 0 })],
  ['a gamma that is missing', () => new ExponentialLR(sgd(), {} as never)],
  ['a milestone of 1.5', () => new MultiStepLR(sgd(), { milestones: [1.5] })],
  ['an unknown option', () => new StepLR(sgd(), { stepSize: 1, decay: 0.5 } as never)],
  ['an unknown mode', () => new ReduceLROnPlateau(sgd(), { mode: 'least' as never })],
  ['tMax -1', () => new CosineAnnealingLR(sgd(), { tMax: -1 })],
  ['startFactor 0', () => new LinearLR(sgd(), { startFactor: 0 })],
  ['two functions for one group', () => new LambdaLR(sgd(), { lrLambda: [() => 1, () => 1] })],
  ['no steps at all', () => new OneCycleLR(sgd(), { maxLr: 1 })],
  ['two maxima for one group', () => new OneCycleLR(sgd(), { maxLr: [1, 2], totalSteps: 5 })],
  ['factor 1', () => new ReduceLROnPlateau(sgd(), { factor: 1 })],
  ['another optimizer’s', () => new SequentialLR(sgd(), { schedulers: [new LinearLR(sgd())], milestones: [] })],
  ['a milestone too few', () => new SequentialLR(sgd(), { schedulers: [], milestones: [] })],
])('%s is ValueError', (_name, act) => {
  expect(act).toThrow(ValueError);
});
test('one step too many, an optimizer without momentum, a foreign state dict', () => {
  const scheduler = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 3 });
  for (let t = 0; t < 3; t++) scheduler.step();
  expect(() => scheduler.step()).toThrow(/called 4 times; expected at most totalSteps 3/);
  expect(() => new OneCycleLR(new Adagrad([parameter([1])]), { maxLr: 1, totalSteps: 3 })).toThrow(UnsupportedError);
  expect(() => new StepLR(sgd(), { stepSize: 1 }).loadStateDict({ lastEpoch: 1 })).toThrow(FormatError);
});

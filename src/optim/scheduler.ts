// Learning rates that change from step to step, as torch.optim.lr_scheduler: made with an optimizer, step() after the optimizer's step().
import { FormatError, ValueError } from '../errors.js';
import { type Check, checkOptions, withDefaults } from '../options.js';
import { cosPi } from './cosine.js';
import type { Optimizer, OptimizerOptions, ParamGroup } from './optimizer.js';
import { FACTOR, NUMBER, SIZES } from './rules.js';

type Group = ParamGroup<OptimizerOptions>;

/** Everything needed to continue a schedule; plain numbers, JSON keeps it. */
export type SchedulerStateDict = Record<string, unknown>;

/**
 * The base: subclasses say how a group's rate follows from the one before, as torch does it, so that several schedules may act on one
 * optimizer. `baseLrs` are the rates of the groups when the first schedule was made.
 */
export abstract class LRScheduler<O extends object = object> {
  /** Calls of step() so far. */
  lastEpoch = 0;
  readonly baseLrs: readonly number[];
  protected readonly options: O;

  /** `options` without a default are required. Sets the rates of step 0. */
  constructor(
    readonly optimizer: Optimizer,
    options: Partial<O>,
    defaults: Partial<O>,
    checks: Readonly<Record<string, Check>>,
  ) {
    const where = this.constructor.name;
    this.options = { ...options, ...withDefaults(options, defaults) } as O;
    checkOptions(where, this.options, checks, Object.keys(checks));
    this.baseLrs = optimizer.paramGroups.map(initialLr);
    this.begin();
  }
  /** Sets the rates of step 0. */
  protected begin(): void {
    this.apply();
  }

  /** The rate of group `index` at step lastEpoch; group.lr is that of the step before. */
  protected abstract next(group: Group, index: number): number;

  /** The next rate. */
  step(): void {
    this.lastEpoch++;
    this.apply();
  }
  private apply(): void {
    this.groups().forEach((group, i) => {
      group.lr = this.next(group, i);
    });
  }
  /** Those there were when the schedule was made: groups added later keep their rates, as in torch. */
  private groups(): Group[] {
    return this.optimizer.paramGroups.slice(0, this.baseLrs.length);
  }

  /** The rates in force, group by group. */
  getLastLr(): number[] {
    return this.groups().map(({ lr }) => lr);
  }

  /** @internal Starts over in the middle of another schedule (SequentialLR): the rates of step 0, from the base rates. */
  restart(): void {
    this.lastEpoch = 0;
    this.groups().forEach((group, i) => {
      group.lr = this.baseLrs[i];
    });
    this.apply();
  }

  stateDict(): SchedulerStateDict {
    return { ...this.counters(), baseLrs: [...this.baseLrs], lrs: this.getLastLr() };
  }
  /** Continues from a stateDict of the same schedule over as many groups; the rates in force are set too. */
  loadStateDict(dict: SchedulerStateDict): void {
    const counters = this.counters();
    const { lrs, baseLrs, ...others } = dict;
    const numbers = (x: unknown) =>
      Array.isArray(x) && x.length === this.baseLrs.length && x.every((y) => typeof y === 'number');
    const known = Object.keys(others).sort().join();
    if (!numbers(lrs) || !numbers(baseLrs) || known !== Object.keys(counters).sort().join()) {
      const expected = `${Object.keys(counters).join(', ')}, and baseLrs and lrs of ${this.baseLrs.length} groups`;
      throw new FormatError(
        `${this.constructor.name}.loadStateDict: has ${Object.keys(dict).join(', ')}; expected ${expected}`,
      );
    }
    Object.assign(this, others, { baseLrs });
    this.groups().forEach((group, i) => {
      group.lr = (lrs as number[])[i];
    });
  }
  /** What changes from step to step. */
  protected counters(): Record<string, unknown> {
    return { lastEpoch: this.lastEpoch };
  }
}

/** Rates before any schedule: torch keeps them in the group as initial_lr. */
const initialLrs = new WeakMap<object, number>();
function initialLr(group: Group): number {
  if (!initialLrs.has(group)) initialLrs.set(group, group.lr);
  return initialLrs.get(group)!;
}
/** OneCycleLR begins elsewhere. */
export function setInitialLr(group: Group, lr: number): void {
  initialLrs.set(group, lr);
}

/** Times gamma every stepSize steps. gamma: default 0.1. */
export class StepLR extends LRScheduler<{ stepSize: number; gamma: number }> {
  static override readonly name: string = 'StepLR';

  constructor(optimizer: Optimizer, options: { stepSize: number; gamma?: number }) {
    super(optimizer, options, { gamma: 0.1 }, { stepSize: 'size', gamma: NUMBER });
  }
  protected next({ lr }: Group): number {
    const { stepSize, gamma } = this.options;
    return this.lastEpoch > 0 && this.lastEpoch % stepSize === 0 ? lr * gamma : lr;
  }
}

/** Times gamma at each of the milestones, as often as it is listed. gamma: default 0.1. */
export class MultiStepLR extends LRScheduler<{ milestones: readonly number[]; gamma: number }> {
  static override readonly name: string = 'MultiStepLR';

  constructor(optimizer: Optimizer, options: { milestones: readonly number[]; gamma?: number }) {
    super(optimizer, options, { gamma: 0.1 }, { milestones: SIZES, gamma: NUMBER });
  }
  protected next({ lr }: Group): number {
    const { milestones, gamma } = this.options;
    return milestones.filter((m) => m === this.lastEpoch).reduce((rate) => rate * gamma, lr);
  }
}

/** Times gamma at every step. */
export class ExponentialLR extends LRScheduler<{ gamma: number }> {
  static override readonly name: string = 'ExponentialLR';

  constructor(optimizer: Optimizer, options: { gamma: number }) {
    super(optimizer, options, {}, { gamma: NUMBER });
  }
  protected next({ lr }: Group): number {
    return this.lastEpoch === 0 ? lr : lr * this.options.gamma;
  }
}

type Lambda = (step: number) => number;

/** baseLr · factor(step), by a function of the step for all groups, or one for each. */
export class LambdaLR extends LRScheduler<{ lrLambda: Lambda | readonly Lambda[] }> {
  static override readonly name: string = 'LambdaLR';

  constructor(optimizer: Optimizer, options: { lrLambda: Lambda | readonly Lambda[] }) {
    super(optimizer, options, {}, { lrLambda: 'any' });
  }
  protected next(_group: Group, index: number): number {
    const lambdas = perGroup('LambdaLR', 'lrLambda', this.options.lrLambda, this.baseLrs.length);
    return this.baseLrs[index] * lambdas[index](this.lastEpoch);
  }
}

/** Warm-up: the rate grows (or falls) linearly from startFactor (default 1/3) to endFactor (default 1) of itself in totalIters (default 5) steps. */
export class LinearLR extends LRScheduler<{ startFactor: number; endFactor: number; totalIters: number }> {
  static override readonly name: string = 'LinearLR';

  constructor(optimizer: Optimizer, options: { startFactor?: number; endFactor?: number; totalIters?: number } = {}) {
    const defaults = { startFactor: 1 / 3, endFactor: 1, totalIters: 5 };
    // The next rate follows from the one before: from 0 there is no way back.
    super(optimizer, options, defaults, { startFactor: FACTOR, endFactor: 'probability', totalIters: 'size' });
  }
  protected next({ lr }: Group): number {
    const { startFactor, endFactor, totalIters } = this.options;
    const t = this.lastEpoch;
    if (t === 0) return lr * startFactor;
    if (t > totalIters) return lr;
    const slope = endFactor - startFactor;
    return lr * (1 + slope / (totalIters * startFactor + (t - 1) * slope));
  }
}

/** factor (default 1/3) of the rate for totalIters (default 5) steps, then all of it. */
export class ConstantLR extends LRScheduler<{ factor: number; totalIters: number }> {
  static override readonly name: string = 'ConstantLR';

  constructor(optimizer: Optimizer, options: { factor?: number; totalIters?: number } = {}) {
    super(optimizer, options, { factor: 1 / 3, totalIters: 5 }, { factor: FACTOR, totalIters: 'size' });
  }
  protected next({ lr }: Group): number {
    const { factor, totalIters } = this.options;
    if (this.lastEpoch === 0) return lr * factor;
    return this.lastEpoch === totalIters ? lr / factor : lr;
  }
}

/** Half a cosine from the base rate to etaMin (default 0) in tMax steps, and back (Loshchilov and Hutter 2017, without restarts). */
export class CosineAnnealingLR extends LRScheduler<{ tMax: number; etaMin: number }> {
  static override readonly name: string = 'CosineAnnealingLR';

  constructor(optimizer: Optimizer, options: { tMax: number; etaMin?: number }) {
    super(optimizer, options, { etaMin: 0 }, { tMax: 'size', etaMin: NUMBER });
  }
  protected next({ lr }: Group, index: number): number {
    const { tMax, etaMin } = this.options;
    const t = this.lastEpoch;
    if (t === 0) return lr;
    // At the bottom the quotient below would be 0 / 0 one step later.
    if ((t - 1 - tMax) % (2 * tMax) === 0) return lr + ((this.baseLrs[index] - etaMin) * (1 - cosPi(1 / tMax))) / 2;
    return ((1 + cosPi(t / tMax)) / (1 + cosPi((t - 1) / tMax))) * (lr - etaMin) + etaMin;
  }
}

/**
 * One schedule after another: schedulers[i + 1] starts over at milestones[i]. Warm-up, then decay:
 *
 *     new SequentialLR(optimizer, { schedulers: [new LinearLR(optimizer), new ExponentialLR(optimizer, { gamma: 0.9 })], milestones: [5] })
 */
export class SequentialLR {
  static readonly name: string = 'SequentialLR';
  lastEpoch = 0;
  private readonly schedulers: readonly LRScheduler[];
  private readonly milestones: readonly number[];

  constructor(
    readonly optimizer: Optimizer,
    { schedulers, milestones }: { schedulers: readonly LRScheduler[]; milestones: readonly number[] },
  ) {
    if (schedulers.length !== milestones.length + 1) {
      throw new ValueError(
        `SequentialLR: got ${schedulers.length} schedulers and ${milestones.length} milestones; expected one milestone less`,
      );
    }
    schedulers.forEach((s, i) => {
      if (s.optimizer !== optimizer) throw new ValueError(`SequentialLR: schedulers[${i}] is of another optimizer`);
    });
    milestones.forEach((m, i) => {
      if (!(Number.isInteger(m) && m > (milestones[i - 1] ?? 0))) {
        throw new ValueError(`SequentialLR: milestones are ${milestones.join(', ')}; expected rising integers above 0`);
      }
    });
    this.schedulers = schedulers;
    this.milestones = milestones;
    schedulers[0].restart();
  }

  step(): void {
    this.lastEpoch++;
    const index = this.milestones.filter((m) => m <= this.lastEpoch).length;
    if (this.milestones[index - 1] === this.lastEpoch) this.schedulers[index].restart();
    else this.schedulers[index].step();
  }
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  stateDict(): SchedulerStateDict {
    return { lastEpoch: this.lastEpoch, schedulers: this.schedulers.map((s) => s.stateDict()) };
  }
  loadStateDict(dict: SchedulerStateDict): void {
    const { lastEpoch, schedulers } = dict as { lastEpoch: number; schedulers: SchedulerStateDict[] };
    if (!Number.isInteger(lastEpoch) || !Array.isArray(schedulers) || schedulers.length !== this.schedulers.length) {
      throw new FormatError(`SequentialLR.loadStateDict: expected lastEpoch and ${this.schedulers.length} schedulers`);
    }
    const [{ lrs }] = schedulers;
    this.schedulers.forEach((s, i) => {
      // All hold the same rates, those in force.
      s.loadStateDict({ ...schedulers[i], lrs });
    });
    this.lastEpoch = lastEpoch;
  }
}

/** An option of one value for all groups, or of one for each. Throws ValueError for another number of them. */
export function perGroup<T extends object | number>(
  where: string,
  name: string,
  option: T | readonly T[],
  groups: number,
): readonly T[] {
  const list = Array.isArray(option) ? option : new Array(groups).fill(option);
  if (list.length !== groups) {
    throw new ValueError(`${where}: ${name} has ${list.length} values; expected ${groups}, one a group`);
  }
  return list;
}

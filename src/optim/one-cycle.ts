import { UnsupportedError, ValueError } from '../errors.js';
import { checkOptions } from '../options.js';
import { cosPi } from './cosine.js';
import type { Optimizer, OptimizerOptions, ParamGroup } from './optimizer.js';
import { NUMBER, rulesOf } from './rules.js';
import { LRScheduler, perGroup, setInitialLr } from './scheduler.js';

export interface OneCycleOptions {
  /** The highest rate, for all groups or one for each. */
  maxLr: number | readonly number[];
  /** Steps in all; or epochs and stepsPerEpoch. */
  totalSteps?: number;
  epochs?: number;
  stepsPerEpoch?: number;
  /** Share of the steps in which the rate grows. Default 0.3. */
  pctStart?: number;
  /** Default 'cos'. */
  annealStrategy?: 'cos' | 'linear';
  /** Momentum (or Adam's first beta) goes the other way. Default true. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: number;
  /** Default 0.95. */
  maxMomentum?: number;
  /** The rate begins at maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** It ends at that / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Up, symmetrically down, then to the end. Default false. */
  threePhase?: boolean;
}

type Group = ParamGroup<OptimizerOptions & { momentum?: number; betas?: readonly [number, number] }>;
/** Last step, rates and momenta at its two ends. */
type Phase = readonly [end: number, from: number, to: number, momentumFrom: number, momentumTo: number];

/** One rise of the rate from maxLr / divFactor to maxLr and a long fall (Smith and Topin 2018), as torch's OneCycleLR. step() after every batch. */
export class OneCycleLR extends LRScheduler<Required<OneCycleOptions>> {
  static override readonly name: string = 'OneCycleLR';

  constructor(optimizer: Optimizer, options: OneCycleOptions) {
    const total = (options?.epochs ?? Number.NaN) * (options?.stepsPerEpoch ?? Number.NaN);
    const defaults = {
      totalSteps: total,
      epochs: 0,
      stepsPerEpoch: 0,
      pctStart: 0.3,
      annealStrategy: 'cos' as const,
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
    };
    super(optimizer, options, defaults, rulesOf(defaults, NUMBER, RULES));
  }
  protected override begin(): void {
    const { totalSteps, cycleMomentum, divFactor } = this.options;
    checkOptions(
      'OneCycleLR',
      { 'totalSteps (or epochs · stepsPerEpoch)': totalSteps },
      { 'totalSteps (or epochs · stepsPerEpoch)': 'size' },
    );
    const { optimizer } = this;
    const groups = optimizer.paramGroups as readonly Group[];
    if (cycleMomentum && groups.some((g) => g.momentum === undefined && g.betas === undefined)) {
      throw new UnsupportedError(
        `OneCycleLR: ${optimizer.constructor.name} has no momentum; expected cycleMomentum: false`,
      );
    }
    this.maxLrs().forEach((max, i) => {
      setInitialLr(groups[i], max / divFactor);
    });
    super.begin();
  }

  protected next(group: Group, index: number): number {
    const { totalSteps, annealStrategy, cycleMomentum } = this.options;
    const step = this.lastEpoch;
    if (step > totalSteps) {
      throw new ValueError(`OneCycleLR.step: called ${step} times; expected at most totalSteps ${totalSteps}`);
    }
    const phases = this.phases(this.maxLrs()[index]);
    const found = phases.findIndex(([end]) => step <= end);
    const at = found < 0 ? phases.length - 1 : found;
    const [end, from, to, momentumFrom, momentumTo] = phases[at];
    const start = at > 0 ? phases[at - 1][0] : 0;
    const share = (step - start) / (end - start);
    const anneal = annealStrategy === 'cos' ? cosine : linear;
    if (cycleMomentum) setMomentum(group, anneal(momentumFrom, momentumTo, share));
    return anneal(from, to, share);
  }

  private maxLrs(): readonly number[] {
    return perGroup('OneCycleLR', 'maxLr', this.options.maxLr, this.baseLrs.length);
  }
  private phases(max: number): readonly Phase[] {
    const {
      totalSteps,
      pctStart,
      threePhase,
      divFactor,
      finalDivFactor,
      maxMomentum: high,
      baseMomentum: low,
    } = this.options;
    const initial = max / divFactor;
    const last = totalSteps - 1;
    const up: Phase = [pctStart * totalSteps - 1, initial, max, high, low];
    if (!threePhase) return [up, [last, max, initial / finalDivFactor, low, high]];
    return [up, [2 * up[0], max, initial, low, high], [last, initial, initial / finalDivFactor, high, high]];
  }
}

const RULES = {
  maxLr: 'any',
  totalSteps: 'any',
  epochs: 'count',
  stepsPerEpoch: 'count',
  pctStart: 'probability',
  annealStrategy: ['cos', 'linear'],
} as const;

function setMomentum(group: Group, value: number): void {
  if (group.betas) group.betas = [value, group.betas[1]];
  else group.momentum = value;
}
function cosine(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (cosPi(share) + 1);
}
function linear(start: number, end: number, share: number): number {
  return (end - start) * share + start;
}

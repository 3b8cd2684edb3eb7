import { UnsupportedError, ValueError } from '../errors.js';
import { cosPi } from './cosine.js';
import type { Optimizer, OptimizerOptions, ParamGroup } from './optimizer.js';
import { LRScheduler, positiveInteger, setInitialLr } from './scheduler.js';

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
type Level = 'initial' | 'max' | 'min';

/** One rise of the rate from maxLr / divFactor to maxLr and a long fall (Smith and Topin 2018), as torch's OneCycleLR. step() after every batch. */
export class OneCycleLR extends LRScheduler {
  static override readonly name: string = 'OneCycleLR';
  private readonly options: Required<Omit<OneCycleOptions, 'epochs' | 'stepsPerEpoch' | 'maxLr'>>;
  private readonly levels: readonly Record<Level, number>[];
  private readonly phases: readonly { end: number; from: Level; to: Level; momentum: readonly [number, number] }[];

  constructor(optimizer: Optimizer, options: OneCycleOptions) {
    super(optimizer);
    const all = {
      pctStart: 0.3,
      annealStrategy: 'cos' as const,
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
      ...options,
    };
    const total = options.totalSteps ?? (options.epochs ?? Number.NaN) * (options.stepsPerEpoch ?? Number.NaN);
    this.options = {
      ...all,
      totalSteps: positiveInteger('OneCycleLR', 'totalSteps (or epochs · stepsPerEpoch)', total),
    };
    const { pctStart, annealStrategy, cycleMomentum, divFactor, finalDivFactor, threePhase } = all;
    if (!(pctStart >= 0 && pctStart <= 1)) throw new ValueError(`OneCycleLR: pctStart is ${pctStart}; expected 0 to 1`);
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear') {
      throw new ValueError(`OneCycleLR: annealStrategy is '${annealStrategy}'; expected 'cos' or 'linear'`);
    }
    const groups = optimizer.paramGroups as readonly Group[];
    if (cycleMomentum && groups.some((g) => g.momentum === undefined && g.betas === undefined)) {
      throw new UnsupportedError(
        `OneCycleLR: ${optimizer.constructor.name} has no momentum; expected cycleMomentum: false`,
      );
    }
    const maxLrs = typeof all.maxLr === 'number' ? groups.map(() => all.maxLr as number) : all.maxLr;
    if (maxLrs.length !== groups.length) {
      throw new ValueError(`OneCycleLR: maxLr has ${maxLrs.length} values; expected ${groups.length}, one a group`);
    }
    this.levels = maxLrs.map((max) => ({ initial: max / divFactor, max, min: max / divFactor / finalDivFactor }));
    this.phases = phases(pctStart, total, threePhase, all.maxMomentum, all.baseMomentum);
    groups.forEach((group, i) => {
      setInitialLr(group, this.levels[i].initial);
    });
    this.begin();
  }

  protected next(group: Group, index: number): number {
    const { totalSteps, annealStrategy, cycleMomentum } = this.options;
    const step = this.lastEpoch;
    if (step > totalSteps) {
      throw new ValueError(`OneCycleLR.step: called ${step} times; expected at most totalSteps ${totalSteps}`);
    }
    const found = this.phases.findIndex(({ end }) => step <= end);
    const at = found < 0 ? this.phases.length - 1 : found;
    const { end, from, to, momentum } = this.phases[at];
    const start = at > 0 ? this.phases[at - 1].end : 0;
    const share = (step - start) / (end - start);
    const anneal = annealStrategy === 'cos' ? cosine : linear;
    if (cycleMomentum) setMomentum(group, anneal(momentum[0], momentum[1], share));
    return anneal(this.levels[index][from], this.levels[index][to], share);
  }
}

function phases(pctStart: number, total: number, threePhase: boolean, high: number, low: number) {
  const up = { end: pctStart * total - 1, from: 'initial', to: 'max', momentum: [high, low] } as const;
  if (!threePhase) return [up, { end: total - 1, from: 'max', to: 'min', momentum: [low, high] } as const];
  return [
    up,
    { end: 2 * pctStart * total - 2, from: 'max', to: 'initial', momentum: [low, high] } as const,
    { end: total - 1, from: 'initial', to: 'min', momentum: [high, high] } as const,
  ];
}

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

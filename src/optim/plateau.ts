import { FormatError, ValueError } from '../errors.js';
import { checkOptions, withDefaults } from '../options.js';
import type { Optimizer } from './optimizer.js';
import { NUMBER, rulesOf } from './rules.js';
import { perGroup, type SchedulerStateDict } from './scheduler.js';

export interface PlateauOptions {
  /** Whether a smaller or a larger metric is better. Default 'min'. */
  mode?: 'min' | 'max';
  /** The rate is multiplied by this, below 1. Default 0.1. */
  factor?: number;
  /** Steps without improvement that are let pass. Default 10. */
  patience?: number;
  /** What counts as improvement: relative to the best or absolute. Default 1e-4, 'rel'. */
  threshold?: number;
  thresholdMode?: 'rel' | 'abs';
  /** Steps after a reduction that count for nothing. Default 0. */
  cooldown?: number;
  /** The rate never falls below, for all groups or one for each. Default 0. */
  minLr?: number | readonly number[];
  /** A smaller change of the rate is not made. Default 1e-8. */
  eps?: number;
}

const DEFAULTS = {
  mode: 'min',
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: 'rel',
  cooldown: 0,
  minLr: 0,
  eps: 1e-8,
} as const;

/** Reduces the rate when a metric has stopped improving, as torch's ReduceLROnPlateau: step(validationLoss) after every epoch. */
export class ReduceLROnPlateau {
  static readonly name: string = 'ReduceLROnPlateau';
  private readonly options: Required<PlateauOptions>;
  private readonly minLrs: readonly number[];
  private best: number;
  private badEpochs = 0;
  private cooldownLeft = 0;

  constructor(
    readonly optimizer: Optimizer,
    options: PlateauOptions = {},
  ) {
    const where = 'ReduceLROnPlateau';
    const rules = { mode: ['min', 'max'], thresholdMode: ['rel', 'abs'], minLr: 'any' } as const;
    checkOptions(where, options, rulesOf(DEFAULTS, NUMBER, rules));
    this.options = withDefaults<Required<PlateauOptions>>(options, DEFAULTS);
    const { mode, factor, minLr } = this.options;
    if (!(factor < 1)) throw new ValueError(`${where}: factor is ${factor}; expected less than 1`);
    this.minLrs = perGroup(where, 'minLr', minLr, optimizer.paramGroups.length);
    this.best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** @param metric this epoch's. NaN is no improvement. */
  step(metric: number): void {
    if (this.better(metric)) {
      this.best = metric;
      this.badEpochs = 0;
    } else this.badEpochs++;
    if (this.cooldownLeft > 0) {
      this.cooldownLeft--;
      this.badEpochs = 0;
    }
    if (this.badEpochs <= this.options.patience) return;
    this.reduce();
    this.cooldownLeft = this.options.cooldown;
    this.badEpochs = 0;
  }

  private reduce(): void {
    const { factor, eps } = this.options;
    this.optimizer.paramGroups.forEach((group, i) => {
      const lr = Math.max(group.lr * factor, this.minLrs[i]);
      if (group.lr - lr > eps) group.lr = lr;
    });
  }

  private better(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const bound = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? metric < bound : metric > bound;
  }

  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** best is null before the first step: JSON has no Infinity. */
  stateDict(): SchedulerStateDict {
    const { best, badEpochs, cooldownLeft } = this;
    return { best: Number.isFinite(best) ? best : null, badEpochs, cooldownLeft, lrs: this.getLastLr() };
  }
  loadStateDict(dict: SchedulerStateDict): void {
    const { best, badEpochs, cooldownLeft, lrs } = dict as Record<string, number | null> & { lrs: number[] };
    const groups = this.optimizer.paramGroups;
    const valid = Number.isInteger(badEpochs) && Number.isInteger(cooldownLeft) && lrs?.length === groups.length;
    if (!valid || (best !== null && typeof best !== 'number')) {
      throw new FormatError(
        `ReduceLROnPlateau.loadStateDict: has ${Object.keys(dict).join(', ')}; expected best, badEpochs, cooldownLeft, lrs of ${groups.length} groups`,
      );
    }
    Object.assign(this, { badEpochs, cooldownLeft, best: best ?? this.best });
    groups.forEach((group, i) => {
      group.lr = lrs[i];
    });
  }
}

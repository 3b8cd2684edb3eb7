// Time series as training examples: a window of the past, and what comes after it.
import { ShapeError, ValueError } from '../errors.js';
import { checkOptionNames } from '../options.js';
import { readRows, type Series } from './rows.js';
import { checkCount, SampledDataset, type SamplingOptions } from './sampled.js';

export interface WindowOptions extends Partial<SamplingOptions> {
  /** Steps the model sees. */
  inputLength: number;
  /** Steps to forecast, right after them. Default 1. */
  horizon?: number;
  /** Steps from one window to the next. Default 1. */
  stride?: number;
  /** Feature to forecast, or several. Default all. */
  target?: number | readonly number[];
  /** No target is earlier than this step. Inputs may be: the past is known. Default: the first that has its inputs. */
  from?: number;
  /** Neither input nor target is this step or later. Default the series' length. */
  to?: number;
}

const OPTIONS = {
  ...{ inputLength: 0, horizon: 0, stride: 0, target: 0, from: 0, to: 0 },
  ...{ batchSize: 0, shuffle: 0, seed: 0 },
};

/**
 * Windows of a series [T] or [T, F] as batches: input [N, inputLength, F] (F = 1 for a flat series), target [N, horizon] for one feature,
 * [N, horizon, features] for several. The last batch may be smaller.
 *
 * A split in time leaks nothing: `{ to: n }` for training touches no step from n on, `{ from: n }` for the test has no target before n.
 * Default batchSize 32, shuffled with seed 0.
 *
 * @throws ValueError an option, or no window fits; ShapeError rows of different lengths.
 */
export function slidingWindows(series: Series, options: WindowOptions): SampledDataset {
  checkOptionNames('slidingWindows', options, OPTIONS);
  const { rows, features } = readRows('slidingWindows', series);
  const { inputLength, horizon = 1, stride = 1, batchSize = 32, shuffle, seed } = options;
  const { from = 0, to = rows.length } = options;
  for (const [name, value] of Object.entries({ inputLength, horizon, stride })) {
    checkCount('slidingWindows', name, value);
  }
  for (const [name, value] of Object.entries({ from, to })) checkCount('slidingWindows', name, value, 0);
  if (to > rows.length) {
    throw new ValueError(`slidingWindows: to is ${to}; expected at most ${rows.length}, the steps of the series`);
  }
  const pick = targetOf(options.target, features);
  // The step of window 0's first target.
  const first = Math.max(from, inputLength);
  const count = Math.floor((to - horizon - first) / stride) + 1;
  if (count < 1) {
    throw new ValueError(
      `slidingWindows: steps ${first - inputLength} to ${to} hold no window of ${inputLength} + ${horizon} steps`,
    );
  }
  return new SampledDataset('slidingWindows', count, { batchSize, shuffle, seed }, (windows) => {
    const starts = windows.map((window) => first + window * stride);
    return {
      input: starts.map((start) => rows.slice(start - inputLength, start)),
      target: starts.map((start) => rows.slice(start, start + horizon).map(pick)) as number[][],
      count: windows.length,
    };
  });
}

function targetOf(target: WindowOptions['target'], features: number): (row: readonly number[]) => number | number[] {
  const chosen = typeof target === 'number' ? [target] : (target ?? Array.from({ length: features }, (_, i) => i));
  for (const feature of chosen) {
    if (!Number.isInteger(feature) || feature < 0 || feature >= features) {
      throw new ValueError(`slidingWindows: target has ${feature}; expected features from 0 to ${features - 1}`);
    }
  }
  if (chosen.length === 0) throw new ShapeError('slidingWindows: target is empty; expected at least one feature');
  const flat = chosen.length === 1 && !Array.isArray(target);
  return flat ? (row) => row[chosen[0]] : (row) => chosen.map((feature) => row[feature]);
}

// Batches of sequences of about the same length, so that little is padding.
import { ValueError } from '../errors.js';
import { checkOptionNames } from '../options.js';
import { type Batch, type Example, type PaddedOptions, paddedDataset } from '../train/data.js';
import { checkCount, SampledDataset, type SamplingOptions } from './sampled.js';

export interface BucketOptions extends SamplingOptions, PaddedOptions {
  /** Batches whose examples are drawn together and then sorted by length: more of them, less padding; fewer, more chance. Default 100. */
  poolSize?: number;
}
export interface CollateOptions<T> extends Omit<BucketOptions, 'ignoreIndex'> {
  /** What to sort by. */
  lengthOf: (example: T) => number;
  /** Makes a batch of examples, as PyTorch's collate_fn. */
  collate: (examples: T[]) => Batch;
}

const OPTIONS = { batchSize: 0, shuffle: 0, seed: 0, ignoreIndex: 0, poolSize: 0, lengthOf: 0, collate: 0 };

/**
 * Examples of different lengths in batches of about equal lengths, padded as `paddedDataset` pads. Each epoch draws the examples in random
 * order, sorts each `poolSize · batchSize` of them by length, cuts them into batches and draws the order of those: `fit` needs no shuffle.
 * With shuffle: false all are sorted by length, as they come where lengths are equal. Examples of another form (pairs of sequences) bring
 * `lengthOf` and `collate`.
 *
 * @throws ValueError, ShapeError an option, an example.
 */
export function bucketBatches(examples: readonly Example[], options: BucketOptions): SampledDataset;
export function bucketBatches<T>(examples: readonly T[], options: CollateOptions<T>): SampledDataset;
export function bucketBatches<T>(
  examples: readonly T[],
  options: BucketOptions & Partial<CollateOptions<T>>,
): SampledDataset {
  checkOptionNames('bucketBatches', options, OPTIONS);
  const { batchSize, shuffle = true, poolSize = 100, ignoreIndex } = options;
  if (!options.lengthOf !== !options.collate) {
    throw new ValueError(`bucketBatches: got ${options.collate ? 'collate' : 'lengthOf'} alone; expected both or none`);
  }
  checkCount('bucketBatches', 'poolSize', poolSize);
  const pad = (rows: T[], size: number) => paddedDataset(rows as never, { batchSize: size, ignoreIndex });
  if (!options.collate) pad([...examples], batchSize); // checks every example
  const collate = options.collate ?? ((rows) => pad(rows, rows.length).at(0)!);
  const lengths = examples.map(options.lengthOf ?? ((example) => (example as Example).input.length));
  const bad = lengths.findIndex((length) => !(length >= 0));
  if (bad >= 0) throw new ValueError(`bucketBatches: lengthOf example ${bad} is ${lengths[bad]}; expected a number`);
  const pool = shuffle ? poolSize * batchSize : Math.max(examples.length, 1);
  const byLength = (order: readonly number[]) => {
    const sorted: number[] = [];
    for (let at = 0; at < order.length; at += pool) {
      sorted.push(...order.slice(at, at + pool).sort((a, b) => lengths[a] - lengths[b]));
    }
    return sorted;
  };
  return new SampledDataset(
    'bucketBatches',
    examples.length,
    { batchSize, shuffle, seed: options.seed },
    (chosen) => collate(chosen.map((i) => examples[i])),
    byLength,
  );
}

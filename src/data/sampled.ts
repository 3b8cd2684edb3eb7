// What batches by length and sliding windows share: a Dataset whose batches are drawn anew for each epoch.
import { ValueError } from '../errors.js';
import type { Batch, Dataset } from '../train/data.js';
import { permutation } from './philox.js';

export interface SamplingOptions {
  batchSize: number;
  /** Draw the examples of each epoch's batches, and the batches, in random order. Default true. */
  shuffle?: boolean;
  /** An integer from 0 to 2^53 - 1: the seed and the epoch's number decide the order. Default 0. */
  seed?: number;
}

/** Throws ValueError for anything but an integer of at least `least`. */
export function checkCount(where: string, name: string, value: unknown, least = 1): void {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new ValueError(`${where}: ${name} is ${String(value)}; expected an integer of at least ${least}`);
  }
}

/** Batches of `count` examples. `arrange` puts the drawn order in another (by length, say); `collate` makes a batch of positions. */
export class SampledDataset implements Dataset {
  /** Number of batches. */
  readonly length: number;
  private readonly batchSize: number;
  private readonly shuffle: boolean;
  private readonly seed: number;
  private examples: readonly number[] = [];
  private batches: readonly number[] = [];

  /** @internal */
  constructor(
    where: string,
    private readonly count: number,
    { batchSize, shuffle = true, seed = 0 }: SamplingOptions,
    private readonly collate: (examples: readonly number[]) => Batch,
    private readonly arrange: (examples: readonly number[]) => readonly number[] = (examples) => examples,
  ) {
    checkCount(where, 'batchSize', batchSize);
    checkCount(where, 'seed', seed, 0);
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.seed = seed;
    this.length = Math.ceil(count / batchSize);
    this.setEpoch(0);
  }

  /** Draws the order of epoch 0, 1, …; `fit` calls it. The same seed and epoch give the same order on every runtime. */
  setEpoch(epoch: number): void {
    const { count, length, seed } = this;
    const inOrder = (n: number) => Array.from({ length: n }, (_, i) => i);
    this.examples = this.arrange(this.shuffle ? permutation(count, seed, 2 * epoch) : inOrder(count));
    this.batches = this.shuffle ? permutation(length, seed, 2 * epoch + 1) : inOrder(length);
  }

  at(index: number): Batch | undefined {
    const batch = this.batches.at(index);
    if (batch === undefined) return undefined;
    return this.collate(this.examples.slice(batch * this.batchSize, (batch + 1) * this.batchSize));
  }
}

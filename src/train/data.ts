// Batches for fit: padded sequences of different lengths, and long texts cut into pieces with the state carried over.
import { ShapeError, ValueError } from '../errors.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';

/** One training step's data: what forward() gets, and what the loss compares with. */
export interface Batch {
  input: TensorLike;
  target: TensorLike;
  /** Steps of each row where rows are padded. */
  lengths?: ArrayLike<number> | Tensor;
  /** What this batch's mean loss counts in the mean over an epoch, such as its number of targets. Default 1. */
  count?: number;
}

/** Batches by position, so that training can be resumed and shuffled. An array of batches is one. */
export interface Dataset {
  readonly length: number;
  /** Called inside the step's scope: tensors made here are freed after the step, unless keep() says otherwise. */
  at(index: number): Batch | undefined;
  /** true: the state after one batch is the state before the next (truncated backpropagation through time). */
  readonly carriesState?: boolean;
  /** Called by fit before an epoch (0, 1, …), also one that it resumes. */
  setEpoch?(epoch: number): void;
}

/** Batches one after another, read once for each epoch; it may say its `length` (in batches). */
export type BatchSource = (Iterable<Batch> | AsyncIterable<Batch>) & { readonly length?: number };
/** What fit and evaluate read: batches by position, in order, or in order of a function's choice for each epoch. */
export type FitData = Dataset | readonly Batch[] | BatchSource | ((epoch: number) => BatchSource);

export interface TextOptions {
  /** Rows read side by side. */
  batch: number;
  /** Steps between two cuts of the graph. */
  length: number;
}

/**
 * A sequence of token ids as `batch` rows side by side, cut every `length` steps; each target is the next token. Inputs are
 * [L, N], targets [L·N] (the order of logits [L, N, C] flattened); the last piece may be shorter.
 */
export function textDataset(ids: ArrayLike<number>, { batch, length }: TextOptions): Dataset {
  for (const [name, value] of Object.entries({ batch, length })) {
    if (!Number.isInteger(value) || value < 1)
      throw new ValueError(`textDataset: ${name} is ${value}; expected an integer of at least 1`);
  }
  const steps = Math.floor((ids.length - 1) / batch);
  if (steps < 1) {
    throw new ValueError(
      `textDataset: ${ids.length} tokens; expected at least ${batch + 1} for ${batch} rows with a target each`,
    );
  }
  return {
    length: Math.ceil(steps / length),
    carriesState: true,
    at(index) {
      const start = index * length;
      const L = Math.min(length, steps - start);
      const input = Array.from({ length: L }, () => new Array<number>(batch));
      const target = new Int32Array(L * batch);
      for (let t = 0; t < L; t++) {
        for (let row = 0; row < batch; row++) {
          const from = row * steps + start + t;
          input[t][row] = ids[from];
          target[t * batch + row] = ids[from + 1];
        }
      }
      return { input, target, count: L * batch };
    },
  };
}

export interface PaddedOptions {
  batchSize: number;
  /** Written beyond a target sequence's end; crossEntropy's ignoreIndex. Default -100. */
  ignoreIndex?: number;
}

/** One example: a sequence of feature vectors or of token ids, with one target or one per step. */
export interface Example {
  input: readonly (number | readonly number[])[];
  target: number | readonly number[];
}

/**
 * Examples of different lengths as padded batches [N, L] or [N, L, I] (for modules with batchFirst), with their lengths. Padding
 * is zeros in inputs and ignoreIndex in per-step targets, which are flattened to [N·L].
 */
export function paddedDataset(examples: readonly Example[], { batchSize, ignoreIndex = -100 }: PaddedOptions): Dataset {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ValueError(`paddedDataset: batchSize is ${batchSize}; expected an integer of at least 1`);
  }
  examples.forEach((example, i) => {
    if (example.input.length === 0)
      throw new ShapeError(`paddedDataset: example ${i} is empty; expected at least one step`);
    if (typeof example.target !== 'number' && example.target.length !== example.input.length) {
      throw new ShapeError(
        `paddedDataset: example ${i} has ${example.input.length} steps and ${example.target.length} targets`,
      );
    }
  });
  return {
    length: Math.ceil(examples.length / batchSize),
    at: (index) => padBatch(examples.slice(index * batchSize, (index + 1) * batchSize), ignoreIndex),
  };
}

function padBatch(rows: readonly Example[], ignoreIndex: number): Batch {
  const L = Math.max(...rows.map(({ input }) => input.length));
  const first = rows[0].input[0];
  const blank = typeof first === 'number' ? 0 : first.map(() => 0);
  const integer = typeof first === 'number';
  const input = rows.map((row) => Array.from({ length: L }, (_, t) => row.input[t] ?? blank));
  const perStep = rows.some(({ target }) => typeof target !== 'number');
  const targets = rows.flatMap(({ target }) =>
    perStep ? Array.from({ length: L }, (_, t) => (target as readonly number[])[t] ?? ignoreIndex) : [target as number],
  );
  const integers = targets.every(Number.isInteger);
  return {
    input: integer ? (input as number[][]) : (input as number[][][]),
    target: integers ? Int32Array.from(targets) : Float32Array.from(targets),
    lengths: rows.map((row) => row.input.length),
    count: targets.filter((y) => y !== ignoreIndex).length,
  };
}

// fit: the training loop. One scope per step; the event loop gets a turn between steps.
import { ValueError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { clipGradNorm } from '../optim/clip.js';
import type { Optimizer } from '../optim/optimizer.js';
import { noGrad } from '../tensor/grad-mode.js';
import { randomPermutation, randomState, setRandomState } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { loadCheckpoint, type Position, saveCheckpoint } from './checkpoint.js';
import type { Batch, BatchSource, Dataset, FitData } from './data.js';
import { pause } from './pause.js';

export interface StepInfo {
  epoch: number;
  epochs: number;
  /** Steps done in this epoch, and in all. `batches` of an epoch are NaN where the data has no length. */
  batch: number;
  batches: number;
  step: number;
  loss: number;
  /** Norm of all gradients before clipping; NaN without clipGradNorm. */
  gradNorm: number;
  lr: number;
  /** What the batch said it counts. */
  count: number;
}

export interface EpochInfo {
  epoch: number;
  loss: number;
  validationLoss: number | null;
}

/** The losses of each epoch (means weighted by each batch's count) and of each step of this run. */
export interface History {
  epochs: EpochInfo[];
  losses: number[];
  /** true where an AbortSignal ended the run. */
  aborted: boolean;
}

/** What a custom step gives back. */
export interface StepResult {
  loss: Tensor;
  /** State for the next batch of a dataset that carries it. */
  state?: unknown;
}

export interface FitOptions {
  optimizer: Optimizer;
  /** Loss of forward()'s output (the first of an array) against the batch's target. */
  loss?: (output: Tensor, target: Batch['target']) => Tensor;
  /** Instead of loss: forward and loss of one batch, for models fit cannot call itself. */
  step?: (batch: Batch, state: unknown) => StepResult;
  /** Default 1. */
  epochs?: number;
  /** Draw the batches of every epoch in random order. Default false; needs batches by position, and none that carry state. */
  shuffle?: boolean;
  /** Scale all gradients so that their norm is at most this. */
  clipGradNorm?: number;
  /** Learning rate of step 0, 1, …; total is the number of steps of all epochs, NaN where the data has no length. */
  schedule?: (step: number, total: number) => number;
  /** As data; a function is called with 0. */
  validation?: FitData;
  /** Ends the run after the step under way; fit resolves with what there is. */
  signal?: AbortSignal;
  onStep?: (info: StepInfo) => void;
  onEpoch?: (info: EpochInfo) => void;
  /** Called with a checkpoint every `every` steps, at the end and on abort. Awaited. */
  checkpoint?: { save: (bytes: Uint8Array) => void | Promise<void>; every?: number; metadata?: Record<string, string> };
  /**
   * Continue from a checkpoint of the same model, optimizer and data: the same losses as an unbroken run. Of an iterable, the batches that the
   * epoch had done are read again and dropped. So it resumes bit for bit if it gives an epoch the same batches each time: from the
   * epoch's number, or from what it draws of gated's generator before its first batch (between batches only if the model draws nothing,
   * as dropout does). A stream that cannot be read again cannot be resumed within an epoch.
   */
  resume?: Uint8Array;
  /** Steps between two turns of the event loop. Default 1. */
  yieldEvery?: number;
}

/**
 * Trains `model` on batches: forward, loss, backward, clip, optimizer step, each in a scope of its own. Models whose forward
 * takes (input, state, { lengths }) and returns [output, state] are called so; the state is carried, detached, where the
 * dataset says so.
 *
 * Data without positions is read anew in each epoch, one batch when the step before is over: an Iterable or AsyncIterable, or a function
 * of the epoch (0, 1, …) that gives one. A generator object can be read only once: give its function. Tensors in such batches stay
 * their maker's; `using input = tensor(…); yield { input, … }` frees them when their step is over, also at an abort.
 *
 * @throws ValueError a loss that is not finite (the model is as before that step); OutOfMemoryError; what loss and model throw.
 */
export async function fit(model: Module, data: FitData, options: FitOptions): Promise<History> {
  const run = new Run(model, data, options);
  return run.all();
}

/**
 * Mean loss over a dataset in eval mode, without gradients, state carried from zero. A promise of it for an AsyncIterable; a function is
 * called with 0.
 */
export function evaluate(
  model: Module,
  data: AsyncIterable<Batch> | ((epoch: number) => AsyncIterable<Batch>),
  options: Pick<FitOptions, 'loss' | 'step'>,
): Promise<number>;
export function evaluate(
  model: Module,
  data: Dataset | Iterable<Batch> | ((epoch: number) => Iterable<Batch>),
  options: Pick<FitOptions, 'loss' | 'step'>,
): number;
export function evaluate(
  model: Module,
  data: FitData,
  options: Pick<FitOptions, 'loss' | 'step'>,
): number | Promise<number>;
export function evaluate(
  model: Module,
  data: FitData,
  { loss, step }: Pick<FitOptions, 'loss' | 'step'>,
): number | Promise<number> {
  const each = stepFunction(model, loss, step);
  const source = sourceOf(data, 0);
  const modes = [...model.modules()].map((m) => [m, m.training] as const);
  let sum = 0;
  let total = 0;
  let state: unknown = null;
  const add = (item: Item) => {
    state = noGrad(() =>
      scope((carried) => {
        const batch = batchOf(data, item);
        const count = batch.count ?? 1;
        const result = each(batch, carried);
        sum += result.loss.item() * count;
        total += count;
        return (data as Dataset).carriesState ? (result.state ?? null) : null;
      }, state),
    );
  };
  const end = () => {
    disposeAll(state);
    for (const [m, training] of modes) m.training = training;
  };
  const addAll = async () => {
    try {
      for await (const item of source) add(item);
      return sum / total;
    } finally {
      end();
    }
  };
  model.eval();
  if (Symbol.asyncIterator in source) return addAll();
  try {
    for (const item of source) add(item);
    return sum / total;
  } finally {
    end();
  }
}

/** A batch, or its position in a Dataset: `at` is called within the step's scope. */
type Item = Batch | number;

function isDataset(data: FitData): data is Dataset {
  return 'at' in data;
}
/** What an epoch reads. */
function sourceOf(data: FitData, epoch: number, shuffle?: boolean): BatchSource | Iterable<number> {
  if (typeof data === 'function') return data(epoch);
  if (!isDataset(data)) return data;
  return shuffle ? randomPermutation(data.length) : Array(data.length).keys();
}
function batchOf(data: FitData, item: Item): Batch {
  return typeof item === 'number' ? (data as Dataset).at(item)! : item;
}

type Step = (batch: Batch, state: unknown) => StepResult;

function stepFunction(model: Module, loss: FitOptions['loss'], step: FitOptions['step']): Step {
  if (step) return step;
  if (!loss) throw new ValueError('fit: neither loss nor step is given; expected one of them');
  return (batch, state) => {
    const options = batch.lengths ? { lengths: batch.lengths } : undefined;
    const result = model.forward(batch.input, state ?? undefined, options);
    const [output, next] = Array.isArray(result) ? result : [result, null];
    return { loss: loss(output as Tensor, batch.target), state: next };
  };
}

class Run {
  private readonly each: Step;
  private readonly epochs: number;
  private readonly losses: number[] = [];
  private position: Position;
  private state: unknown = null;
  private readonly batches: number;

  constructor(
    private readonly model: Module,
    private readonly data: FitData,
    private readonly options: FitOptions,
  ) {
    this.each = stepFunction(model, options.loss, options.step);
    this.epochs = options.epochs ?? 1;
    this.batches = (typeof data !== 'function' && (data as Dataset).length) || Number.NaN;
    if (options.shuffle && (!isDataset(data) || data.carriesState))
      throw new ValueError(
        `fit: shuffle ${isDataset(data) ? 'would break the state this dataset carries' : 'needs a Dataset'}`,
      );
    this.position = { epoch: 0, batch: 0, step: 0, lossSum: 0, lossCount: 0, epochRandom: randomState(), history: [] };
    if (options.resume) {
      const { position, state } = loadCheckpoint(options.resume, model, options.optimizer);
      this.position = position;
      this.state = state;
    }
  }

  async all(): Promise<History> {
    const { signal } = this.options;
    this.model.train();
    try {
      for (; this.position.epoch < this.epochs && !signal?.aborted; ) await this.epoch();
      await this.save();
    } finally {
      disposeAll(this.state);
    }
    const epochs = this.position.history.map((losses, epoch) => ({ epoch, ...losses }));
    return { epochs, losses: this.losses, aborted: this.position.epoch < this.epochs };
  }

  private async epoch(): Promise<void> {
    const { position: at, data, options } = this;
    const every = options.checkpoint?.every ?? 0;
    let skip = at.batch;
    (data as Dataset).setEpoch?.(at.epoch);
    let due = false;
    // A resumed epoch draws again what it drew at its start, and goes on from where the generator was.
    let now = skip ? randomState() : null;
    if (now) setRandomState(at.epochRandom);
    else at.epochRandom = randomState();
    for await (const item of sourceOf(data, at.epoch, options.shuffle)) {
      if (skip-- > 0) continue;
      if (now) setRandomState(now);
      now = null;
      if (options.signal?.aborted) return;
      if (due) await this.save();
      this.step(item);
      due = every > 0 && at.step % every === 0;
      if (at.step % (options.yieldEvery ?? 1) === 0) await pause();
    }
    if (!at.batch) throw new ValueError(`fit: the data has no batches in epoch ${at.epoch}`);
    await this.endEpoch();
  }

  private async endEpoch(): Promise<void> {
    const { position: at, options } = this;
    const validation = options.validation;
    const validationLoss = validation ? await evaluate(this.model, validation, options) : null;
    const loss = at.lossSum / at.lossCount;
    at.history.push({ loss, validationLoss });
    options.onEpoch?.({ epoch: at.epoch, loss, validationLoss });
    disposeAll(this.state);
    this.state = null;
    Object.assign(at, { epoch: at.epoch + 1, batch: 0, lossSum: 0, lossCount: 0 });
  }

  private step(item: Item): void {
    const { position: at, options, data } = this;
    const { optimizer } = options;
    let count = 1;
    if (options.schedule) optimizer.lr = options.schedule(at.step, this.epochs * this.batches);
    let loss = 0;
    let gradNorm = Number.NaN;
    this.state = scope((carried) => {
      const batch = batchOf(data, item);
      count = batch.count ?? 1;
      const result = this.each(batch, carried);
      loss = result.loss.item();
      if (!Number.isFinite(loss))
        throw new ValueError(`fit: the loss is ${loss} at step ${at.step}; expected a finite number`);
      optimizer.zeroGrad();
      result.loss.backward();
      if (options.clipGradNorm !== undefined) gradNorm = clipGradNorm(optimizer.parameters, options.clipGradNorm);
      optimizer.step();
      optimizer.zeroGrad();
      return (data as Dataset).carriesState ? detachAll(result.state ?? null) : null;
    }, this.state);
    at.batch++;
    at.step++;
    at.lossSum += loss * count;
    at.lossCount += count;
    this.losses.push(loss);
    const { epoch, step } = at;
    options.onStep?.({
      epoch,
      epochs: this.epochs,
      batch: at.batch,
      batches: this.batches,
      step,
      loss,
      gradNorm,
      lr: optimizer.lr,
      count,
    });
  }

  private async save(): Promise<void> {
    const { checkpoint, optimizer } = this.options;
    if (!checkpoint) return;
    const { model, position, state } = this;
    await checkpoint.save(saveCheckpoint({ model, optimizer, state, position, metadata: checkpoint.metadata }));
  }
}

function detachAll(x: unknown): unknown {
  if (x instanceof Tensor) return x.detach();
  return Array.isArray(x) ? x.map(detachAll) : x;
}

function disposeAll(x: unknown): void {
  if (x instanceof Tensor) x.dispose();
  else if (Array.isArray(x)) for (const element of x) disposeAll(element);
}

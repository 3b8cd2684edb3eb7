// One of the many streams that share a batcher's buffers: it owns nothing but its state.
import { Owner } from '../tensor/owner.js';
import type { TensorLike } from '../tensor/tensor.js';
import type { Batches } from './batches.js';
import { StreamState } from './stream-state.js';

export type Resolve = (output: Float32Array) => void;
export type Reject = (reason: unknown) => void;

/** A step called while an earlier one of its session waits. */
export interface QueuedStep {
  values: ArrayLike<number>;
  resolve: Resolve;
  reject: Reject;
}

/**
 * One stream of a batcher, `server.open()`: state of its own. Calls take effect in the order they are made: save(), state,
 * reset() and restore() first run what this session has waiting, in a batch that is perhaps not full.
 */
export class Session extends Owner {
  /** @internal The state tensors, in the order of the plan's. */
  parts: Float32Array<ArrayBuffer>[];
  /** @internal Its row in the batch under collection, or -1, and whom to answer. */
  row = -1;
  /** @internal */
  resolve: Resolve | null = null;
  /** @internal */
  reject: Reject | null = null;
  /** @internal Not empty only while a step is in a batch. */
  queue: QueuedStep[] | null = null;
  /** @internal */
  closed = false;

  /** @internal */
  constructor(private readonly batches: Batches) {
    super();
    this.parts = batches.initial();
  }

  /**
   * Runs one step in the next batch: input [inputSize], as Stream.step takes it; an Embedding in front takes one index. The input is read
   * now and may be overwritten at once.
   * @returns a promise of the output [outputSize], the caller's own copy. It rejects, and the state is as it was, with ShapeError, DTypeError
   * or ValueError for a bad input, which no batch sees; DisposedError if the session, the batcher or the model ended before
   * the step ran; OutOfMemoryError if there was no room to pack changed weights.
   */
  step(input: TensorLike): Promise<Float32Array> {
    // What the executor throws becomes a rejection.
    return new Promise((resolve, reject) => {
      this.batches.checkLive(this, 'session.step');
      this.batches.admit(this, this.batches.read(input, 'session.step'), resolve, reject);
    });
  }

  /** A copy of the state; assign one to continue from there. Assigning throws FormatError for another model's: nothing changed then. */
  get state(): StreamState {
    this.batches.checkLive(this, 'session.state');
    this.batches.settle(this);
    return this.batches.describe(this.parts);
  }
  set state(state: StreamState) {
    this.batches.checkLive(this, 'session.state');
    state.check(this.batches.describe(this.parts));
    this.batches.settle(this);
    state.entries.forEach(({ data }, i) => {
      this.parts[i].set(data);
    });
  }

  /** Back to the initial states. */
  reset(): void {
    this.batches.checkLive(this, 'session.reset');
    this.batches.settle(this);
    this.parts = this.batches.initial();
  }

  /** The state as bytes: those of `model.stream().save()`, which restores them too. */
  save(): Uint8Array<ArrayBuffer> {
    this.batches.checkLive(this, 'session.save');
    return this.state.toBytes();
  }
  /** Continues from bytes that a session or a stream of one row saved. Throws FormatError for any others; nothing changed then. */
  restore(bytes: Uint8Array): void {
    this.batches.checkLive(this, 'session.restore');
    this.state = StreamState.fromBytes(bytes, this.batches.describe(this.parts));
  }

  /** Frees the state; steps that wait are rejected with DisposedError. Twice is nothing. */
  close(): void {
    this.batches.close(this);
  }
  /** close(), for `using`. */
  dispose(): void {
    this.close();
  }
}

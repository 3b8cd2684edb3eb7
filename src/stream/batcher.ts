// Many streams of one model, run together: for servers.
import { UnsupportedError } from '../errors.js';
import { between, checkOptions } from '../options.js';
import { Owner } from '../tensor/owner.js';
import { Batches } from './batches.js';
import { Session } from './session.js';
import type { Stream } from './stream.js';

export interface BatcherOptions {
  /** Sessions that run together at most, and as soon as so many wait. Buffers are made for so many. Default 32. */
  maxBatch?: number;
  /**
   * Milliseconds a step waits for others at most, 0 to 2³¹ - 1. Default 0: to the end of the turn of the event loop (a promise), which gathers
   * what is called together and needs no timer.
   */
  maxDelay?: number;
}

/** What can be batched: every Module that has a stream. */
export interface Streamable {
  stream(options?: { batch?: number }): Stream;
}

/**
 * Runs many concurrent streams of one model in batches: the weights are read once for all that wait.
 *
 *     const server = batcher(model, { maxBatch: 32, maxDelay: 2 });
 *     const session = server.open(); // one per connection
 *     const output = await session.step(features);
 *
 * A batch runs as soon as maxBatch sessions wait, or maxDelay after the first began to. Every result has the bits of a stream alone.
 * @throws ValueError an option; UnsupportedError a maxDelay where there is no setTimeout (an AudioWorklet); and what `model.stream()` throws
 * for a model that cannot run one step at a time or was disposed, and for buffers that find no room.
 */
export function batcher(model: Streamable, options: BatcherOptions = {}): Batcher {
  return new Batcher(model, options);
}

/** What batcher() gives. */
export class Batcher extends Owner {
  readonly maxBatch: number;
  readonly maxDelay: number;
  /** Features of one session's input and output. */
  readonly inputSize: number;
  readonly outputSize: number;
  private readonly batches: Batches;

  /** @internal */
  constructor(model: Streamable, options: BatcherOptions) {
    super();
    // setTimeout takes more than 2^31 - 1 for 1.
    checkOptions('batcher', options, {
      maxBatch: 'size',
      maxDelay: [between(0, 2 ** 31 - 1), 'a number of milliseconds from 0 to 2147483647'],
    });
    const { maxBatch = 32, maxDelay = 0 } = options;
    if (maxDelay > 0 && typeof setTimeout !== 'function') {
      throw new UnsupportedError(`batcher: maxDelay is ${maxDelay} and this runtime has no setTimeout; expected 0`);
    }
    const stream = model.stream({ batch: maxBatch });
    this.maxBatch = maxBatch;
    this.maxDelay = maxDelay;
    this.inputSize = stream.inputSize;
    this.outputSize = stream.outputSize;
    this.batches = new Batches(stream, maxDelay);
  }

  /** A new stream, its state zeros. Throws DisposedError. */
  open(): Session {
    this.batches.checkServing('batcher.open');
    this.batches.sessions++;
    return new Session(this.batches);
  }

  /** How many are open. */
  get sessions(): number {
    return this.batches.sessions;
  }

  /** Ends all sessions, rejects their waiting steps with DisposedError and frees the buffers. Twice is nothing. */
  dispose(): void {
    this.batches.dispose();
  }
}

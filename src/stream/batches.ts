// How steps of many sessions become rows of one plan. A waiting step's numbers lie in the plan's input at once, in the session's row; states
// come in and go out when the batch runs. A row in a batch has the bits of the row alone, so who waits with whom shows in no result.
import { f32, i32 } from '../engine/memory.js';
import { DisposedError } from '../errors.js';
import type { TensorLike } from '../tensor/tensor.js';
import type { Plan, StateSlot } from './plan.js';
import type { QueuedStep, Reject, Resolve, Session } from './session.js';
import type { Stream } from './stream.js';
import { StreamState } from './stream-state.js';

/** A turn of the event loop ends when its promises are settled: unlike queueMicrotask, an AudioWorklet has them. */
const turn = Promise.resolve();

export class Batches {
  /** Sessions open. */
  sessions = 0;
  /** Floats of one session's state. */
  readonly stateSize: number;
  private readonly plan: Plan;
  /** The sessions that wait, by row; null from `count` on. */
  private readonly rows: (Session | null)[];
  private count = 0;
  /** A flush is to come. */
  private scheduled = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private gone = false;

  constructor(
    /** Of maxBatch rows. */
    private readonly stream: Stream,
    /** Milliseconds. */
    private readonly maxDelay: number,
  ) {
    this.plan = stream.plan;
    this.rows = new Array(stream.batch).fill(null);
    this.stateSize = this.plan.states.reduce((sum, slot) => sum + sizeOf(slot), 0);
  }

  /** Throws DisposedError if the session is closed, or the batcher or the model gone. */
  checkLive(session: Session, where: string): void {
    if (session.closed) throw new DisposedError(`${where}: close() was called on this session`);
    this.checkServing(where);
  }
  checkServing(where: string): void {
    if (this.gone) throw new DisposedError(`${where}: dispose() was called on this batcher`);
    if (this.stream.modelGone()) throw new DisposedError(`${where}: the model of this batcher was disposed`);
  }

  /** The numbers of one session's input, checked. */
  read(input: TensorLike, where: string): ArrayLike<number> {
    return this.plan.read(input, 1, where);
  }

  /** Takes a step into the batch, or into the session's queue if it has one there. Runs the batch if that fills it. */
  admit(session: Session, values: ArrayLike<number>, resolve: Resolve, reject: Reject): void {
    if (session.row >= 0) {
      const copy = this.plan.input.integer ? Int32Array.from(values) : Float32Array.from(values);
      (session.queue ??= []).push({ values: copy, resolve, reject });
      return;
    }
    this.place(session, values, resolve, reject);
    while (this.count === this.rows.length) this.runBatch();
    this.schedule();
  }

  /** Runs batches until no step of this session waits. */
  settle(session: Session): void {
    while (session.row >= 0) this.runBatch();
    this.schedule();
  }

  /** A state of one row whose elements are `data`, copied. */
  describe(data: Float32Array): StreamState {
    let at = 0;
    return new StreamState(
      this.plan.states.map((slot) => {
        const start = at;
        at += sizeOf(slot);
        const copy = Float32Array.from(data.subarray(start, at));
        return { name: slot.name, kind: slot.kind, shape: [1, slot.shape[1]], data: copy };
      }),
    );
  }

  /** Ends a session. The last row moves into its place. */
  close(session: Session): void {
    if (session.closed) return;
    session.closed = true;
    session.data = new Float32Array(0);
    if (this.gone) return;
    this.sessions--;
    const { row } = session;
    if (row < 0) return;
    const last = --this.count;
    if (row !== last) this.move(last, row);
    this.rows[last] = null;
    refuse(session, new DisposedError('session.step: close() was called before the step ran'));
    this.schedule();
  }

  /** Rejects all that wait and frees the buffers. */
  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    const waiting = this.rows.splice(0, this.count) as Session[];
    this.count = this.sessions = 0;
    this.schedule();
    for (const session of waiting) {
      refuse(session, new DisposedError('session.step: dispose() was called on the batcher before the step ran'));
    }
    this.stream.dispose();
  }

  private place(session: Session, values: ArrayLike<number>, resolve: Resolve, reject: Reject): void {
    this.plan.write(values, this.count);
    session.row = this.count;
    session.resolve = resolve;
    session.reject = reject;
    this.rows[this.count++] = session;
  }

  private move(from: number, to: number): void {
    const { block, width } = this.plan.input;
    const start = (block.ptr >>> 2) + from * width;
    i32.copyWithin((block.ptr >>> 2) + to * width, start, start + width);
    const session = this.rows[from] as Session;
    this.rows[to] = session;
    session.row = to;
  }

  /**
   * Sets or clears the timer as sessions wait or not. One that runs is left alone: a step that took its place from a queue has waited for as
   * long, so that none waits longer than maxDelay.
   */
  private schedule(): void {
    if (this.count > 0 && !this.scheduled) {
      this.scheduled = true;
      if (this.maxDelay === 0) turn.then(this.flush);
      else this.timer = setTimeout(this.flush, this.maxDelay);
    } else if (this.count === 0 && this.scheduled && this.maxDelay > 0) {
      this.scheduled = false;
      clearTimeout(this.timer);
    }
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    while (this.count > 0) this.runBatch();
  };

  /** Runs all that wait and answers them; the first of each one's queue takes a place in the next batch. */
  private runBatch(): void {
    const { count } = this;
    const error = this.tryRun(count);
    const { block, width } = this.plan.output;
    this.count = 0;
    for (let row = 0; row < count; row++) {
      const session = this.rows[row] as Session;
      const { resolve, reject } = session;
      this.rows[row] = null;
      session.row = -1;
      session.resolve = session.reject = null;
      const start = (block.ptr >>> 2) + row * width;
      if (error === null) resolve?.(f32.slice(start, start + width));
      else reject?.(error.cause);
      // Never more places than rows answered: no answer still to be given is overwritten.
      const next = session.queue?.shift();
      if (next) this.place(session, next.values, next.resolve, next.reject);
    }
  }

  /** null, or what was thrown; then no state has changed. */
  private tryRun(count: number): { cause: unknown } | null {
    try {
      this.checkServing('session.step');
      this.load(count);
      // May grow memory, so that views are looked up after it.
      this.plan.run(count);
      this.store(count);
      return null;
    } catch (cause) {
      return { cause };
    }
  }

  // Loops, since set() would need a new view for every part of every row: garbage, and no faster at these sizes.
  private load(count: number): void {
    const memory = f32;
    let from = 0;
    for (const slot of this.plan.states) {
      const size = sizeOf(slot);
      let to = slot.block.ptr >>> 2;
      for (let row = 0; row < count; row++) {
        const { data } = this.rows[row] as Session;
        for (let i = from; i < from + size; i++) memory[to++] = data[i];
      }
      from += size;
    }
  }
  private store(count: number): void {
    const memory = f32;
    let to = 0;
    for (const slot of this.plan.states) {
      const size = sizeOf(slot);
      let from = slot.block.ptr >>> 2;
      for (let row = 0; row < count; row++) {
        const { data } = this.rows[row] as Session;
        for (let i = to; i < to + size; i++) data[i] = memory[from++];
      }
      to += size;
    }
  }
}

/** Elements of one row of a state. */
function sizeOf(slot: StateSlot): number {
  return slot.shape[1];
}

/** Rejects the step a session has in a batch and those in its queue. */
function refuse(session: Session, reason: DisposedError): void {
  const queue: Pick<QueuedStep, 'reject'>[] = session.queue ?? [];
  session.reject?.(reason);
  for (const { reject } of queue) reject(reason);
  session.row = -1;
  session.resolve = session.reject = session.queue = null;
}

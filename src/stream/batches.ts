// How steps of many sessions become rows of one plan. A waiting step's numbers lie in the plan's input at once, in the session's row; states
// come in and go out when the batch runs. A row in a batch has the bits of the row alone, so who waits with whom shows in no result.
import { f32, i32, viewVersion } from '../engine/memory.js';
import { DisposedError } from '../errors.js';
import type { TensorLike } from '../tensor/tensor.js';
import type { Plan, StateSlot } from './plan.js';
import type { QueuedStep, Reject, Resolve, Session } from './session.js';
import type { Stream } from './stream.js';
import { StreamState } from './stream-state.js';

export class Batches {
  /** Sessions open. */
  sessions = 0;
  private readonly plan: Plan;
  /** The sessions that wait, by row; null from `count` on. */
  private readonly rows: (Session | null)[];
  private count = 0;
  /** views[row][part]: the plan's states by rows, made anew when memory has grown. set() between views is one memcpy: 20 ns, a loop 200. */
  private views: Float32Array[][] = [];
  private viewedAt = -1;
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

  /** The state tensors of a session at its beginning: parts of one buffer. */
  initial(): Float32Array<ArrayBuffer>[] {
    const { states } = this.plan;
    const buffer = new ArrayBuffer(4 * states.reduce((sum, slot) => sum + sizeOf(slot), 0));
    let at = 0;
    return states.map((slot) => {
      const part = new Float32Array(buffer, at, sizeOf(slot));
      part.set(slot.initial());
      at += part.byteLength;
      return part;
    });
  }

  /** A copy of a session's state tensors as a stream of one row has it. */
  describe(parts: readonly Float32Array<ArrayBuffer>[]): StreamState {
    return new StreamState(
      this.plan.states.map(({ name, kind }, i) => ({
        name,
        kind,
        shape: [1, parts[i].length],
        data: parts[i].slice(),
      })),
    );
  }

  /** Ends a session. The last row moves into its place. */
  close(session: Session): void {
    if (session.closed) return;
    session.closed = true;
    session.parts = [];
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
      // A promise and not queueMicrotask, which an AudioWorklet lacks.
      if (this.maxDelay === 0) Promise.resolve().then(this.flush);
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

  private load(count: number): void {
    if (this.viewedAt !== viewVersion) this.renewViews();
    for (let row = 0; row < count; row++) {
      const { parts } = this.rows[row] as Session;
      const views = this.views[row];
      for (let i = 0; i < parts.length; i++) views[i].set(parts[i]);
    }
  }
  private store(count: number): void {
    if (this.viewedAt !== viewVersion) this.renewViews();
    for (let row = 0; row < count; row++) {
      const { parts } = this.rows[row] as Session;
      const views = this.views[row];
      for (let i = 0; i < parts.length; i++) parts[i].set(views[i]);
    }
  }

  private renewViews(): void {
    this.views = this.rows.map((_, row) =>
      this.plan.states.map((slot) => {
        const start = (slot.block.ptr >>> 2) + row * sizeOf(slot);
        return f32.subarray(start, start + sizeOf(slot));
      }),
    );
    this.viewedAt = viewVersion;
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

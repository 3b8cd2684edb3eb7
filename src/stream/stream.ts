// One step at a time: fixed buffers, one call into WebAssembly per step, nothing allocated.
import { enterFrame, f32, leaveFrame, viewVersion } from '../engine/memory.js';
import { DisposedError, ValueError } from '../errors.js';
import { Owner } from '../tensor/owner.js';
import type { TensorLike } from '../tensor/tensor.js';
import type { StreamLayer } from './layer.js';
import { Plan } from './plan.js';
import { StreamState } from './stream-state.js';

/**
 * A running model: `model.stream({ batch })`.
 *
 *     const stream = model.stream();
 *     for (const frame of frames) use(stream.step(frame)); // [batch · outputSize], overwritten by the next step
 */
export class Stream extends Owner {
  /** Rows that step together. */
  readonly batch: number;
  /** Features of one row's input and output. */
  readonly inputSize: number;
  readonly outputSize: number;
  /** @internal */
  readonly plan: Plan;
  private view: Float32Array;
  private viewedAt = -1;
  private gone = false;

  /** @internal */
  constructor(
    layers: readonly StreamLayer[],
    batch: number,
    /** @internal */
    readonly modelGone: () => boolean,
  ) {
    super();
    if (!Number.isInteger(batch) || batch < 1)
      throw new ValueError(`stream: batch is ${batch}; expected an integer of at least 1`);
    this.batch = batch;
    const mark = enterFrame();
    try {
      this.plan = new Plan(layers, batch);
      this.plan.retainAll();
    } finally {
      leaveFrame(mark);
    }
    this.inputSize = this.plan.input.width;
    this.outputSize = this.plan.output.width;
    this.view = f32;
  }

  /**
   * Runs one step: input [batch · inputSize] as a typed array, [batch, inputSize] (or [inputSize] for one row) nested or as a
   * Tensor; an Embedding in front takes one index per row.
   * @returns the stream's own view of the output, [batch · outputSize]: the next step overwrites it, copy what must stay.
   * @throws ShapeError; ValueError an index out of range; DisposedError.
   */
  step(input: TensorLike): Float32Array {
    this.checkLive('step');
    this.plan.write(this.plan.read(input, this.batch, 'stream.step'), 0);
    this.plan.run();
    if (this.viewedAt !== viewVersion) this.renewView();
    return this.view;
  }

  /** Back to the initial states: zeros, or what was trained (trainableInitialState). */
  reset(): void {
    this.checkLive('reset');
    this.plan.reset();
  }

  /** A copy of the state; assign one to continue from there. Assigning throws FormatError for another model's. */
  get state(): StreamState {
    this.checkLive('state');
    return new StreamState(
      this.plan.states.map(({ name, kind, shape, block }) => {
        const start = block.ptr >>> 2;
        return { name, kind, shape, data: f32.slice(start, start + shape[0] * shape[1]) };
      }),
    );
  }
  set state(state: StreamState) {
    this.checkLive('state');
    state.check(this.state);
    state.entries.forEach((entry, i) => {
      f32.set(entry.data, this.plan.states[i].block.ptr >>> 2);
    });
  }

  /** The state as bytes (layout: StreamState.toBytes), to be restored here or on another machine. */
  save(): Uint8Array<ArrayBuffer> {
    return this.state.toBytes();
  }
  /** Continues from saved bytes. Throws FormatError for anything but a state of this model's layers and sizes; nothing changed then. */
  restore(bytes: Uint8Array): void {
    this.state = StreamState.fromBytes(bytes, this.state);
  }

  /** Frees the buffers. Twice is nothing. */
  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    this.plan.releaseAll();
  }

  private checkLive(where: string): void {
    if (this.gone) throw new DisposedError(`stream.${where}: dispose() was called on this stream`);
    if (this.modelGone()) throw new DisposedError(`stream.${where}: the model of this stream was disposed`);
  }

  private renewView(): void {
    const { block, width } = this.plan.output;
    this.view = f32.subarray(block.ptr >>> 2, (block.ptr >>> 2) + this.batch * width);
    this.viewedAt = viewVersion;
  }
}

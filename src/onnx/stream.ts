// An ONNX model one step at a time, its states inside.
import { f32, i32, viewVersion } from '../engine/memory.js';
import { DisposedError, ValueError } from '../errors.js';
import { checkOptionNames } from '../options.js';
import { type Shape, sizeOf } from '../shape.js';
import { Owner } from '../tensor/owner.js';
import { Bound, type Mode } from './bound.js';
import { checkNames, type Feeds, newSlot, readFeed, type Slot } from './feeds.js';
import type { OnnxGraph } from './onnx-graph.js';

export interface OnnxStreamOptions {
  /** Input name -> the output that is its value in the next step. */
  state?: Readonly<Record<string, string>>;
  /** Shapes of states whose sizes the file leaves open; those not given are 1. */
  dims?: Readonly<Record<string, Shape>>;
}
/** Views of the stream's own outputs: floats, and integers as int32. */
export type StepOutputs = Readonly<Record<string, Float32Array | Int32Array>>;

interface State {
  input: number;
  output: number;
  data: Float32Array | Int32Array;
}

export class OnnxStream extends Owner {
  private readonly slots: Slot[];
  private readonly names: ReadonlySet<string>;
  private readonly states: State[];
  private bound: Bound | null = null;
  private mode: Mode = 'shapes';
  private views: Record<string, Float32Array | Int32Array> = {};
  private viewedAt = -1;
  private gone = false;

  /** @internal */
  constructor(
    private readonly graph: OnnxGraph,
    options: OnnxStreamOptions,
    private readonly modelGone: () => boolean,
  ) {
    super();
    checkOptionNames('OnnxModel.stream', options, { state: 0, dims: 0 });
    const { state = {}, dims = {} } = options;
    this.slots = graph.inputs.map(newSlot);
    this.states = Object.entries(state).map(([from, to]) => this.newState(from, to, dims[from]));
    const kept = this.states.map(({ input }) => graph.inputs[input].name);
    this.names = new Set(graph.inputs.map(({ name }) => name).filter((name) => !kept.includes(name)));
  }

  private newState(from: string, to: string, given: Shape | undefined): State {
    const index = (list: readonly { name: string }[], name: string, what: string) => {
      const at = list.findIndex((info) => info.name === name);
      if (at < 0)
        throw new ValueError(`OnnxModel.stream: no ${what} "${name}"; expected ${list.map((i) => i.name).join(', ')}`);
      return at;
    };
    const input = index(this.graph.inputs, from, 'input');
    const output = index(this.graph.outputs, to, 'output');
    const { dtype, shape } = this.graph.inputs[input];
    const dims = given ?? shape?.map((n) => (typeof n === 'number' ? n : 1));
    if (!dims) throw new ValueError(`OnnxModel.stream: state "${from}" is of any shape; expected its dims`);
    const data = dtype.includes('float') ? new Float32Array(sizeOf(dims)) : new Int32Array(sizeOf(dims));
    this.slots[input].dims = dims;
    this.slots[input].data = data;
    return { input, output, data };
  }

  /**
   * One step: feeds of the inputs that are no states.
   * @returns the stream's own views by output name, overwritten by the next step: copy what must stay.
   * @throws as OnnxModel.run; the states are then as they were.
   */
  step(feeds: Feeds): StepOutputs {
    this.checkLive('OnnxStream.step');
    checkNames(this.names, feeds, 'OnnxStream.step');
    for (let i = 0; i < this.slots.length; i++) {
      const slot = this.slots[i];
      if (this.names.has(slot.info.name)) readFeed(slot, feeds, 'OnnxStream.step');
    }
    const bound = this.bound?.fits(this.slots) ? this.bound : this.bind();
    bound.write(this.slots);
    bound.run();
    for (let i = 0; i < this.states.length; i++) this.keep(bound, this.states[i]);
    if (this.viewedAt !== viewVersion || this.mode === 'eager') this.renewViews(bound);
    return this.views;
  }

  /** The states' elements, by input name: live arrays, to be read, copied or set between steps. */
  get state(): Readonly<Record<string, Float32Array | Int32Array>> {
    return Object.fromEntries(this.states.map(({ input, data }) => [this.graph.inputs[input].name, data]));
  }
  /** Back to zero states. */
  reset(): void {
    this.checkLive('OnnxStream.reset');
    for (const { data } of this.states) data.fill(0);
  }
  dispose(): void {
    this.gone = true;
    this.bound?.dispose();
    this.bound = null;
  }

  private bind(): Bound {
    const bound = Bound.to(this.graph, this.mode, this.slots);
    this.bound?.dispose();
    this.bound = bound;
    this.mode = bound.usedMode;
    this.viewedAt = -1;
    return bound;
  }

  private keep(bound: Bound, { input, output, data }: State): void {
    const from = bound.outputs[output];
    if (from.size !== data.length) {
      const name = this.graph.inputs[input].name;
      throw new ValueError(
        `OnnxStream.step: state "${name}" has ${data.length} elements; its output gives ${from.size}`,
      );
    }
    const at = from.ptr >>> 2;
    const view = from.dtype === 'float32' ? f32 : i32;
    for (let i = 0; i < data.length; i++) data[i] = view[at + i];
  }

  private renewViews(bound: Bound): void {
    this.views = Object.fromEntries(bound.outputs.map((x, i) => [this.graph.outputs[i].name, x.view()]));
    this.viewedAt = viewVersion;
  }
  private checkLive(where: string): void {
    if (this.gone) throw new DisposedError(`${where}: dispose() was called on the stream`);
    if (this.modelGone()) throw new DisposedError(`${where}: dispose() was called on its model`);
  }
}

import { enterFrame, leaveFrame, u8 } from '../engine/memory.js';
import { DisposedError } from '../errors.js';
import { fresh } from '../ops/op.js';
import { Owner } from '../tensor/owner.js';
import { Tensor } from '../tensor/tensor.js';
import { Bound, type Mode } from './bound.js';
import { type OnnxArray, toOnnxArray } from './element-types.js';
import { checkNames, type Feeds, newSlot, readFeed, type Slot } from './feeds.js';
import type { ValueInfo } from './graph.js';
import type { OnnxGraph } from './onnx-graph.js';
import { OnnxStream, type OnnxStreamOptions } from './stream.js';
import type { Value } from './value.js';

/** Plans kept for shapes that come again. */
const PLANS = 8;

/** Elements in ONNX's type: int64 as BigInt64Array, bool as 0 and 1 in a Uint8Array, half floats widened to Float32Array. */
export interface OnnxOutput {
  data: OnnxArray;
  dims: number[];
}

/** A loaded ONNX model. It owns its weights and buffers until dispose(). */
export class OnnxModel extends Owner {
  /** What to feed: initializers are not among them. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** metadata_props, and producer_name, producer_version, domain, model_version, doc_string where the file has them. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What is computed otherwise than the file asks: 'float64 is computed as float32'. */
  readonly notes: readonly string[];
  private graph: OnnxGraph | null;
  private readonly names: ReadonlySet<string>;
  private readonly slots: Slot[];
  private plans: Bound[] = [];
  private mode: Mode = 'shapes';

  /** @internal */
  constructor(graph: OnnxGraph) {
    super();
    this.graph = graph;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.metadata = graph.metadata;
    this.notes = graph.notes;
    this.names = new Set(this.inputs.map(({ name }) => name));
    this.slots = this.inputs.map(newSlot);
  }

  /**
   * Runs the graph; the outputs are Tensors (float32 or int32) under the scope rules.
   * @throws ShapeError, DTypeError, ValueError a feed that does not fit; UnsupportedError an integer beyond int32; DisposedError.
   */
  run(feeds: Feeds): Record<string, Tensor> {
    return this.collect(feeds, 'OnnxModel.run', (x) => {
      const mark = enterFrame();
      try {
        const y = fresh(x.shape, 'OnnxModel.run', x.dtype);
        u8.copyWithin(y.block.ptr, x.ptr, x.ptr + x.size * 4);
        return new Tensor(y, { madeBy: 'OnnxModel.run' });
      } finally {
        leaveFrame(mark);
      }
    });
  }

  /** As run(), with plain arrays that need no freeing. */
  predict(feeds: Feeds): Record<string, OnnxOutput> {
    return this.collect(feeds, 'OnnxModel.predict', (x) => ({
      data: toOnnxArray(x.type, x.view()),
      dims: [...x.shape],
    }));
  }

  /**
   * The model one step at a time: the inputs named in `state` are kept inside and replaced after each step by the outputs they map to.
   *
   *     const stream = model.stream({ state: { h: 'hn' } });
   *     for (const frame of frames) use(stream.step({ x: frame }).y);
   */
  stream(options: OnnxStreamOptions = {}): OnnxStream {
    return new OnnxStream(this.live('OnnxModel.stream'), options, () => this.graph === null);
  }

  /** Frees weights, plans and buffers; streams end with DisposedError. */
  dispose(): void {
    for (const plan of this.plans.splice(0)) plan.dispose();
    this.graph?.arena.dispose();
    this.graph = null;
  }

  private collect<T>(feeds: Feeds, where: string, take: (x: Value) => T): Record<string, T> {
    const graph = this.live(where);
    checkNames(this.names, feeds, where);
    for (const slot of this.slots) readFeed(slot, feeds, where);
    const bound = this.bound(graph);
    try {
      bound.run();
      return Object.fromEntries(bound.outputs.map((x, i) => [this.outputs[i].name, take(x)]));
    } finally {
      if (bound.usedMode === 'eager') bound.dispose();
    }
  }

  private bound(graph: OnnxGraph): Bound {
    const at = this.plans.findIndex((plan) => plan.fits(this.slots));
    if (at >= 0) {
      const [found] = this.plans.splice(at, 1);
      this.plans.push(found);
      found.write(this.slots);
      return found;
    }
    if (this.plans.length === PLANS) this.plans.shift()!.dispose();
    const made = Bound.to(graph, this.mode, this.slots);
    this.mode = made.usedMode;
    if (this.mode !== 'eager') this.plans.push(made);
    return made;
  }

  private live(where: string): OnnxGraph {
    if (!this.graph) throw new DisposedError(`${where}: the model is gone: dispose() was called on it`);
    return this.graph;
  }
}

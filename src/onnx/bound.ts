// A model bound to the shapes of its inputs: buffers, a plan, outputs.
import { enterFrame, leaveFrame } from '../engine/memory.js';
import { UnsupportedError } from '../errors.js';
import { type Shape, sameShape, sizeOf } from '../shape.js';
import { isFloat } from './element-types.js';
import { holds, type Slot, writeSlot } from './feeds.js';
import { NeedsData } from './needs-data.js';
import type { OnnxGraph } from './onnx-graph.js';
import { Plan } from './plan.js';
import type { Value } from './value.js';

/** What a plan is made for: shapes; shapes and the values of small integer inputs; one run. */
export type Mode = 'shapes' | 'values' | 'eager';
const NEXT: Record<Mode, Mode | null> = { shapes: 'values', values: 'eager', eager: null };
/** Integer inputs with at most this many elements become constants of a plan: a sample rate, a length. */
const SMALL = 16;

export class Bound {
  readonly inputs: Value[];
  outputs: Value[] = [];
  private readonly plan: Plan;
  private readonly dims: readonly Shape[];
  /** The values of inputs that are constants here. */
  private readonly fixed: (ArrayLike<number> | null)[];

  private constructor(
    private readonly graph: OnnxGraph,
    private readonly mode: Mode,
    slots: readonly Slot[],
  ) {
    this.plan = new Plan(graph, mode === 'eager');
    this.dims = slots.map(({ dims }) => [...dims]);
    const mark = enterFrame();
    try {
      const small = (i: number) => !isFloat(graph.inputs[i].dtype) && sizeOf(this.dims[i]) <= SMALL;
      this.inputs = graph.inputs.map(({ dtype, name }, i) =>
        this.plan.variable(dtype, this.dims[i], `onnx input "${name}"`, mode === 'values' && small(i)),
      );
      this.write(slots);
      this.fixed = this.inputs.map((x) => (x.known ? x.view().slice() : null));
      if (mode !== 'eager') this.walk();
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      leaveFrame(mark);
    }
  }

  /** Plans for these inputs, in the first mode from `mode` on that can. */
  static to(graph: OnnxGraph, mode: Mode, slots: readonly Slot[]): Bound {
    for (let m: Mode | null = mode; m; m = NEXT[m]) {
      try {
        return new Bound(graph, m, slots);
      } catch (error) {
        if (!(error instanceof NeedsData)) throw error;
      }
    }
    throw new UnsupportedError('onnx: the graph needs numbers it never gets');
  }

  /** Whether these inputs can be run as they are. */
  fits(slots: readonly Slot[]): boolean {
    for (let i = 0; i < slots.length; i++) {
      const fixed = this.fixed[i];
      if (!sameShape(slots[i].dims, this.dims[i]) || (fixed && !holds(slots[i], fixed))) return false;
    }
    return this.mode !== 'eager';
  }
  get usedMode(): Mode {
    return this.mode;
  }

  write(slots: readonly Slot[]): void {
    for (let i = 0; i < slots.length; i++) writeSlot(slots[i], this.inputs[i]);
  }
  run(): void {
    if (this.mode === 'eager') this.walk();
    else this.plan.run();
  }
  private walk(): void {
    const mark = enterFrame();
    try {
      this.outputs = this.plan.walk(this.graph.graph, this.inputs, null).outputs;
    } finally {
      leaveFrame(mark);
    }
  }
  dispose(): void {
    this.plan.dispose();
  }
}

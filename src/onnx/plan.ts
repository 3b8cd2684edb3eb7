// A graph bound to shapes: walked once, node by node, each becoming steps on fixed buffers.
//
// What is known while planning (constants, shapes and what follows from them) is computed on the spot and costs no step.
// An operator that must know numbers which only a run brings throws NeedsData: the model then plans again with the values of
// small integer inputs taken as constants, and where that is not enough, walks the graph anew in every run ("eager": each step runs as
// soon as it is planned, so every number is known).
import { sizeOf } from '../shape.js';
import { Call } from './call.js';
import type { ElementType } from './element-types.js';
import type { Graph, Node } from './graph.js';
import { Names } from './names.js';
import type { OnnxGraph } from './onnx-graph.js';
import { described, runSteps, type Step } from './run-steps.js';
import { Arena, Storage, Value } from './value.js';

export class Plan {
  /** What steps write, run after run. */
  readonly arena = new Arena();
  /** What is written while planning and read by steps: blocks of its own, which no earlier step overwrites. */
  readonly fixed = new Arena();
  steps: Step[] = [];

  constructor(
    readonly graph: OnnxGraph,
    public eager: boolean,
  ) {}

  /** A buffer for a value that feeds or steps write. */
  variable(type: ElementType, shape: readonly number[], what: string, known = false): Value {
    const arena = known ? this.fixed : this.arena;
    const storage = new Storage(arena.take(sizeOf(shape) * 4, what), arena);
    storage.holds = 1;
    return new Value(type, shape, storage, known, false);
  }

  /** Plans `graph` with these inputs; its outputs are held until `names.end()`. */
  walk(graph: Graph, inputs: readonly Value[], parent: Names | null): { outputs: Value[]; names: Names } {
    const names = new Names(graph, parent, this.graph);
    graph.inputs.forEach(({ name }, i) => {
      names.bind(name, inputs[i]);
    });
    for (const node of graph.nodes) this.plan(node, names);
    return { outputs: graph.outputs.map((name) => names.find(name)), names };
  }

  /** Steps that `plan` adds, taken out of the list: a body that a step of its own runs, and so never at once. */
  capture<T>(plan: () => T): { steps: Step[]; result: T } {
    const { steps: before, eager } = this;
    this.steps = [];
    this.eager = false;
    try {
      const result = plan();
      return { steps: this.steps, result };
    } finally {
      this.steps = before;
      this.eager = eager;
    }
  }

  private plan(node: Node, names: Names): void {
    const parts = node.cell?.parts ?? [node];
    try {
      if (node.folded)
        node.outputs.forEach((name, i) => {
          names.bind(name, node.folded![i]);
        });
      else if (!this.call(node, names)) {
        for (const part of parts) this.plan(part, names);
        return;
      }
    } catch (error) {
      throw described(error, node);
    }
    for (const part of parts) for (const name of part.reads) names.used(name);
  }

  /** false: the node is a cell that does not fit. */
  private call(node: Node, names: Names): boolean {
    const inputs = node.inputs.map((name) => (name === '' ? null : names.find(name)));
    const call = new Call(this, node, inputs, names);
    if (node.cell && !node.cell.plan(call)) return false;
    if (!node.cell) this.graph.operator(node.type)(call);
    const outputs = node.outputs.map((_, i) => call.outputs[i] ?? null);
    node.outputs.forEach((name, i) => {
      names.bind(name, outputs[i]);
    });
    call.end();
    if (call.constant) node.folded = outputs;
    return true;
  }

  run(): void {
    runSteps(this.steps);
  }
  dispose(): void {
    this.arena.dispose();
    this.fixed.dispose();
  }
}

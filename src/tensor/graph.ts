// The graph that backward walks: nodes held by the tensors they made and by the nodes that used those.
import { kernels } from '../engine/engine.js';
import { enterFrame, leaveFrame, u8 } from '../engine/memory.js';
import { GraphError } from '../errors.js';
import { filled } from '../ops/filled.js';
import { elements, fresh, type GradientSink, type Op, type Operand, type Saved } from '../ops/op.js';
import { formatShape, type Shape } from '../shape.js';

/** Where a gradient ends: a tensor with requiresGrad that no operation made. */
export interface Leaf {
  readonly shape: Shape;
  readonly disposed: boolean;
  /** Takes over the gradient: adopts the operand or adds it to the one there is. Allocates nothing. */
  addGradient(gradient: Operand): void;
}

export type Edge = { node: GraphNode; output: number } | { leaf: Leaf } | null;

let nextId = 0;

/** One fused operation that was run: what it saved, and where its inputs came from. */
export class GraphNode {
  /** Later nodes have larger ids: a topological order for free. */
  readonly id = nextId++;
  /** Tensors and nodes that hold this one. */
  private holders = 0;
  private saved: Saved | null;
  private readonly versions: number[];
  private inputs: Edge[];
  /** Tensors that asked for their gradient with retainGrad(), by output. */
  retained: (Leaf | null)[] | null = null;

  constructor(
    readonly op: Op<never, Saved>,
    saved: Saved,
    inputs: Edge[],
    readonly outputs: readonly { shape: Shape }[],
  ) {
    this.saved = saved;
    this.inputs = inputs;
    this.versions = saved.operands.map((x) => x?.block.retain().version ?? 0);
    for (const edge of inputs) if (edge && 'node' in edge) edge.node.hold();
  }

  get freed(): boolean {
    return this.saved === null;
  }
  get edges(): readonly Edge[] {
    return this.inputs;
  }

  hold(): void {
    this.holders++;
  }
  /** A holder is gone; the last one takes what the node saved with it. */
  release(): void {
    if (--this.holders === 0) this.free();
  }

  /** Lets go of everything saved. Long chains are walked with a list, not by recursion. */
  free(): void {
    const pending: GraphNode[] = [this];
    for (let node = pending.pop(); node; node = pending.pop()) {
      const { saved, inputs } = node;
      if (!saved) continue;
      node.saved = null;
      node.inputs = [];
      for (const x of saved.operands) x?.block.release();
      for (const edge of inputs) {
        if (edge && 'node' in edge && --edge.node.holders === 0) pending.push(edge.node);
      }
    }
  }

  /** Throws GraphError unless backward can run: not freed, and nothing it needs was written since forward. */
  check(): void {
    if (!this.saved) {
      throw new GraphError(
        `backward: the graph of ${this.op.name} was freed by an earlier backward(); use retainGraph: true, or detach() the state carried over from the step before`,
      );
    }
    this.saved.operands.forEach((x, i) => {
      if (x && x.block.version !== this.versions[i]) {
        throw new GraphError(
          `backward: ${this.op.name} needs a tensor of shape ${formatShape(x.shape)} that was changed since forward (version ${x.block.version}; expected ${this.versions[i]})`,
        );
      }
    });
  }

  run(dOutputs: readonly (Operand | null)[], sink: GradientSink): readonly (Operand | null)[] {
    return this.op.backward(this.saved!, dOutputs, sink);
  }
}

/** Gradients on their way: per node output and per leaf, each holding its block once. */
class Gradients {
  private readonly byNode = new Map<GraphNode, (Operand | null)[]>();
  readonly leaves = new Map<Leaf, Operand>();

  get(edge: NonNullable<Edge>): Operand | null {
    if ('leaf' in edge) return this.leaves.get(edge.leaf) ?? null;
    return this.byNode.get(edge.node)?.[edge.output] ?? null;
  }
  set(edge: NonNullable<Edge>, gradient: Operand): void {
    const before = this.get(edge);
    gradient.block.retain();
    before?.block.release();
    if ('leaf' in edge) this.leaves.set(edge.leaf, gradient);
    else {
      let outputs = this.byNode.get(edge.node);
      if (!outputs) this.byNode.set(edge.node, (outputs = edge.node.outputs.map(() => null)));
      outputs[edge.output] = gradient;
    }
  }
  /** Adds a gradient; one that others hold too is copied first. */
  add(edge: NonNullable<Edge>, gradient: Operand): void {
    const before = this.get(edge);
    if (!before) {
      this.set(edge, gradient);
      return;
    }
    const sum = this.owned(edge, before);
    kernels().accumulate(gradient.block.ptr, sum.block.ptr, elements(gradient));
  }
  /** The edge's gradient as a block nobody else holds. */
  owned(edge: NonNullable<Edge>, gradient: Operand): Operand {
    if (gradient.block.count === 1) return gradient;
    const own = copyOf(gradient);
    this.set(edge, own);
    return own;
  }
  /** Takes a node's gradients out of the table; the caller releases them. */
  take(node: GraphNode): (Operand | null)[] | null {
    const outputs = this.byNode.get(node) ?? null;
    this.byNode.delete(node);
    return outputs;
  }
  releaseAll(): void {
    for (const outputs of this.byNode.values()) for (const g of outputs) g?.block.release();
    for (const g of this.leaves.values()) g.block.release();
  }
}

/**
 * Runs backward from one edge. Gradients reach the leaves only when the whole walk succeeded; every node walked is freed
 * unless `retain`. Throws GraphError before anything changed, OutOfMemoryError with all .grad as they were (the graph is spent then).
 */
export function backward(root: NonNullable<Edge>, gradient: Operand, retain: boolean): void {
  const nodes = reachable(root);
  for (const node of nodes) node.check();
  // Held until the end: freeing a node must not take the ones behind it before they were walked.
  for (const node of nodes) node.hold();
  const gradients = new Gradients();
  const mark = enterFrame();
  try {
    gradients.set(root, gradient);
    for (const node of nodes) {
      walk(node, gradients, retain);
      if (!retain) node.free();
    }
    // A gradient that flowed to several places unchanged (a + b) is one block: each leaf gets its own before any adopts one.
    for (const [leaf, total] of gradients.leaves) gradients.owned({ leaf }, total);
    for (const [leaf, total] of gradients.leaves) if (!leaf.disposed) leaf.addGradient(total);
  } finally {
    gradients.releaseAll();
    for (const node of nodes) {
      if (!retain) node.free();
      node.release();
    }
    leaveFrame(mark);
  }
}

function walk(node: GraphNode, gradients: Gradients, retain: boolean): void {
  const dOutputs = gradients.take(node);
  if (!dOutputs) return;
  const mark = enterFrame();
  try {
    node.retained?.forEach((leaf, i) => {
      const gradient = dOutputs[i];
      if (leaf && gradient) gradients.set({ leaf }, copyOf(gradient));
    });
    const results = node.run(dOutputs, sinkFor(node, gradients, retain));
    results.forEach((gradient, i) => {
      const edge = node.edges[i];
      if (gradient && edge) gradients.add(edge, gradient);
    });
  } finally {
    leaveFrame(mark);
    for (const gradient of dOutputs) gradient?.block.release();
  }
}

function sinkFor(node: GraphNode, gradients: Gradients, retain: boolean): GradientSink {
  // One tensor may be several inputs (tied weights): it must get the same block each time.
  const given = new Set<Operand>();
  const give = (operand: Operand): Operand => {
    given.add(operand);
    return operand;
  };
  return {
    retain,
    wants: (i) => node.edges[i] != null,
    accumulate(i) {
      const edge = node.edges[i]!;
      const before = gradients.get(edge);
      if (before) return given.has(before) ? before : give(gradients.owned(edge, before));
      const shape = 'leaf' in edge ? edge.leaf.shape : edge.node.outputs[edge.output].shape;
      const zeros = filled(shape, 0, 'gradient');
      gradients.set(edge, zeros);
      return give(zeros);
    },
  };
}

function copyOf(x: Operand): Operand {
  const copy = fresh(x.shape, 'gradient');
  u8.copyWithin(copy.block.ptr, x.block.ptr, x.block.ptr + elements(x) * 4);
  return copy;
}

/** Every node that can be reached, newest first. */
function reachable(root: NonNullable<Edge>): GraphNode[] {
  if ('leaf' in root) return [];
  const seen = new Set<GraphNode>([root.node]);
  const pending = [root.node];
  for (let node = pending.pop(); node; node = pending.pop()) {
    for (const edge of node.edges) {
      if (edge && 'node' in edge && !seen.has(edge.node)) {
        seen.add(edge.node);
        pending.push(edge.node);
      }
    }
  }
  return [...seen].sort((a, b) => b.id - a.id);
}

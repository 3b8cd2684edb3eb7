// What every tensor is underneath: a handle on a counted block, its place in the graph, its scope and its gradient.
import { kernels } from '../engine/engine.js';
import { enterFrame, leaveFrame } from '../engine/memory.js';
import { DisposedError, DTypeError, GraphError, ShapeError } from '../errors.js';
import { filled } from '../ops/filled.js';
import { elements, type Op, type Operand, reshaped, type Saved } from '../ops/op.js';
import { type DType, formatShape, type Shape, sameShape, sizeOf } from '../shape.js';
import { gradEnabled } from './grad-mode.js';
import { backward, type Edge, GraphNode, type Leaf } from './graph.js';
import { Owner } from './owner.js';
import { currentScope, type Scope, type ScopeMember } from './scope-stack.js';
import { countUnscoped, forgetUnscoped, watchUnscoped } from './unscoped.js';

/** How a tensor came to be. */
export interface Origin {
  /** The operation that made it, for error messages. */
  madeBy: string;
  node?: GraphNode | null;
  output?: number;
  requiresGrad?: boolean;
  parameter?: boolean;
  /** false: no scope disposes it (parameters, buffers, gradients). */
  scoped?: boolean;
}

/** What a tensor holds, apart from the tensor: the finalizer of a forgotten tensor must not keep the tensor itself. */
export class Handle {
  constructor(
    readonly operand: Operand,
    readonly node: GraphNode | null,
  ) {
    operand.block.retain();
    node?.hold();
  }
  release(): void {
    this.operand.block.release();
    this.node?.release();
  }
}

export abstract class TensorBase extends Owner implements Leaf, ScopeMember {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** true for what `parameter()` made and for the weights of modules: never a scope's, found by Module.parameters(). */
  readonly isParameter: boolean;
  private handle: Handle | null;
  private readonly output: number;
  private readonly madeBy: string;
  private leafRequiresGrad: boolean;
  private gradient: this | null = null;
  private scope: Scope | null = null;
  private unscoped = false;
  private endedWithScope = false;

  /** @internal */
  constructor(operand: Operand, origin: Origin) {
    super();
    this.shape = operand.shape;
    this.dtype = operand.dtype;
    this.size = sizeOf(operand.shape);
    this.madeBy = origin.madeBy;
    this.isParameter = origin.parameter ?? false;
    this.output = origin.output ?? 0;
    this.leafRequiresGrad = origin.requiresGrad ?? false;
    this.handle = new Handle(operand, origin.node ?? null);
    if (origin.scoped !== false) this.moveTo(currentScope());
  }

  // Lifetime ---------------------------------------------------------------------------------------------------------

  get disposed(): boolean {
    return this.handle === null;
  }

  /**
   * Drops this handle and its .grad; the memory is freed when nothing else (the graph, a view) needs it. Twice is nothing.
   */
  dispose(): void {
    const { handle } = this;
    if (!handle) return;
    this.leave();
    this.handle = null;
    this.gradient?.dispose();
    this.gradient = null;
    handle.release();
  }

  /** @internal The scope's end. */
  disposeWithScope(): void {
    this.scope = null;
    this.endedWithScope = true;
    this.dispose();
  }

  /** @internal Hands the tensor to a scope, or to top level (null). */
  moveTo(scope: Scope | null): void {
    this.leave();
    this.scope = scope;
    if (scope) scope.members.add(this);
    else {
      this.unscoped = true;
      countUnscoped(this.size * 4);
      watchUnscoped(this, this.handle!);
    }
  }
  /** @internal Takes the tensor out of whatever would dispose it. */
  leave(): void {
    this.scope?.members.delete(this);
    this.scope = null;
    if (!this.unscoped) return;
    this.unscoped = false;
    forgetUnscoped(this, this.size * 4);
  }

  /** @internal The elements. Throws DisposedError. */
  operand(where: string): Operand {
    return this.live(where).operand;
  }

  private live(where: string): Handle {
    if (this.handle) return this.handle;
    const why = this.endedWithScope ? 'its scope ended; return or keep() it' : 'dispose() was called on it';
    throw new DisposedError(
      `${where}: the tensor of shape ${formatShape(this.shape)} made by ${this.madeBy} is gone: ${why}`,
    );
  }

  // Gradient ---------------------------------------------------------------------------------------------------------

  /** Whether backward() computes a gradient for this tensor. May be set on tensors no operation made. */
  get requiresGrad(): boolean {
    return this.leafRequiresGrad || (this.handle?.node ?? null) !== null;
  }
  set requiresGrad(on: boolean) {
    if (this.live('requiresGrad').node) {
      if (on) return;
      throw new GraphError(`requiresGrad: ${this.madeBy} made this tensor; detach() it instead`);
    }
    if (on && this.dtype !== 'float32') throw new DTypeError(`requiresGrad: dtype is ${this.dtype}; expected float32`);
    this.leafRequiresGrad = on;
  }

  /** The gradient that backward() accumulated, or null. It belongs to this tensor; assigning null frees it. */
  get grad(): this | null {
    return this.gradient;
  }
  set grad(gradient: this | null) {
    if (gradient === this.gradient) return;
    if (gradient && !sameShape(gradient.shape, this.shape)) {
      throw new ShapeError(`grad: shape is ${formatShape(gradient.shape)}; expected ${formatShape(this.shape)}`);
    }
    gradient?.leave();
    this.gradient?.dispose();
    this.gradient = gradient;
  }
  /** @internal Gives the gradient away: dispose() no longer frees it. */
  releaseGrad(): this | null {
    const { gradient } = this;
    this.gradient = null;
    return gradient;
  }

  /** What backward() calls: adopts the gradient or adds it to .grad. */
  addGradient(total: Operand): void {
    if (this.gradient) {
      const target = this.gradient.operand('grad');
      kernels().accumulate(total.block.ptr, target.block.ptr, elements(total));
      target.block.version++;
    } else this.gradient = this.make(reshaped(total, this.shape), { madeBy: 'backward', scoped: false });
  }

  /** Keeps .grad of a tensor that an operation made. */
  retainGrad(): void {
    const { node } = this.live('retainGrad');
    if (!node) return;
    node.retained ??= node.outputs.map(() => null);
    node.retained[this.output] = this;
  }

  /**
   * Computes the gradient of this tensor with respect to every tensor with requiresGrad it was made from, and adds it to
   * their .grad. The graph is freed unless retainGraph.
   *
   * @param options.gradient ∂loss/∂this, of this shape; may be left out for one element (1).
   * @throws GraphError nothing recorded, already freed, or changed since forward; ShapeError; OutOfMemoryError (.grad unchanged).
   */
  backward({ gradient, retainGraph = false }: { gradient?: TensorBase; retainGraph?: boolean } = {}): void {
    const edge = this.edge();
    if (!edge)
      throw new GraphError(`backward: no operation with requiresGrad led to this tensor (made by ${this.madeBy})`);
    if (gradient && !sameShape(gradient.shape, this.shape)) {
      throw new ShapeError(`backward: gradient is ${formatShape(gradient.shape)}; expected ${formatShape(this.shape)}`);
    }
    if (!gradient && this.size !== 1) {
      throw new ShapeError(
        `backward: shape is ${formatShape(this.shape)}; expected one element, or a gradient of that shape`,
      );
    }
    const mark = enterFrame();
    try {
      backward(edge, gradient?.operand('backward') ?? filled(this.shape, 1, 'backward'), retainGraph);
    } finally {
      leaveFrame(mark);
    }
  }

  private edge(): Edge {
    const { node } = this.live('backward');
    if (node) return { node, output: this.output };
    return this.leafRequiresGrad ? { leaf: this } : null;
  }

  // Operations -------------------------------------------------------------------------------------------------------

  /** @internal A tensor of this class. */
  make(operand: Operand, origin: Origin): this {
    return new (this.constructor as new (operand: Operand, origin: Origin) => this)(operand, origin);
  }

  /**
   * @internal Runs an operation and records it where gradients are wanted. On an error nothing it allocated remains.
   */
  static override apply<T extends TensorBase, A, S extends Saved>(
    op: Op<A, S>,
    inputs: readonly (T | null)[],
    attributes: A,
  ): T[] {
    const operands = inputs.map((x) => x?.operand(op.name) ?? null);
    const recording = gradEnabled() && inputs.some((x) => x?.requiresGrad);
    const first = inputs.find((x) => x !== null) as T;
    const mark = enterFrame();
    try {
      const { outputs, saved } = op.forward(operands, attributes, recording);
      const differentiable = recording && outputs.some((x) => x.dtype === 'float32');
      const edges = differentiable ? inputs.map((x) => x?.edge() ?? null) : [];
      const node = differentiable ? new GraphNode(op as Op<never, Saved>, saved, edges, outputs) : null;
      return outputs.map((operand, output) =>
        first.make(operand, { madeBy: op.name, node: operand.dtype === 'float32' ? node : null, output }),
      );
    } finally {
      leaveFrame(mark);
    }
  }
}

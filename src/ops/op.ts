// What an operation is: forward and backward side by side, on operands (a block and its shape). No tensors, no graph here.
import { allocate, type Block } from '../engine/memory.js';
import { ShapeError } from '../errors.js';
import { type DType, formatShape, type Shape, sameShape, sizeOf } from '../shape.js';

/** Contiguous row-major elements in linear memory. */
export interface Operand {
  readonly block: Block;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What forward leaves for backward. The graph retains `operands` and checks their versions; the rest are plain values. */
export interface Saved {
  readonly operands: readonly (Operand | null)[];
}

/** The gradients of one node's inputs, as backward sees them. */
export interface GradientSink {
  /** Whether anybody wants the gradient of input i. */
  wants(i: number): boolean;
  /** A block to add the gradient of input i to (`+=`): zeros at first, shared by all nodes that use the same input. */
  accumulate(i: number): Operand;
  /** Whether this node may be walked again: saved operands must then stay as they are. */
  readonly retain: boolean;
}

export interface Op<A, S extends Saved> {
  readonly name: string;
  /** Fresh outputs, and what backward needs (read only where `saving`). Runs inside a memory frame. */
  forward(
    inputs: readonly (Operand | null)[],
    attributes: A,
    saving: boolean,
  ): { outputs: readonly Operand[]; saved: S };
  /** One gradient per input: null where unwanted or already added through the sink. dOutputs are null where nothing flowed. */
  backward(saved: S, dOutputs: readonly (Operand | null)[], sink: GradientSink): readonly (Operand | null)[];
}

/** A fresh operand with undefined contents, owned by the current frame. */
export function fresh(shape: Shape, what: string, dtype: DType = 'float32'): Operand {
  return { block: allocate(sizeOf(shape) * 4, what), shape, dtype };
}

/** The same elements under another shape. */
export function reshaped(x: Operand, shape: Shape): Operand {
  return { block: x.block, shape, dtype: x.dtype };
}

/** The address of a weight, 0 where absent. Weights are assignable: one of another shape would send a kernel out of its bounds. */
export function pointerTo(x: Operand | null | undefined, shape: Shape, where: string): number {
  if (x && !(sameShape(x.shape, shape) && x.dtype === 'float32')) {
    throw new ShapeError(
      `${where}: weight is ${x.dtype} ${formatShape(x.shape)}; expected float32 ${formatShape(shape)}`,
    );
  }
  return x?.block.ptr ?? 0;
}

export function elements(x: Operand): number {
  return sizeOf(x.shape);
}

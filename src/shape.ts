// Shapes: lists of non-negative sizes, row-major. Pure arithmetic, no tensors.
import { ShapeError, ValueError } from './errors.js';

export type Shape = readonly number[];
export type DType = 'float32' | 'int32';

/** Number of elements: the product of the sizes, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Row-major strides in elements: the last is 1. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** A dimension counted from the end if negative, as in PyTorch. Throws ValueError outside [-rank, rank). */
export function normalizeDim(dim: number, rank: number, where: string): number {
  const bound = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -bound || dim >= bound) {
    throw new ValueError(`${where}: dim is ${dim}; expected an integer from ${-bound} to ${bound - 1}`);
  }
  return dim < 0 ? dim + bound : dim;
}

/** The common shape of two operands under broadcasting (trailing dimensions equal, or one of them 1). */
export function broadcastShapes(a: Shape, b: Shape, where: string): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = i <= a.length ? a[a.length - i] : 1;
    const n = i <= b.length ? b[b.length - i] : 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(`${where}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
    }
    out[rank - i] = m === 1 ? n : m;
  }
  return out;
}

/** Throws ValueError unless every size is a non-negative integer. */
export function checkShape(shape: Shape, where: string): void {
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ValueError(`${where}: shape is ${formatShape(shape)}; expected non-negative integers`);
    }
  }
}

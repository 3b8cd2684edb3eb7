// sum, mean, max, min over one dimension or all, and argmax.
import { kernels } from '../engine/engine.js';
import { REDUCE } from '../engine/kernels.js';
import { ValueError } from '../errors.js';
import { formatShape, type Shape, sizeOf } from '../shape.js';
import { cast } from './cast.js';
import { fresh, type Op, type Operand, reshaped, type Saved } from './op.js';

export type ReduceName = keyof typeof REDUCE;

export interface ReduceAttributes {
  /** Dimension, already normalised; null reduces all. */
  dim: number | null;
  keepdim: boolean;
}

interface ReduceSaved extends Saved, ReduceAttributes {
  shape: Shape;
}

/** [outer, n, inner] as the kernels see a shape reduced along dim. */
export function around(shape: Shape, dim: number | null): { outer: number; n: number; inner: number } {
  if (dim === null) return { outer: 1, n: sizeOf(shape), inner: 1 };
  return { outer: sizeOf(shape.slice(0, dim)), n: shape[dim] ?? 1, inner: sizeOf(shape.slice(dim + 1)) };
}

function reducedShape(shape: Shape, { dim, keepdim }: ReduceAttributes): number[] {
  if (dim === null) return keepdim ? shape.map(() => 1) : [];
  return keepdim ? shape.map((n, d) => (d === dim ? 1 : n)) : shape.filter((_, d) => d !== dim);
}

function reduction(name: ReduceName): Op<ReduceAttributes, ReduceSaved> {
  const code = REDUCE[name];
  const selects = name === 'max' || name === 'min';
  return {
    name,
    forward([input], attributes) {
      const integer = input!.dtype === 'int32' && name !== 'mean';
      const x = integer ? input! : cast(input!, 'float32');
      const { outer, n, inner } = around(x.shape, attributes.dim);
      if (n === 0 && selects) throw new ValueError(`${name}: nothing to reduce in shape ${formatShape(x.shape)}`);
      const out = fresh(reducedShape(x.shape, attributes), name, x.dtype);
      const k = kernels();
      if (integer) k.reduceInt(code, x.block.ptr, out.block.ptr, outer, n, inner);
      else k.reduce(code, x.block.ptr, out.block.ptr, outer, n, inner);
      return { outputs: [out], saved: { operands: selects ? [x, out] : [], shape: x.shape, ...attributes } };
    },
    backward({ operands: [x, out], shape, dim }, [dOut]) {
      const { outer, n, inner } = around(shape, dim);
      const dx = fresh(shape, `${name}.backward`);
      const pointers = [x?.block.ptr ?? 0, out?.block.ptr ?? 0, dOut!.block.ptr, dx.block.ptr] as const;
      kernels().reduceBackward(code, ...pointers, outer, n, inner, dim === null ? 1 : 0);
      return [dx];
    },
  };
}

export const sum = reduction('sum');
export const mean = reduction('mean');
export const max = reduction('max');
export const min = reduction('min');

/** Position (int32) of the maximum along dim, or in the flattened operand; the first of equals. No gradient. */
export function argmax(x: Operand, attributes: ReduceAttributes): Operand {
  const { outer, n, inner } = around(x.shape, attributes.dim);
  if (n === 0) throw new ValueError(`argmax: nothing to reduce in shape ${formatShape(x.shape)}`);
  const out = fresh(reducedShape(x.shape, attributes), 'argmax', 'int32');
  kernels().argmax(x.block.ptr, out.block.ptr, outer, n, inner, x.dtype === 'int32' ? 1 : 0);
  return reshaped(out, out.shape);
}

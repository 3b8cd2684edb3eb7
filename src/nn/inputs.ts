// Arguments of forward() whose shape is known beforehand.
import { DTypeError, ShapeError } from '../errors.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape.js';
import { asTensor } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';

/**
 * `x` as a float32 tensor of exactly this shape: a Tensor, nested arrays, or a flat typed array of as many elements (what
 * predict() gives). `names` says what the dimensions are.
 */
export function floatTensor(x: TensorLike, shape: Shape, where: string, names = ''): Tensor {
  const flat = ArrayBuffer.isView(x) && (x as Float32Array).length === sizeOf(shape) ? { shape } : {};
  const t = asTensor(x, { ...flat, dtype: 'float32' });
  if (!sameShape(t.shape, shape)) {
    throw new ShapeError(`${where} is ${formatShape(t.shape)}; expected ${formatShape(shape)}${names && ` ${names}`}`);
  }
  if (t.dtype !== 'float32') throw new DTypeError(`${where} is ${t.dtype}; expected float32`);
  return t;
}

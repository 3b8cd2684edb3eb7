// What losses share: two tensors of one shape, and the reductions.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import type { Reduction } from '../ops/cross-entropy.js';
import { formatShape, sameShape } from '../shape.js';
import { asTensor } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';

export interface LossOptions {
  /** 'mean', 'sum', or 'none' (one loss per element). Default 'mean'. */
  reduction?: Reduction;
}

/** Input and target as float32 tensors of one shape. A flat typed array beside a tensor of that many elements has its shape. */
export function readPair(where: string, input: TensorLike, target: TensorLike): [Tensor, Tensor] {
  const x = asTensor(input);
  const flat = ArrayBuffer.isView(target) && (target as Float32Array).length === x.size ? { shape: x.shape } : {};
  const y = asTensor(target, { ...flat, dtype: 'float32' });
  if (!sameShape(x.shape, y.shape)) {
    throw new ShapeError(
      `${where}: input is ${formatShape(x.shape)}, target ${formatShape(y.shape)}; expected one shape`,
    );
  }
  for (const t of [x, y]) {
    if (t.dtype !== 'float32') throw new DTypeError(`${where}: got ${t.dtype}; expected float32`);
  }
  return [x, y];
}

export function checkReduction(where: string, reduction: string, more: readonly string[] = []): void {
  const known = ['mean', 'sum', 'none', ...more];
  if (!known.includes(reduction)) {
    const last = known.pop();
    throw new ValueError(`${where}: reduction is '${reduction}'; expected '${known.join("', '")}' or '${last}'`);
  }
}

export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}

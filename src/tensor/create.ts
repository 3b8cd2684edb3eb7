// Tensors from data, from constants and from the random generator.
import { kernels } from '../engine/engine.js';
import { enterFrame, leaveFrame } from '../engine/memory.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { concat as concatOp } from '../ops/concat.js';
import { filled, fromValues } from '../ops/filled.js';
import { elements, fresh, type Operand } from '../ops/op.js';
import { where as whereOp } from '../ops/where.js';
import { checkShape, type DType, formatShape, normalizeDim, type Shape, sameShape } from '../shape.js';
import { type Origin, TensorBase } from './base.js';
import { checkLength, readData, type TensorData } from './data.js';
import { draw } from './random.js';
import { Tensor, type TensorLike } from './tensor.js';

export interface TensorOptions {
  /** Row-major shape of flat data. */
  shape?: Shape;
  dtype?: DType;
  requiresGrad?: boolean;
}

/**
 * A tensor with a copy of `data`. Numbers, nested arrays and Float64Array become float32, integer typed arrays int32.
 *
 *     tensor([[1, 2], [3, 4]])            // 2 × 2
 *     tensor(new Float32Array(6), [2, 3]) // an array is short for { shape }
 *
 * @throws ShapeError ragged arrays or a shape that does not fit; DTypeError a number that has no place in the dtype.
 */
export function tensor(data: TensorData, options: TensorOptions | readonly number[] = {}): Tensor {
  return fromData(data, options, { madeBy: 'tensor' });
}

/** A trainable tensor (requiresGrad) that no scope disposes: assign it to a property of a Module. */
export function parameter(data: TensorLike, options: TensorOptions | readonly number[] = {}): Tensor {
  const origin: Origin = { madeBy: 'parameter', parameter: true, requiresGrad: true, scoped: false };
  if (data instanceof Tensor) return fromData(data.data(), { shape: data.shape }, origin);
  return fromData(data, options, origin);
}

function fromData(data: TensorData, options: TensorOptions | readonly number[], origin: Origin): Tensor {
  const { shape, dtype, requiresGrad = false } = isShape(options) ? ({ shape: options } as TensorOptions) : options;
  const where = origin.madeBy;
  const read = readData(data, { dtype }, where);
  if (shape) {
    checkShape(shape, where);
    checkLength(read.values, shape, where);
  }
  const wantsGrad = requiresGrad || origin.requiresGrad;
  if (wantsGrad && read.dtype !== 'float32')
    throw new DTypeError(`${where}: ${read.dtype} takes no gradient; expected float32`);
  return create(() => fromValues(read.values, shape ?? read.shape, read.dtype, where), {
    ...origin,
    requiresGrad: wantsGrad,
  });
}

function isShape(options: TensorOptions | readonly number[]): options is readonly number[] {
  return Array.isArray(options);
}

/** A tensor around the operand that `make` allocates. */
function create(make: () => Operand, origin: Origin): Tensor {
  const mark = enterFrame();
  try {
    return new Tensor(make(), origin);
  } finally {
    leaveFrame(mark);
  }
}

interface FillOptions {
  dtype?: DType;
  requiresGrad?: boolean;
}

/** A tensor with every element `value`. */
export function full(shape: Shape, value: number, { dtype, requiresGrad }: FillOptions = {}): Tensor {
  checkShape(shape, 'full');
  return create(() => filled(shape, value, 'full', dtype), { madeBy: 'full', requiresGrad });
}
export function zeros(shape: Shape, options: FillOptions = {}): Tensor {
  return full(shape, 0, options);
}
export function ones(shape: Shape, options: FillOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** start, start + step, … below end, as torch.arange: arange(n) counts from 0. Whole numbers give int32. */
export function arange(start: number, end?: number, step = 1): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const count = Math.ceil((to - from) / step);
  if (!Number.isFinite(count) || count < 0) {
    throw new ValueError(`arange: ${from} to ${to} by ${step}; expected a step that leads from start to end`);
  }
  const dtype = [from, to, step].every(Number.isInteger) ? 'int32' : 'float32';
  return tensor(
    Float64Array.from({ length: count }, (_, i) => from + i * step),
    { dtype },
  );
}

interface RandomOptions {
  requiresGrad?: boolean;
}

/** Uniform in [0, 1). */
export function rand(shape: Shape, { requiresGrad }: RandomOptions = {}): Tensor {
  checkShape(shape, 'rand');
  return create(() => uniform(shape, 0, 1), { madeBy: 'rand', requiresGrad });
}
/** Normal with mean 0 and variance 1. */
export function randn(shape: Shape, { requiresGrad }: RandomOptions = {}): Tensor {
  checkShape(shape, 'randn');
  return create(() => normal(shape), { madeBy: 'randn', requiresGrad });
}

/** A parameter drawn uniformly from [-bound, bound). */
export function uniformParameter(shape: Shape, bound: number): Tensor {
  return create(() => uniform(shape, -bound, bound), PARAMETER);
}
/** A parameter with every element `value`. */
export function constantParameter(shape: Shape, value: number): Tensor {
  return create(() => filled(shape, value, 'parameter'), PARAMETER);
}
/** A parameter drawn from the standard normal distribution. */
export function normalParameter(shape: Shape): Tensor {
  return create(() => normal(shape), PARAMETER);
}
const PARAMETER: Origin = { madeBy: 'parameter', parameter: true, requiresGrad: true, scoped: false };

function uniform(shape: Shape, low: number, high: number): Operand {
  const out = fresh(shape, 'rand');
  const n = elements(out);
  kernels().randomUniform(out.block.ptr, n, low, high, ...draw(n));
  return out;
}

function normal(shape: Shape): Operand {
  const out = fresh(shape, 'randn');
  const n = elements(out);
  kernels().randomNormal(out.block.ptr, n, 0, 1, ...draw(n));
  return out;
}

/** `x` as a tensor: itself, or a new one the caller disposes. */
export function asTensor(x: TensorLike, options: TensorOptions = {}): Tensor {
  return x instanceof Tensor ? x : tensor(x, options);
}

/** The tensors one after the other along dim (torch.cat). Other sizes must agree. */
export function concat(tensors: readonly Tensor[], dim = 0): Tensor {
  if (tensors.length === 0) throw new ValueError('concat: got no tensors; expected at least one');
  const d = normalizeDim(dim, tensors[0].shape.length, 'concat');
  for (const t of tensors) {
    const fits =
      t.shape.length === tensors[0].shape.length && t.shape.every((n, i) => i === d || n === tensors[0].shape[i]);
    if (!fits || t.shape.length === 0) {
      throw new ShapeError(`concat: ${formatShape(t.shape)} beside ${formatShape(tensors[0].shape)} along dim ${d}`);
    }
  }
  return TensorBase.apply(concatOp, tensors, { dim: d })[0];
}

/** The tensors, all of one shape, as slices of a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  if (tensors.length === 0) throw new ValueError('stack: got no tensors; expected at least one');
  const d = normalizeDim(dim, tensors[0].shape.length + 1, 'stack');
  for (const t of tensors) {
    if (!sameShape(t.shape, tensors[0].shape)) {
      throw new ShapeError(
        `stack: ${formatShape(t.shape)} beside ${formatShape(tensors[0].shape)}; expected one shape`,
      );
    }
  }
  const slices = tensors.map((t) => t.unsqueeze(d));
  const out = concat(slices, d);
  for (const s of slices) s.dispose();
  return out;
}

/** condition ≠ 0 ? a : b elementwise, broadcasting. condition is int32 or boolean. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const given = [condition, a, b];
  const inputs = [asTensor(condition, { dtype: 'int32' }), asTensor(a), asTensor(b)];
  if (inputs[0].dtype !== 'int32') throw new DTypeError(`where: condition is ${inputs[0].dtype}; expected int32`);
  const out = TensorBase.apply(whereOp, inputs, undefined)[0];
  inputs.forEach((x, i) => {
    if (x !== given[i]) x.dispose();
  });
  return out;
}

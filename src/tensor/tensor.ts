// Tensor: PyTorch's methods on TensorBase's handle.
import { enterFrame, f32, i32, leaveFrame } from '../engine/memory.js';
import { ShapeError, ValueError } from '../errors.js';
import { add } from '../ops/add.js';
import { clamp } from '../ops/clamp.js';
import { clone } from '../ops/clone.js';
import { div } from '../ops/div.js';
import { fromValues, writeValues } from '../ops/filled.js';
import { gather } from '../ops/gather.js';
import { matmul } from '../ops/matmul.js';
import { mul } from '../ops/mul.js';
import type { Op, Saved } from '../ops/op.js';
import { permute } from '../ops/permute.js';
import { pow } from '../ops/pow.js';
import { argmax, max, mean, min, type ReduceAttributes, sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import { sub } from '../ops/sub.js';
import { abs, elu, erf, exp, log, neg, relu, sigmoid, softplus, sqrt, tanh } from '../ops/unary.js';
import { broadcastShapes, formatShape, normalizeDim, type Shape, sizeOf } from '../shape.js';
import { TensorBase } from './base.js';
import { type Nested, readData, type TensorData } from './data.js';

/** A tensor, or a number or array that becomes one. */
export type TensorLike = Tensor | TensorData;

/** A float32 or int32 array of any rank in gated's linear memory, with PyTorch's operations and gradients. */
export class Tensor extends TensorBase {
  // Reading and writing ----------------------------------------------------------------------------------------------

  /** A copy of the elements in row-major order. */
  data(): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
    const { block } = this.operand('data');
    const start = block.ptr >>> 2;
    return (this.dtype === 'float32' ? f32 : i32).slice(start, start + this.size);
  }

  /** The elements as nested arrays of this shape; a number for a scalar. */
  toArray(): Nested {
    const flat = this.data();
    let at = 0;
    const level = (depth: number): Nested =>
      depth === this.shape.length ? flat[at++] : Array.from({ length: this.shape[depth] }, () => level(depth + 1));
    return level(0);
  }

  /** The one element. Throws ValueError unless size is 1. */
  item(): number {
    const { block } = this.operand('item');
    if (this.size !== 1)
      throw new ValueError(`item: shape is ${formatShape(this.shape)}; expected exactly one element`);
    return (this.dtype === 'float32' ? f32 : i32)[block.ptr >>> 2];
  }

  /**
   * Overwrites the elements in place: with an array of this shape, a flat typed array of this size, or one number. Views and
   * modules that share the memory see it; a backward that needs the old elements throws GraphError.
   */
  set(data: TensorLike): this {
    const target = this.operand('set');
    if (typeof data === 'number') {
      const mark = enterFrame();
      try {
        writeValues(target, readData(new Array(this.size).fill(data), { dtype: this.dtype }, 'set').values);
      } finally {
        leaveFrame(mark);
      }
    } else {
      const source =
        data instanceof Tensor
          ? { values: data.data(), shape: data.shape }
          : readData(data, { dtype: this.dtype }, 'set');
      const flat = ArrayBuffer.isView(data) && sizeOf(source.shape) === this.size;
      if (!flat && formatShape(source.shape) !== formatShape(this.shape)) {
        throw new ShapeError(`set: data is ${formatShape(source.shape)}; expected ${formatShape(this.shape)}`);
      }
      writeValues(target, source.values);
    }
    target.block.version++;
    return this;
  }

  /** A copy; gradients flow back through it. */
  clone(): Tensor {
    return this.run(clone);
  }

  /** The same elements in the same memory, cut from the graph. */
  detach(): Tensor {
    return this.make(this.operand('detach'), { madeBy: 'detach' });
  }

  // Elementwise ------------------------------------------------------------------------------------------------------

  /** this + other, broadcasting. */
  add(other: TensorLike): Tensor {
    return this.binary(add, other);
  }
  /** this - other, broadcasting. */
  sub(other: TensorLike): Tensor {
    return this.binary(sub, other);
  }
  /** this · other elementwise, broadcasting. */
  mul(other: TensorLike): Tensor {
    return this.binary(mul, other);
  }
  /** this / other, broadcasting; the result is float32. */
  div(other: TensorLike): Tensor {
    return this.binary(div, other);
  }
  /** this to the power of other, broadcasting; the result is float32. */
  pow(exponent: TensorLike): Tensor {
    return this.binary(pow, exponent);
  }
  neg(): Tensor {
    return this.run(neg);
  }
  abs(): Tensor {
    return this.run(abs);
  }
  sqrt(): Tensor {
    return this.run(sqrt);
  }
  exp(): Tensor {
    return this.run(exp);
  }
  /** Natural logarithm. */
  log(): Tensor {
    return this.run(log);
  }
  tanh(): Tensor {
    return this.run(tanh);
  }
  /** 1 / (1 + exp(-this)). */
  sigmoid(): Tensor {
    return this.run(sigmoid);
  }
  /** max(this, 0). */
  relu(): Tensor {
    return this.run(relu);
  }
  /** The error function, 2/√π ∫₀ˣ e^-t² dt. */
  erf(): Tensor {
    return this.run(erf);
  }
  /** this above 0, exp(this) - 1 below. */
  elu(): Tensor {
    return this.run(elu);
  }
  /** log(1 + exp(this)). */
  softplus(): Tensor {
    return this.run(softplus);
  }
  /** min(max(this, low), high). `open`: the bounds themselves pass no gradient, as torch's hardtanh. */
  clamp(low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY, open = false): Tensor {
    return this.run(clamp, { low, high, open });
  }

  // Reductions -------------------------------------------------------------------------------------------------------

  /** The sum of all elements, or along dim. */
  sum(dim?: number, keepdim = false): Tensor {
    return this.run(sum, this.reduced('sum', dim, keepdim));
  }
  /** The mean of all elements, or along dim; float32. */
  mean(dim?: number, keepdim = false): Tensor {
    return this.run(mean, this.reduced('mean', dim, keepdim));
  }
  /** The maximum of all elements, or along dim (the values; see argmax). NaN wins. */
  max(dim?: number, keepdim = false): Tensor {
    return this.run(max, this.reduced('max', dim, keepdim));
  }
  /** The minimum of all elements, or along dim. NaN wins. */
  min(dim?: number, keepdim = false): Tensor {
    return this.run(min, this.reduced('min', dim, keepdim));
  }
  /** Where the maximum is (int32), in the flattened tensor or along dim; the first of equals. */
  argmax(dim?: number, keepdim = false): Tensor {
    const mark = enterFrame();
    try {
      const out = argmax(this.operand('argmax'), this.reduced('argmax', dim, keepdim));
      return this.make(out, { madeBy: 'argmax' });
    } finally {
      leaveFrame(mark);
    }
  }
  /** exp(this) / Σ exp(this) along dim. */
  softmax(dim: number): Tensor {
    return this.run(softmax, { dim: normalizeDim(dim, this.shape.length, 'softmax') });
  }
  /** log(softmax(this)) along dim, without the overflow. */
  logSoftmax(dim: number): Tensor {
    return this.run(logSoftmax, { dim: normalizeDim(dim, this.shape.length, 'logSoftmax') });
  }

  /** Matrix product as torch.matmul: vectors are promoted, leading dimensions are batches and broadcast. */
  matmul(other: TensorLike): Tensor {
    const right = this.like(other, 'matmul');
    try {
      return product(this, right);
    } finally {
      if (right !== other) right.dispose();
    }
  }

  // Shape ------------------------------------------------------------------------------------------------------------

  /** The same memory under another shape; one size may be -1. */
  reshape(shape: Shape): Tensor {
    return this.run(reshape, { shape: inferShape(shape, this) });
  }
  /** Dimensions start … end as one. */
  flatten(start = 0, end = -1): Tensor {
    const rank = this.shape.length;
    const from = normalizeDim(start, rank, 'flatten');
    const to = normalizeDim(end, rank, 'flatten');
    if (from > to) throw new ValueError(`flatten: start is ${start}, end ${end}; expected start before end`);
    if (rank === 0) return this.reshape([1]);
    const middle = sizeOf(this.shape.slice(from, to + 1));
    return this.run(reshape, { shape: [...this.shape.slice(0, from), middle, ...this.shape.slice(to + 1)] });
  }
  /** Without dimensions of size 1, or without dim if its size is 1. */
  squeeze(dim?: number): Tensor {
    const only = dim === undefined ? -1 : normalizeDim(dim, this.shape.length, 'squeeze');
    return this.run(reshape, { shape: this.shape.filter((n, d) => n !== 1 || (only >= 0 && d !== only)) });
  }
  /** With a new dimension of size 1 at dim. */
  unsqueeze(dim: number): Tensor {
    const at = normalizeDim(dim, this.shape.length + 1, 'unsqueeze');
    return this.run(reshape, { shape: [...this.shape.slice(0, at), 1, ...this.shape.slice(at)] });
  }
  /** With dimensions a and b exchanged, copied. */
  transpose(a: number, b: number): Tensor {
    const order = this.shape.map((_, d) => d);
    const x = normalizeDim(a, this.shape.length, 'transpose');
    const y = normalizeDim(b, this.shape.length, 'transpose');
    if (order.length > 0) [order[x], order[y]] = [order[y], order[x]];
    return this.run(permute, { order });
  }
  /** With the dimensions in the given order, copied. */
  permute(order: readonly number[]): Tensor {
    const rank = this.shape.length;
    const dims = order.map((d) => normalizeDim(d, rank, 'permute'));
    if (dims.length !== rank || new Set(dims).size !== rank) {
      throw new ValueError(`permute: order is ${formatShape(order)}; expected each of the ${rank} dimensions once`);
    }
    return this.run(permute, { order: dims });
  }

  // Picking ----------------------------------------------------------------------------------------------------------

  /** Elements start … end - 1 along dim, copied; negative positions count from the end, as in JavaScript's slice. */
  slice(dim: number, start: number, end?: number): Tensor {
    const d = normalizeDim(dim, this.shape.length, 'slice');
    const n = this.shape[d] ?? 1;
    const bound = (x: number) => Math.min(n, Math.max(0, x < 0 ? x + n : x));
    const from = bound(start);
    if (!Number.isInteger(start) || (end !== undefined && !Number.isInteger(end)) || this.shape.length === 0) {
      throw new ValueError(
        `slice: got ${start} to ${end} of ${formatShape(this.shape)}; expected integers and a rank of at least 1`,
      );
    }
    return this.run(slice, { dim: d, start: from, end: Math.max(from, bound(end ?? n)) });
  }
  /** Position `index` along dim, which disappears. */
  select(dim: number, index: number): Tensor {
    const d = normalizeDim(dim, this.shape.length, 'select');
    const n = this.shape[d] ?? 0;
    if (!Number.isInteger(index) || index < -n || index >= n) {
      throw new ValueError(`select: index is ${index}; expected an integer from ${-n} to ${n - 1}`);
    }
    const at = index < 0 ? index + n : index;
    const row = this.run(slice, { dim: d, start: at, end: at + 1 });
    const out = row.reshape(this.shape.filter((_, i) => i !== d));
    row.dispose();
    return out;
  }
  /** torch.gather: out[i][j][k] = this[i][index[i][j][k]][k] for dim 1. index is int32 and agrees in all other dimensions. */
  gather(dim: number, index: TensorLike): Tensor {
    const d = normalizeDim(dim, this.shape.length, 'gather');
    const at = this.like(index, 'gather', 'int32');
    try {
      const fits = at.shape.length === this.shape.length && at.shape.every((n, i) => i === d || n === this.shape[i]);
      if (!fits || at.dtype !== 'int32') {
        throw new ShapeError(
          `gather: index is ${at.dtype} ${formatShape(at.shape)}; expected int32 and ${formatShape(this.shape)} but for dim ${d}`,
        );
      }
      return TensorBase.apply<Tensor, { dim: number }, Saved>(gather as never, [this, at], { dim: d })[0];
    } finally {
      if (at !== index) at.dispose();
    }
  }

  override toString(): string {
    const grad = this.requiresGrad ? ', requiresGrad' : '';
    if (this.disposed) return `Tensor(${formatShape(this.shape)}, disposed)`;
    const values = this.size <= 24 ? JSON.stringify(this.toArray()) : formatShape(this.shape);
    return `Tensor(${values}, ${this.dtype}${grad})`;
  }

  // ------------------------------------------------------------------------------------------------------------------

  private run<A, S extends Saved>(op: Op<A, S>, attributes?: A): this {
    return TensorBase.apply<this, A, S>(op, [this], attributes as A)[0];
  }

  private binary<S extends Saved>(op: Op<void, S>, other: TensorLike): Tensor {
    const right = this.like(other, op.name);
    try {
      return TensorBase.apply<Tensor, void, S>(op, [this, right], undefined)[0];
    } finally {
      if (right !== other) right.dispose();
    }
  }

  private reduced(where: string, dim: number | undefined, keepdim: boolean): ReduceAttributes {
    return { dim: dim === undefined ? null : normalizeDim(dim, this.shape.length, where), keepdim };
  }

  /** `other` as a tensor: itself, or a new one. Whole numbers beside int32 stay int32. */
  private like(other: TensorLike, where: string, dtype?: 'int32'): Tensor {
    if (other instanceof Tensor) return other;
    const whole = this.dtype === 'int32' && Number.isInteger(other);
    const { values, shape, dtype: read } = readData(other, { dtype: whole ? 'int32' : dtype }, where);
    const mark = enterFrame();
    try {
      return this.make(fromValues(values, shape, read, where), { madeBy: where });
    } finally {
      leaveFrame(mark);
    }
  }
}

function inferShape(shape: Shape, x: Tensor): number[] {
  const known = sizeOf(shape.filter((n) => n !== -1));
  const holes = shape.length - shape.filter((n) => n !== -1).length;
  const out = shape.map((n) => (n === -1 ? x.size / known : n));
  if (holes > 1 || out.some((n) => !Number.isInteger(n) || n < 0) || sizeOf(out) !== x.size) {
    throw new ShapeError(`reshape: ${formatShape(x.shape)} to ${formatShape(shape)}; expected ${x.size} elements`);
  }
  return out;
}

/** torch.matmul's rules of rank around the batched matrix product. */
function product(left: Tensor, right: Tensor): Tensor {
  if (left.shape.length === 0 || right.shape.length === 0) {
    throw new ShapeError(
      `matmul: shapes ${formatShape(left.shape)} and ${formatShape(right.shape)}; expected rank 1 or more`,
    );
  }
  const a = left.shape.length === 1 ? left.unsqueeze(0) : left;
  const b = right.shape.length === 1 ? right.unsqueeze(1) : right;
  if (a.shape.at(-1) !== b.shape.at(-2)) {
    throw new ShapeError(
      `matmul: shapes ${formatShape(left.shape)} and ${formatShape(right.shape)}; the inner sizes ${a.shape.at(-1)} and ${b.shape.at(-2)} differ`,
    );
  }
  // A batch on the left alone is more rows of one product.
  const rows = b.shape.length === 2 && a.shape.length > 2 ? a.reshape([-1, a.shape.at(-1)!]) : a;
  const batch = broadcastShapes(rows.shape.slice(0, -2), b.shape.slice(0, -2), 'matmul');
  const out = TensorBase.apply(matmul, [rows, b], { batch })[0] as Tensor;
  const shape = [...(rows === a ? batch : a.shape.slice(0, -2)), a.shape.at(-2)!, b.shape.at(-1)!];
  if (right.shape.length === 1) shape.pop();
  if (left.shape.length === 1) shape.splice(shape.length - (right.shape.length === 1 ? 1 : 2), 1);
  const result = out.reshape(shape);
  for (const temporary of [a, b, rows, out]) if (temporary !== left && temporary !== right) temporary.dispose();
  return result;
}

// Shapes as values, and operators that only move or repeat elements.
import { kernels } from '../../engine/engine.js';
import { i32 } from '../../engine/memory.js';
import { FormatError, ShapeError, UnsupportedError, ValueError } from '../../errors.js';
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf, stridesOf } from '../../shape.js';
import { broadcastStrides, type Call, type Operator } from '../call.js';
import { isFloat, storeAs } from '../element-types.js';
import { readTensor } from '../tensor-proto.js';
import type { Value } from '../value.js';
import { viewOf } from './elementwise.js';

function shape(call: Call): void {
  const { shape } = call.in(0);
  const at = (i: number) => Math.min(Math.max(i < 0 ? i + shape.length : i, 0), shape.length);
  const part = shape.slice(at(call.int('start')), at(call.int('end', shape.length)));
  call.give([part.length], 'int64', part);
}

function reshape(call: Call): void {
  const x = call.in(0);
  const zero = call.int('allowzero') !== 0;
  const wished = call.numbers(1).map((n, d) => (n === 0 && !zero ? x.shape[d] : n));
  const known = sizeOf(wished.filter((n) => n !== -1));
  if (wished.filter((n) => n === -1).length > 1)
    throw new ShapeError(`shape is ${formatShape(wished)}; expected one -1`);
  call.alias(
    x,
    wished.map((n) => (n === -1 ? (known === 0 ? 0 : x.size / known) : n)),
  );
}

function squeeze(call: Call): void {
  const x = call.in(0);
  const axes = call.list('axes', 1)?.map((a) => call.axis(a, x.shape.length));
  if (axes?.some((a) => x.shape[a] !== 1))
    throw new ShapeError(`axes ${axes} of ${formatShape(x.shape)} are not all 1`);
  call.alias(
    x,
    x.shape.filter((n, d) => (axes ? !axes.includes(d) : n !== 1)),
  );
}

function unsqueeze(call: Call): void {
  const x = call.in(0);
  const given = call.list('axes', 1) ?? [];
  const rank = x.shape.length + given.length;
  const axes = new Set(given.map((a) => call.axis(a, rank)));
  if (axes.size !== given.length) throw new ShapeError(`axes ${given}; expected each once`);
  const rest = [...x.shape];
  call.alias(
    x,
    Array.from({ length: rank }, (_, d) => (axes.has(d) ? 1 : (rest.shift() as number))),
  );
}

function flatten(call: Call): void {
  const x = call.in(0);
  const axis = call.int('axis', 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  call.alias(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
}

function transpose(call: Call): void {
  const x = call.in(0);
  permuted(call, x, call.ints('perm') ?? x.shape.map((_, d) => x.shape.length - 1 - d));
}

/** Output 0 is x with its dimensions in another order; no copy where no element moves. */
export function permuted(call: Call, x: Value, order: readonly number[]): Value {
  const rank = x.shape.length;
  if (order.length !== rank || new Set(order).size !== rank || order.some((d) => !(d >= 0 && d < rank)))
    throw new ShapeError(`perm is ${formatShape(order)}; expected each dimension of ${formatShape(x.shape)} once`);
  const to = order.map((d) => x.shape[d]);
  const moving = order.filter((d) => x.shape[d] !== 1);
  if (moving.every((d, i) => i === 0 || d > moving[i - 1])) return call.alias(x, to);
  const y = call.out(to, x.type);
  turn(call, x, order, y.ptr);
  return y;
}

/** Copies x to `to` (address) with its dimensions in another order. */
export function turn(call: Call, x: Value, order: readonly number[], to: number): void {
  const shape = order.map((d) => x.shape[d]);
  const own = stridesOf(x.shape);
  const from = order.map((d) => own[d]);
  call.copy(x.ptr, from, to, stridesOf(shape), shape);
}

function concat(call: Call): void {
  const inputs = call.inputs.map((_, i) => call.in(i));
  const [first] = inputs;
  const axis = call.axis(call.int('axis'), first.shape.length);
  for (const { shape, dtype } of inputs) {
    const fits = shape.length === first.shape.length && shape.every((n, d) => d === axis || n === first.shape[d]);
    if (!fits || dtype !== first.dtype)
      throw new ShapeError(`${formatShape(shape)} beside ${formatShape(first.shape)} along axis ${axis}`);
  }
  const to = first.shape.map((n, d) => (d === axis ? inputs.reduce((sum, x) => sum + x.shape[d], 0) : n));
  const y = call.out(to);
  const strides = stridesOf(to);
  let at = y.ptr;
  for (const x of inputs) {
    call.copy(x.ptr, stridesOf(x.shape), at, strides, x.shape);
    at += x.shape[axis] * strides[axis] * 4;
  }
}

function split(call: Call): void {
  const x = call.in(0);
  const axis = call.axis(call.int('axis'), x.shape.length);
  const n = x.shape[axis];
  const parts = call.int('num_outputs', call.node.outputs.length);
  const even = Math.ceil(n / parts);
  const sizes = call.list('split', 1) ?? Array.from({ length: parts }, (_, i) => Math.min(even, n - i * even));
  if (sizes.length !== call.node.outputs.length || sizes.reduce((a, b) => a + b, 0) !== n)
    throw new ShapeError(`split is ${formatShape(sizes)}; expected ${call.node.outputs.length} parts of ${n}`);
  const strides = stridesOf(x.shape);
  let at = x.ptr;
  sizes.forEach((size, i) => {
    const to = x.shape.map((m, d) => (d === axis ? size : m));
    const y = call.out(to, x.type, i);
    call.copy(at, strides, y.ptr, stridesOf(to), to);
    at += size * strides[axis] * 4;
  });
}

function slice(call: Call): void {
  const x = call.in(0);
  const rank = x.shape.length;
  const starts = call.list('starts', 1);
  const ends = call.list('ends', 2);
  if (!starts || starts.length !== ends?.length) throw new FormatError('starts and ends: expected as many of each');
  const axes = call.list('axes', 3) ?? starts.map((_, i) => i);
  const steps = call.has(4) ? call.numbers(4) : starts.map(() => 1);
  const own = stridesOf(x.shape);
  const strides = [...own];
  const to = [...x.shape];
  let from = x.ptr;
  axes.forEach((given, i) => {
    const d = call.axis(given, rank);
    const n = x.shape[d];
    const step = steps[i];
    if (!step) throw new ValueError('step is 0');
    const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
    // INT_MAX as the end of a way back is its end too, as ONNX Runtime has it.
    const end = step < 0 && ends[i] === 2 ** 31 - 1 ? low - n : ends[i];
    const stop = Math.min(Math.max(end < 0 ? end + n : end, low), high);
    const start = Math.min(Math.max(starts[i] < 0 ? starts[i] + n : starts[i], 0), step > 0 ? n : n - 1);
    to[d] = Math.max(0, Math.ceil((stop - start) / step));
    strides[d] = own[d] * step;
    from += start * own[d] * 4;
  });
  if (sameShape(to, x.shape) && steps.every((s) => s === 1)) {
    call.alias(x);
    return;
  }
  const y = call.out(to);
  call.copy(from, strides, y.ptr, stridesOf(to), to);
}

/** to [outer, count, inner] = the rows of from [outer, n, inner] that `index` (int32 at an address) names. */
export function takeRows(call: Call, from: number, index: number, to: number, { outer, n, count, inner }: Rows) {
  call.step(() => {
    for (let o = 0; o < outer; o++) {
      const x = from + o * n * inner * 4;
      const y = to + o * count * inner * 4;
      // Silero's 640 padded samples: 0.7 µs, as rows of one element 3.7.
      if (inner === 1) kernels().gather(x, index, y, 1, n, 1, count);
      else kernels().gatherRows(x, index, y, count, inner);
    }
  });
}

/** [outer, n, inner] around dimension `axis`. */
export function around(shape: Shape, axis: number) {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

/** An index in [-n, n), those below zero counted from the end. */
export function wrapped(index: number, n: number): number {
  if (index < -n || index >= n) throw new ValueError(`index ${index}; expected ${-n} to ${n - 1}`);
  return index < 0 ? index + n : index;
}

function gather(call: Call): void {
  const [x, index] = [call.in(0), call.in(1)];
  const axis = call.axis(call.int('axis'), x.shape.length);
  const y = call.out([...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)]);
  const sizes = around(x.shape, axis);
  const rows = call.scratch(index.size);
  call.step(() => {
    for (let i = 0; i < index.size; i++) i32[(rows >>> 2) + i] = wrapped(i32[(index.ptr >>> 2) + i], sizes.n);
  });
  takeRows(call, x.ptr, rows, y.ptr, { ...sizes, count: index.size });
}

function expand(call: Call): void {
  const x = call.in(0);
  const to = broadcastShapes(x.shape, call.numbers(1), 'Expand');
  const y = call.out(to);
  call.copy(x.ptr, broadcastStrides(x.shape, to), y.ptr, stridesOf(to), to);
}

function tile(call: Call): void {
  const x = call.in(0);
  const repeats = call.numbers(1);
  if (repeats.length !== x.shape.length)
    throw new ShapeError(`repeats is ${formatShape(repeats)} for ${formatShape(x.shape)}`);
  const y = call.out(x.shape.map((n, d) => n * repeats[d]));
  // [r0, n0, r1, n1, …]: strides 0 along the repeats.
  const own = stridesOf(x.shape);
  const to = x.shape.flatMap((n, d) => [repeats[d], n]);
  call.copy(
    x.ptr,
    own.flatMap((s) => [0, s]),
    y.ptr,
    stridesOf(to),
    to,
  );
}

interface Rows {
  readonly outer: number;
  /** Sizes of the dimension before and after. */
  readonly n: number;
  readonly count: number;
  readonly inner: number;
}

/** x becomes y one dimension after the other, where it is `moved`: `step` fills to [outer, count, inner] from [outer, n, inner]. */
export function byDimension(
  call: Call,
  x: Value,
  y: Value,
  moved: readonly boolean[],
  step: (d: number, from: number, to: number, sizes: Rows) => void,
): void {
  let { shape, ptr: from } = x;
  const last = moved.lastIndexOf(true);
  if (last < 0) call.copy(x.ptr, [1], y.ptr, [1], [x.size]);
  moved.forEach((moves, d) => {
    if (!moves) return;
    const sizes = { ...around(shape, d), count: y.shape[d] };
    shape = shape.map((n, e) => (e === d ? sizes.count : n));
    const to = d === last ? y.ptr : call.scratch(sizeOf(shape));
    step(d, from, to, sizes);
    from = to;
  });
}

function constant(call: Call): void {
  const tensor = call.tensor('value');
  const { attributes } = call.node;
  if (tensor) {
    const { type, shape, data } = readTensor(tensor, 'value');
    call.give(shape, type, data);
    return;
  }
  for (const type of ['float', 'int'] as const) {
    const element = type === 'int' ? 'int64' : 'float32';
    const list = call[`${type}s`](`value_${type}s`);
    if (list) call.give([list.length], element, list);
    else if (attributes.has(`value_${type}`)) call.give([], element, [call[type](`value_${type}`)]);
  }
  if (!call.outputs[0]) throw new UnsupportedError('a constant of another kind; expected a tensor or numbers');
}

function constantOfShape(call: Call): void {
  const tensor = call.tensor('value');
  const { type, data } = tensor ? readTensor(tensor, 'value') : { type: 'float32' as const, data: [0] };
  const y = call.make(call.numbers(0), type);
  call.put(0, y);
  const value = data[0];
  call.step(() => {
    viewOf(y).fill(value, y.ptr >>> 2, (y.ptr >>> 2) + y.size);
  });
}

function range(call: Call): void {
  const [start, limit, delta] = [0, 1, 2].map((i) => call.number(i));
  const { type } = call.in(0);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const y = call.out([count]);
  const store = isFloat(type) ? (x: number) => x : storeAs(type);
  call.step(() => {
    for (let i = 0; i < count; i++) viewOf(y)[(y.ptr >>> 2) + i] = store(start + i * delta);
  });
}

export const shapes: Record<string, Operator> = {
  Shape: shape,
  Size: (call) => {
    call.give([], 'int64', [call.in(0).size]);
  },
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Expand: expand,
  Tile: tile,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
};

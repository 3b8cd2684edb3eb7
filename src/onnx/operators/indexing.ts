// Operators that read or write elements at computed places, and sums along the way.
import { f32, i32 } from '../../engine/memory.js';
import { FormatError, ShapeError, UnsupportedError } from '../../errors.js';
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from '../../shape.js';
import type { Call, Operator } from '../call.js';
import { isFloat, storeAs } from '../element-types.js';
import type { Value } from '../value.js';
import { viewOf } from './elementwise.js';
import { around, wrapped } from './shapes.js';

/** Offsets of the elements of `shape`, in order, in a tensor with these strides. */
function offsets(shape: Shape, strides: readonly number[]): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  if (result.length === 0) return result;
  let count = 1;
  // Each dimension repeats what the earlier ones made, from the last one on.
  for (let d = shape.length - 1; d >= 0; d--) {
    for (let i = 1; i < shape[d]; i++)
      for (let k = 0; k < count; k++) result[i * count + k] = result[k] + i * strides[d];
    count *= shape[d];
  }
  return result;
}

function copyAll(call: Call, x: Value, y: Value): void {
  call.copy(x.ptr, [1], y.ptr, [1], [x.size]);
}

/** How a scattered element joins what is there. */
function joined(call: Call, type: Value['type']): (old: number, update: number) => number {
  const name = call.text('reduction', 'none');
  const fn = {
    none: (_: number, b: number) => b,
    add: (a: number, b: number) => a + b,
    mul: (a: number, b: number) => a * b,
    max: Math.max,
    min: Math.min,
  }[name];
  if (!fn) throw new UnsupportedError(`reduction is ${name}; expected none, add, mul, max or min`);
  const store = isFloat(type) || name === 'none' ? null : storeAs(type);
  return store ? (a, b) => store(fn(a, b)) : fn;
}

/** Rows of `inner` elements in x that indices name; `shape`: all of them. */
interface Places {
  readonly shape: Shape;
  readonly inner: number;
  /** Where the i-th begins. */
  readonly place: (i: number) => number;
}
type Find = (call: Call, x: Value, index: Value) => Places;

/** Elements: each index counts along `axis`, from where it lies itself. */
function along(call: Call, x: Value, index: Value): Places {
  const { shape } = index;
  const axis = call.axis(call.int('axis'), x.shape.length);
  if (shape.length !== x.shape.length || shape.some((n, d) => d !== axis && n > x.shape[d]))
    throw new ShapeError(`indices are ${formatShape(shape)} for ${formatShape(x.shape)}`);
  const strides = stridesOf(x.shape);
  const base = offsets(
    shape,
    strides.map((s, d) => (d === axis ? 0 : s)),
  );
  const place = (i: number) => base[i] + wrapped(i32[(index.ptr >>> 2) + i], x.shape[axis]) * strides[axis];
  return { shape, inner: 1, place };
}

/** Tuples of indices in the last dimension; the first `batch_dims` dimensions of both are batches. */
function tuples(call: Call, x: Value, index: Value): Places {
  const batch = call.int('batch_dims');
  const depth = index.shape.at(-1) ?? 0;
  const whole = x.shape.slice(batch);
  if (index.shape.length === 0 || depth > whole.length)
    throw new ShapeError(`indices are ${formatShape(index.shape)} for ${formatShape(x.shape)}`);
  const strides = stridesOf(whole);
  const tail = whole.slice(depth);
  const rows = index.shape.slice(0, -1);
  const perBatch = sizeOf(rows) / (sizeOf(x.shape.slice(0, batch)) || 1);
  const place = (i: number): number => {
    let at = Math.floor(i / perBatch) * sizeOf(whole);
    for (let d = 0; d < depth; d++) at += wrapped(i32[(index.ptr >>> 2) + i * depth + d], whole[d]) * strides[d];
    return at;
  };
  return { shape: [...rows, ...tail], inner: sizeOf(tail), place };
}

function gathering(find: Find): Operator {
  return (call) => {
    const x = call.in(0);
    const { shape, inner, place } = find(call, x, call.in(1));
    const y = call.out(shape);
    call.step(() => {
      for (let i = 0; i * inner < y.size; i++) {
        const from = (x.ptr >>> 2) + place(i);
        const to = (y.ptr >>> 2) + i * inner;
        for (let k = 0; k < inner; k++) i32[to + k] = i32[from + k];
      }
    });
  };
}

function scattering(find: Find): Operator {
  return (call) => {
    const [x, updates] = [call.in(0), call.in(2)];
    const { shape, inner, place } = find(call, x, call.in(1));
    if (!sameShape(updates.shape, shape))
      throw new ShapeError(`updates are ${formatShape(updates.shape)}; expected ${formatShape(shape)}`);
    const y = call.out(x.shape);
    const join = joined(call, x.type);
    copyAll(call, x, y);
    call.step(() => {
      const view = viewOf(x);
      for (let i = 0; i * inner < updates.size; i++) {
        const to = (y.ptr >>> 2) + place(i);
        const from = (updates.ptr >>> 2) + i * inner;
        for (let k = 0; k < inner; k++) view[to + k] = join(view[to + k], view[from + k]);
      }
    });
  };
}

/** 1 (or values[1]) at the index along a new dimension; nowhere if the index lies outside. */
function oneHot(call: Call): void {
  const [index, values] = [call.in(0), call.in(2)];
  const depth = Math.trunc(call.number(1));
  const axis = call.axis(call.int('axis', -1), index.shape.length + 1);
  const y = call.out([...index.shape.slice(0, axis), depth, ...index.shape.slice(axis)], values.type);
  const inner = sizeOf(index.shape.slice(axis));
  call.step(() => {
    const [from, to] = [viewOf(index), viewOf(y)];
    const [start, at] = [index.ptr >>> 2, y.ptr >>> 2];
    const [off, on] = [to[values.ptr >>> 2], to[(values.ptr >>> 2) + 1]];
    to.fill(off, at, at + y.size);
    for (let i = 0; i < index.size; i++) {
      const given = Math.trunc(from[start + i]);
      const k = given < 0 ? given + depth : given;
      if (k >= 0 && k < depth) to[at + (Math.floor(i / inner) * depth + k) * inner + (i % inner)] = on;
    }
  });
}

function cumSum(call: Call): void {
  const x = call.in(0);
  const axis = call.axis(call.number(1), x.shape.length);
  const { outer, n, inner } = around(x.shape, axis);
  const [exclusive, reverse] = [call.int('exclusive') !== 0, call.int('reverse') !== 0];
  const y = call.out(x.shape);
  const store = isFloat(x.type) ? Math.fround : storeAs(x.type);
  call.step(() => {
    const view = viewOf(x);
    for (let i = 0; i < outer * inner; i++) {
      const first = Math.floor(i / inner) * n * inner + (i % inner);
      let sum = 0;
      for (let k = 0; k < n; k++) {
        const at = first + (reverse ? n - 1 - k : k) * inner;
        const next = store(sum + view[(x.ptr >>> 2) + at]);
        view[(y.ptr >>> 2) + at] = exclusive ? sum : next;
        sum = next;
      }
    }
  });
}

/** Zeros below (upper) or above (lower) diagonal k of the last two dimensions. */
function trilu(call: Call): void {
  const x = call.in(0);
  if (x.shape.length < 2) throw new ShapeError(`input is ${formatShape(x.shape)}; expected two dimensions or more`);
  const upper = call.int('upper', 1) !== 0;
  const k = call.has(1) ? call.number(1) : 0;
  const [rows, columns] = x.shape.slice(-2);
  const y = call.out(x.shape);
  copyAll(call, x, y);
  call.step(() => {
    for (let row = 0; row < y.size / (columns || 1); row++) {
      const at = (y.ptr >>> 2) + row * columns;
      const edge = Math.min(Math.max((row % rows) + k + (upper ? 0 : 1), 0), columns);
      if (upper) i32.fill(0, at, at + edge);
      else i32.fill(0, at + edge, at + columns);
    }
  });
}

/** The k largest (or smallest) along a dimension, the first of equals first; always sorted. */
function topK(call: Call): void {
  const x = call.in(0);
  const axis = call.axis(call.int('axis', -1), x.shape.length);
  const { outer, n, inner } = around(x.shape, axis);
  const k = call.has(1) ? call.number(1) : call.int('k', -1);
  if (!(k >= 0 && k <= n)) throw new FormatError(`k is ${k}; expected 0 to ${n}`);
  const shape = x.shape.map((m, d) => (d === axis ? k : m));
  const values = call.out(shape);
  const places = call.out(shape, 'int64', 1);
  const sign = call.int('largest', 1) !== 0 ? -1 : 1;
  const order = new Int32Array(n);
  let first = 0;
  let view: Float32Array | Int32Array = f32;
  // NaN counts as larger than all else.
  const compare = (i: number, j: number) => {
    const [a, b] = [view[first + i * inner], view[first + j * inner]];
    if (a === b) return i - j;
    return sign * (a < b || Number.isNaN(b) ? (Number.isNaN(a) ? i - j : -1) : 1);
  };
  call.step(() => {
    view = viewOf(x);
    for (let i = 0; i < outer * inner; i++) {
      const [block, rest] = [Math.floor(i / inner), i % inner];
      first = (x.ptr >>> 2) + block * n * inner + rest;
      for (let m = 0; m < n; m++) order[m] = m;
      order.sort(compare);
      for (let m = 0; m < k; m++) {
        const to = (block * k + m) * inner + rest;
        view[(values.ptr >>> 2) + to] = view[first + order[m] * inner];
        i32[(places.ptr >>> 2) + to] = order[m];
      }
    }
  });
}

export const indexing: Record<string, Operator> = {
  GatherElements: gathering(along),
  ScatterElements: scattering(along),
  Scatter: scattering(along),
  GatherND: gathering(tuples),
  ScatterND: scattering(tuples),
  OneHot: oneHot,
  CumSum: cumSum,
  Trilu: trilu,
  TopK: topK,
};

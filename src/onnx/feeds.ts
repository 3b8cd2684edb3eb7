// What users hand in for a graph's inputs, checked against what the file declares.
import { f32, i32, u8 } from '../engine/memory.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { formatShape, type Shape, sizeOf } from '../shape.js';
import { Tensor } from '../tensor/tensor.js';
import { widen } from '../weights/half-floats.js';
import { isFloat, isHalf, type OnnxArray } from './element-types.js';
import type { ValueInfo } from './graph.js';
import type { Value } from './value.js';

type FeedData = OnnxArray | readonly number[] | readonly bigint[];
/** A Tensor; elements (of half floats: numbers, or their bits in a Uint16Array) with their dims; or elements alone (a number for one), where the file fixes every size. */
export type Feed = Tensor | FeedData | number | bigint | boolean | { readonly data: FeedData; readonly dims: Shape };
export type Feeds = Readonly<Record<string, Feed>>;

/** One feed as it was read; slots are used again from step to step, which allocates nothing. */
export interface Slot {
  readonly info: ValueInfo;
  /** The declared shape, if the file fixes every size, and its size. */
  readonly declared: Shape | null;
  readonly size: number;
  dims: Shape;
  data: ArrayLike<number | bigint>;
  /** In linear memory, if it is a Tensor. */
  tensor: Tensor | null;
  readonly one: number[];
}
export function newSlot(info: ValueInfo): Slot {
  const declared = info.shape?.every((n) => typeof n === 'number') ? (info.shape as Shape) : null;
  return { info, declared, size: declared ? sizeOf(declared) : 0, dims: [], data: [], tensor: null, one: [0] };
}

/** Throws ValueError for names that no input has. */
export function checkNames(names: ReadonlySet<string>, feeds: Feeds, where: string): void {
  for (const name in feeds) {
    if (!names.has(name)) throw new ValueError(`${where}: no input "${name}"; expected ${[...names].join(', ')}`);
  }
}

/** Reads a feed into its slot. @throws ValueError missing; ShapeError; DTypeError. */
export function readFeed(slot: Slot, feeds: Feeds, where: string): void {
  const { info } = slot;
  const feed = Object.hasOwn(feeds, info.name) ? feeds[info.name] : undefined;
  if (feed === undefined || feed === null) throw new ValueError(`${where}: input "${info.name}" is missing`);
  slot.tensor = null;
  if (feed instanceof Tensor) {
    const wanted = isFloat(info.dtype) ? 'float32' : 'int32';
    if (feed.dtype !== wanted)
      throw new DTypeError(`${where}: "${info.name}" is a Tensor of ${feed.dtype}; expected ${wanted}`);
    slot.tensor = feed;
    slot.dims = feed.shape;
  } else if (typeof feed !== 'object') {
    slot.one[0] = Number(feed);
    slot.data = slot.one;
    slot.dims = fixed(slot, 1, where);
  } else if ('dims' in feed) {
    slot.data = feed.data;
    slot.dims = feed.dims;
    if (!holdsAll(feed.dims, feed.data?.length))
      throw new ShapeError(`${where}: "${info.name}" has ${feed.data?.length} elements and dims [${feed.dims}]`);
  } else {
    slot.data = feed;
    slot.dims = fixed(slot, feed.length, where);
  }
  checkDims(info, slot.dims, where);
  if (!slot.tensor) checkNumbers(info, slot.data, where);
}

/** Whether dims are sizes, of `length` elements. */
function holdsAll(dims: Shape, length: number): boolean {
  let size = 1;
  if (!Array.isArray(dims)) return false;
  for (let d = 0; d < dims.length; d++) {
    if (!(Number.isInteger(dims[d]) && dims[d] >= 0)) return false;
    size *= dims[d];
  }
  return size === length;
}

/** The declared shape, for elements that came without one. */
function fixed({ info: { name, shape }, declared, size }: Slot, length: number, where: string): Shape {
  if (declared && size === length) return declared;
  if (declared) throw new ShapeError(`${where}: "${name}" has ${length} elements; expected ${formatShape(declared)}`);
  throw new ShapeError(
    `${where}: "${name}" is ${described(shape)}; expected { data, dims } or a Tensor, as its size is open`,
  );
}
function described(shape: ValueInfo['shape']): string {
  return shape ? `[${shape.map((n) => n ?? '?').join(', ')}]` : 'of any shape';
}

function checkDims({ name, shape }: ValueInfo, dims: Shape, where: string): void {
  if (!shape) return;
  let fits = shape.length === dims.length;
  for (let d = 0; fits && d < dims.length; d++) fits = typeof shape[d] !== 'number' || shape[d] === dims[d];
  if (!fits) throw new ShapeError(`${where}: "${name}" is ${formatShape(dims)}; expected ${described(shape)}`);
}

function checkNumbers({ name, dtype }: ValueInfo, data: ArrayLike<number | bigint>, where: string): void {
  if (isFloat(dtype)) {
    if (typeof data[0] === 'bigint') throw new DTypeError(`${where}: "${name}" has bigints; expected ${dtype}`);
    return;
  }
  for (let i = 0; i < data.length; i++) {
    const x = whole(data[i]);
    if ((x | 0) !== x) throw new DTypeError(`${where}: "${name}" has ${data[i]} at position ${i}; expected an int32`);
  }
}

/** A whole number; the ends of int64, which stand for "to the end", become those of int32, as they do in constants. */
function whole(given: number | bigint): number {
  const x = Number(given);
  if (typeof given !== 'bigint' || Math.abs(x) < 2 ** 62) return x;
  return x < 0 ? -(2 ** 31) : 2 ** 31 - 1;
}

/** Puts what was read into the input's buffer. */
export function writeSlot(slot: Slot, to: Value): void {
  const at = to.ptr >>> 2;
  if (slot.tensor) {
    const from = slot.tensor.operand('onnx').block.ptr;
    u8.copyWithin(to.ptr, from, from + to.size * 4);
  } else if (to.dtype === 'float32') {
    const data = slot.data as ArrayLike<number>;
    // Half floats may come as their bits.
    f32.set(isHalf(to.type) && data instanceof Uint16Array ? widen(data, to.type) : data, at);
  } else for (let i = 0; i < to.size; i++) i32[at + i] = whole(slot.data[i]);
}

/** Whether a slot holds these whole numbers. */
export function holds(slot: Slot, numbers: ArrayLike<number>): boolean {
  const data = slot.tensor ? slot.tensor.data() : slot.data;
  for (let i = 0; i < numbers.length; i++) if (whole(data[i]) !== numbers[i]) return false;
  return true;
}

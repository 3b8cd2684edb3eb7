// What users hand in as tensor data: numbers, nested arrays, typed arrays.
import { DTypeError, ShapeError } from '../errors.js';
import { type DType, formatShape, sizeOf } from '../shape.js';

export type Nested = number | Nested[];
type NestedInput = number | bigint | boolean | Typed | readonly NestedInput[];
type Typed =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;
/** A number, nested arrays of numbers or of typed arrays, or a flat typed array. */
export type TensorData = NestedInput;

export interface ReadData {
  values: ArrayLike<number>;
  shape: number[];
  dtype: DType;
}

/**
 * Elements, shape and dtype of user data. Numbers and floating typed arrays are float32, integer typed arrays, bigints and booleans int32.
 * Throws ShapeError for ragged arrays, DTypeError for what has no place in the dtype.
 */
export function readData(data: TensorData, wish: { dtype?: DType }, where: string): ReadData {
  if (ArrayBuffer.isView(data)) return readTyped(data as Typed, wish.dtype, where);
  const shape = nestedShape(data as NestedInput);
  const flat: (number | bigint | boolean)[] = [];
  flatten(data as NestedInput, shape, 0, flat, where);
  const integer = flat.length > 0 && flat.every((x) => typeof x !== 'number');
  const dtype = wish.dtype ?? (integer ? 'int32' : 'float32');
  return { values: dtype === 'int32' ? toInt32(flat, where) : flat.map(Number), shape, dtype };
}

function readTyped(data: Typed, wish: DType | undefined, where: string): ReadData {
  const floating = data instanceof Float32Array || data instanceof Float64Array;
  const dtype = wish ?? (floating ? 'float32' : 'int32');
  const shape = [data.length];
  const small = data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array;
  const plain = small || data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Uint8ClampedArray;
  if (dtype === 'int32') return { values: plain ? data : toInt32(data, where), shape, dtype };
  const big = data instanceof BigInt64Array || data instanceof BigUint64Array;
  return { values: big ? Array.from(data, Number) : (data as ArrayLike<number>), shape, dtype };
}

function isList(x: unknown): x is readonly NestedInput[] {
  return Array.isArray(x) || ArrayBuffer.isView(x);
}

function nestedShape(data: NestedInput): number[] {
  const shape: number[] = [];
  for (let x: NestedInput = data; isList(x); x = x[0]) {
    shape.push(x.length);
    if (x.length === 0) break;
  }
  return shape;
}

function flatten(
  x: NestedInput,
  shape: readonly number[],
  depth: number,
  out: (number | bigint | boolean)[],
  where: string,
): void {
  if (depth === shape.length) {
    if (typeof x !== 'number' && typeof x !== 'bigint' && typeof x !== 'boolean') {
      if (Array.isArray(x))
        throw new ShapeError(`${where}: nested arrays are ragged; expected shape ${formatShape(shape)}`);
      throw new DTypeError(
        `${where}: got ${x === null ? 'null' : typeof x} at position ${out.length}; expected a number`,
      );
    }
    out.push(x);
    return;
  }
  if (!isList(x) || x.length !== shape[depth]) {
    const got = isList(x) ? `length ${x.length}` : typeof x;
    throw new ShapeError(`${where}: nested arrays are ragged: ${got} at depth ${depth}; expected ${shape[depth]}`);
  }
  for (const element of x) flatten(element, shape, depth + 1, out, where);
}

function toInt32(values: ArrayLike<number | bigint | boolean>, where: string): Int32Array {
  const out = new Int32Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const x = Number(values[i]);
    if (!Number.isInteger(x) || x < -(2 ** 31) || x >= 2 ** 31) {
      throw new DTypeError(`${where}: ${values[i]} at position ${i} has no place in int32`);
    }
    out[i] = x;
  }
  return out;
}

/** Throws ShapeError unless `shape` has as many elements as there are values. */
export function checkLength(values: ArrayLike<number>, shape: readonly number[], where: string): void {
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(
      `${where}: ${values.length} elements; expected ${sizeOf(shape)} for shape ${formatShape(shape)}`,
    );
  }
}

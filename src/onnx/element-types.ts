// ONNX's element types, and how they live inside: floats as float32, integers and bool as int32, the declared type kept beside.
import { UnsupportedError } from '../errors.js';
import { widen } from '../weights/half-floats.js';

/** Element types by the numbers of TensorProto.DataType. Strings, complex numbers and types below 8 bits are not among them. */
const CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof CODES;

/** What OnnxModel.predict gives: float16 and bfloat16 come widened, bool as 0 and 1. */
export type OnnxArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bfloat16: Uint16Array,
} as const;

export function elementType(code: number | undefined, where: string): ElementType {
  for (const name in CODES) if (CODES[name as ElementType] === code) return name as ElementType;
  throw new UnsupportedError(`${where}: element type ${code}; expected a float, integer or bool type of 8 to 64 bits`);
}

export function isFloat(type: ElementType): boolean {
  return type.includes('float');
}
/** float16 and bfloat16. */
export function isHalf(type: ElementType): type is 'float16' | 'bfloat16' {
  return type.endsWith('oat16');
}
/** int64 and uint64: typed arrays of bigints. */
export function isLong(type: ElementType): boolean {
  return type.endsWith('t64') && !isFloat(type);
}
export function bytesOf(type: ElementType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** The least and the largest number of an integer type; of bool too. */
export function limitsOf(type: ElementType): readonly [number, number] {
  const values = type === 'bool' ? 2 : 2 ** (bytesOf(type) * 8);
  return /^[ub]/.test(type) ? [0, values - 1] : [-values / 2, values / 2 - 1];
}

/** Little-endian elements of `type` as float32 or int32; 64 bits saturate, as unsigned 32 bits do. */
export function fromBytes(type: ElementType, bytes: Uint8Array): Float32Array | Int32Array {
  const own = bytes.slice();
  const data = new ARRAYS[type](own.buffer);
  if (isHalf(type)) return widen(data as Uint16Array, type);
  if (type === 'float32') return data as Float32Array;
  return isFloat(type) ? Float32Array.from(data as Float64Array) : saturated(data);
}

/** Numbers as int32, those beyond it at its ends: INT64_MAX stands for "to the end" in real files. */
export function saturated(values: ArrayLike<number | bigint>): Int32Array {
  return Int32Array.from(values as ArrayLike<number>, (x) => Math.min(Math.max(Number(x), -(2 ** 31)), 2 ** 31 - 1));
}

/** A copy of float32 or int32 elements in the array predict gives for `type`. */
export function toOnnxArray(type: ElementType, data: Float32Array | Int32Array): OnnxArray {
  if (isLong(type)) return ARRAYS[type as 'int64'].from(data as Int32Array, BigInt);
  return isHalf(type) || type === 'float32' ? (data.slice() as Float32Array) : ARRAYS[type as 'int32'].from(data);
}

const LIMITS: Partial<Record<ElementType, (x: number) => number>> = {
  uint8: (x) => x & 255,
  int8: (x) => (x << 24) >> 24,
  uint16: (x) => x & 65535,
  int16: (x) => (x << 16) >> 16,
  int32: (x) => x | 0,
  bool: (x) => (x ? 1 : 0),
};

/**
 * What stores a whole number as `type`: up to 32 bits wrap as in C, wider ones must fit in int32.
 * @throws UnsupportedError at a value that does not.
 */
export function storeAs(type: ElementType): (x: number) => number {
  return LIMITS[type] ?? checked;
}
function checked(x: number): number {
  const whole = x | 0;
  if (whole !== x) throw new UnsupportedError(`got the integer ${x}; gated computes integers in int32`);
  return whole;
}

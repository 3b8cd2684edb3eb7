// Bytes of a file to float32 or int32 elements. Files are little-endian, and so is every engine that runs WebAssembly
// views the way gated does.
import { DTypeError, FormatError } from '../errors.js';
import { widen } from './half-floats.js';
import type { FileTensor, StoredDType } from './tensor-file.js';

const BYTES: Record<StoredDType, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export const STORED_DTYPES = Object.keys(BYTES) as readonly StoredDType[];

export function isStoredDType(name: string): name is StoredDType {
  return Object.hasOwn(BYTES, name);
}

export function bytesPerElement(storedAs: StoredDType): number {
  return BYTES[storedAs];
}

/**
 * Tensor `where` from exactly its own bytes. F32 and I32 are views of `bytes` if their address is a multiple of 4;
 * everything else is a copy. Throws DTypeError if an integer has no place in int32.
 */
export function readElements(bytes: Uint8Array, storedAs: StoredDType, shape: number[], where: string): FileTensor {
  const from = <T>(Type: new (buffer: ArrayBufferLike, offset: number, length: number) => T): T => {
    const size = BYTES[storedAs];
    const own = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
    return new Type(own.buffer, own.byteOffset, own.byteLength / size);
  };
  const float = (data: Float32Array): FileTensor => ({ dtype: 'float32', shape, data, storedAs });
  const int = (data: Int32Array): FileTensor => ({ dtype: 'int32', shape, data, storedAs });
  switch (storedAs) {
    case 'F32':
      return float(from(Float32Array));
    case 'F64':
      return float(Float32Array.from(from(Float64Array)));
    case 'F16':
      return float(widen(from(Uint16Array), 'float16'));
    case 'BF16':
      return float(widen(from(Uint16Array), 'bfloat16'));
    case 'I32':
      return int(from(Int32Array));
    case 'I16':
      return int(Int32Array.from(from(Int16Array)));
    case 'I8':
      return int(Int32Array.from(from(Int8Array)));
    case 'U16':
      return int(Int32Array.from(from(Uint16Array)));
    case 'U8':
      return int(Int32Array.from(bytes));
    case 'BOOL':
      return int(fromBool(bytes, where));
    case 'U32':
      return int(fromUint32(from(Uint32Array), where));
    case 'I64':
    case 'U64':
      return int(fromInt64(from(BigInt64Array), storedAs, where));
  }
}

function fromBool(bytes: Uint8Array, where: string): Int32Array {
  const at = bytes.findIndex((byte) => byte > 1);
  if (at >= 0) throw new FormatError(`${where}: BOOL element ${at} is ${bytes[at]}; expected 0 or 1`);
  return Int32Array.from(bytes);
}

function fromUint32(values: Uint32Array, where: string): Int32Array {
  const at = values.findIndex((value) => value > 0x7fffffff);
  if (at >= 0) throw tooLarge(where, 'U32', at, values[at]);
  return Int32Array.from(values);
}

/** 64 bits as two words: a value fits if the upper word is the lower one's sign, or zero where there is no sign. */
function fromInt64(values: BigInt64Array, storedAs: 'I64' | 'U64', where: string): Int32Array {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const out = new Int32Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i];
    const high = words[2 * i + 1];
    if (high !== low >> 31 || (storedAs === 'U64' && high < 0)) {
      throw tooLarge(where, storedAs, i, storedAs === 'U64' ? BigInt.asUintN(64, values[i]) : values[i]);
    }
    out[i] = low;
  }
  return out;
}

function tooLarge(where: string, storedAs: StoredDType, at: number, value: number | bigint): DTypeError {
  return new DTypeError(`${where}: ${storedAs} element ${at} is ${value}; expected a value that fits in int32`);
}

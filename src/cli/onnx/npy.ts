// NumPy's .npy: a magic word, a version, a Python dictionary that says type and shape, the elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { FormatError } from '../../errors.js';
import { sizeOf, stridesOf } from '../../shape.js';
import { widen } from '../../weights/half-floats.js';
import type { FileArray } from './arrays.js';

const MAGIC = '\x93NUMPY';
/** NumPy's own limit. */
const MAX_RANK = 32;
/** A header of this length and no more is read: those of arrays without fields have about 100 bytes. */
const MAX_HEADER = 4096;

type Read = (view: DataView, at: number, little: boolean) => number | bigint;
/** Element types by kind and bytes: how one is read. f2 comes as its bits. */
const TYPES: Readonly<Record<string, Read>> = {
  f2: (view, at, little) => view.getUint16(at, little),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => view.getBigInt64(at, little),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => view.getBigUint64(at, little),
  b1: (view, at) => view.getUint8(at),
};

interface Header {
  /** 'f4', 'i8'. */
  type: string;
  little: boolean;
  dims: number[];
  /** Column by column: the first index runs fastest. */
  fortran: boolean;
  /** Where the elements begin. */
  end: number;
}

/** Throws FormatError. Floats come as float32 (float64 as it is), 64-bit integers as int64, other integers as int32 where they fit in it. */
export function readNpy(bytes: Uint8Array, where: string): FileArray {
  const { type, little, dims, fortran, end } = readHeader(bytes, where);
  const size = Number(type[1]);
  const count = sizeOf(dims);
  if (count * size !== bytes.length - end) {
    throw new FormatError(
      `${where}: shape (${dims.join(', ')}) of ${type} takes ${count * size} bytes; ${bytes.length - end} are there`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = fortran && dims.length > 1 ? placesByColumn(dims) : null;
  const element = (i: number) => TYPES[type](view, end + (order ? order(i) : i) * size, little);
  const data = arrayFor(type, count);
  for (let i = 0; i < count; i++) data[i] = element(i) as never;
  return { data: data instanceof Uint16Array ? widen(data, 'float16') : data, dims };
}

function arrayFor(type: string, count: number) {
  if (type === 'f2') return new Uint16Array(count);
  if (type[0] === 'f') return type === 'f4' ? new Float32Array(count) : new Float64Array(count);
  if (type === 'i8') return new BigInt64Array(count);
  if (type === 'u8') return new BigUint64Array(count);
  return type === 'u4' ? new Float64Array(count) : new Int32Array(count);
}

function readHeader(bytes: Uint8Array, where: string): Header {
  const fail = (what: string) => new FormatError(`${where}: ${what}`);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC) throw fail('it is no .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Version 1 has a length of 16 bits, 2 and 3 of 32.
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw fail(`damaged: its header ends at byte ${end} of ${bytes.length}`);
  const header = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + MAX_HEADER)));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descr === undefined || shape === undefined) throw fail('its header gives no type and shape of numbers');
  const type = descr.slice(1);
  if (!'<>|='.includes(descr[0]) || !Object.hasOwn(TYPES, type))
    throw fail(
      `its elements are of NumPy type ${descr}; expected floats, integers or bool, ${Object.keys(TYPES).join(' ')}`,
    );
  const dims = shape.split(',').flatMap((n) => (n.trim() ? [Number(n)] : []));
  if (dims.length > MAX_RANK || !dims.every(Number.isSafeInteger)) throw fail(`damaged: its shape is (${shape})`);
  return { type, little: descr[0] !== '>', dims, fortran: /'fortran_order':\s*True/.test(header), end };
}

/** Row-major place -> place in a file that is written column by column. */
function placesByColumn(dims: readonly number[]): (i: number) => number {
  const rows = stridesOf(dims);
  const columns = stridesOf([...dims].reverse()).reverse();
  return (i) => rows.reduce((sum, stride, d) => sum + (Math.floor(i / stride) % dims[d]) * columns[d], 0);
}

export function writeNpy({ data, dims }: FileArray): Uint8Array {
  const kind =
    data instanceof Float32Array || data instanceof Float64Array ? 'f' : data instanceof BigUint64Array ? 'u' : 'i';
  const descr = `<${kind}${data.BYTES_PER_ELEMENT}`;
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The elements begin at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + data.byteLength);
  const header = `${MAGIC}\x01\x00${String.fromCharCode(length & 255, length >> 8)}${text.padEnd(length - 1)}\n`;
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length);
  return bytes;
}

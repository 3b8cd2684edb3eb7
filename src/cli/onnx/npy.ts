// NumPy's .npy: a magic word, a version, a Python dictionary that says type and shape, the elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { FormatError } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import type { FileArray } from './arrays.js';

const MAGIC = '\x93NUMPY';

type Reader = (view: DataView, at: number) => number | bigint;
/** Element types: bytes and how one is read. */
const TYPES: Record<string, [number, Reader]> = {
  '<f4': [4, (view, at) => view.getFloat32(at, true)],
  '<f8': [8, (view, at) => view.getFloat64(at, true)],
  '<i2': [2, (view, at) => view.getInt16(at, true)],
  '<i4': [4, (view, at) => view.getInt32(at, true)],
  '<i8': [8, (view, at) => view.getBigInt64(at, true)],
  '|i1': [1, (view, at) => view.getInt8(at)],
  '|u1': [1, (view, at) => view.getUint8(at)],
  '|b1': [1, (view, at) => view.getUint8(at)],
};

/** Throws FormatError. Floats come as float32, int64 as bigints, other integers as int32. */
export function readNpy(bytes: Uint8Array, where: string): FileArray {
  const fail = (what: string) => new FormatError(`${where}: ${what}`);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC) throw fail('not a .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw fail(`its header ends at byte ${end} of ${bytes.length}`);
  const header = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 4096)));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descr === undefined || shape === undefined) throw fail('its header gives no type and shape');
  if (/'fortran_order':\s*True/.test(header)) throw fail("it is stored column by column; expected order='C'");
  if (!Object.hasOwn(TYPES, descr)) throw fail(`its type is ${descr}; expected one of ${Object.keys(TYPES).join(' ')}`);
  const [size, read] = TYPES[descr];
  const dims = shape.split(',').flatMap((n) => (n.trim() ? [Number(n)] : []));
  const count = sizeOf(dims);
  if (count * size !== bytes.length - end) {
    throw fail(`shape (${dims}) of ${descr} is ${count * size} bytes; there are ${bytes.length - end}`);
  }
  const element = (i: number) => read(view, end + i * size);
  if (descr === '<i8') return { data: BigInt64Array.from({ length: count }, (_, i) => element(i) as bigint), dims };
  const data = descr.includes('f') ? new Float32Array(count) : new Int32Array(count);
  for (let i = 0; i < count; i++) data[i] = element(i) as number;
  return { data, dims };
}

export function writeNpy({ data, dims }: FileArray): Uint8Array {
  const descr = data instanceof Float32Array ? '<f4' : data instanceof BigInt64Array ? '<i8' : '<i4';
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

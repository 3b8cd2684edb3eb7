// The safetensors format (github.com/huggingface/safetensors, README "Format"): u64 header length, JSON header, raw little-endian
// elements. Files are untrusted: every length, offset and dtype×shape is checked before it is used.
import { DTypeError, FormatError, ValueError } from '../errors.js';
import { formatShape, sizeOf } from '../shape.js';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../weights/half.js';
import { type FileTensor, TensorFile } from '../weights/tensor-file.js';
import { parseHeader } from './safetensors-header.js';

export { type FileTensor, TensorFile } from '../weights/tensor-file.js';

/** Bytes per element and how to read element i of a view. */
interface StoredType {
  bytes: number;
  integer: boolean;
  read(view: DataView, at: number): number | bigint;
}

const TYPES: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ['F64', { bytes: 8, integer: false, read: (v, at) => v.getFloat64(at, true) }],
  ['F32', { bytes: 4, integer: false, read: (v, at) => v.getFloat32(at, true) }],
  ['F16', { bytes: 2, integer: false, read: (v, at) => fromFloat16(v.getUint16(at, true)) }],
  ['BF16', { bytes: 2, integer: false, read: (v, at) => fromBfloat16(v.getUint16(at, true)) }],
  ['I64', { bytes: 8, integer: true, read: (v, at) => v.getBigInt64(at, true) }],
  ['U64', { bytes: 8, integer: true, read: (v, at) => v.getBigUint64(at, true) }],
  ['I32', { bytes: 4, integer: true, read: (v, at) => v.getInt32(at, true) }],
  ['U32', { bytes: 4, integer: true, read: (v, at) => v.getUint32(at, true) }],
  ['I16', { bytes: 2, integer: true, read: (v, at) => v.getInt16(at, true) }],
  ['U16', { bytes: 2, integer: true, read: (v, at) => v.getUint16(at, true) }],
  ['I8', { bytes: 1, integer: true, read: (v, at) => v.getInt8(at) }],
  ['U8', { bytes: 1, integer: true, read: (v, at) => v.getUint8(at) }],
  ['BOOL', { bytes: 1, integer: true, read: (v, at) => v.getUint8(at) }],
]);

/** The format's own limit on the header. */
const MAX_HEADER = 100_000_000;

/**
 * Reads a safetensors file. F64, F16 and BF16 become float32, integers and booleans int32.
 *
 *     model.loadStateDict(load(bytes));
 *
 * @throws FormatError anything the format forbids, with offset or tensor name; DTypeError an integer beyond int32.
 */
export function load(bytes: Uint8Array | ArrayBuffer): TensorFile {
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + headerLength(view);
  const header = parseHeader(file.subarray(8, start), (dtype) => TYPES.get(dtype)?.bytes ?? null);
  checkLayout(header.tensors, file.length - start);
  const out = new TensorFile();
  for (const [key, value] of header.metadata) out.metadata.set(key, value);
  for (const [name, { dtype, shape, begin }] of header.tensors) {
    out.set(name, readTensor(view, start + begin, dtype, shape, name));
  }
  return out;
}

function headerLength(view: DataView): number {
  if (view.byteLength < 8)
    throw new FormatError(`safetensors: ${view.byteLength} bytes; expected at least 8 for the header's length`);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER)
    throw new FormatError(`safetensors: header of ${length} bytes at offset 0; expected at most ${MAX_HEADER}`);
  if (Number(length) > view.byteLength - 8) {
    throw new FormatError(
      `safetensors: header of ${length} bytes at offset 0; the file has ${view.byteLength - 8} after it`,
    );
  }
  return Number(length);
}

/** The tensors must cover the data exactly: no holes, no overlaps, nothing left over. */
function checkLayout(tensors: ReadonlyMap<string, { begin: number; end: number }>, size: number): void {
  let at = 0;
  for (const [name, { begin, end }] of [...tensors].sort((a, b) => a[1].begin - b[1].begin || a[1].end - b[1].end)) {
    if (begin !== at) {
      throw new FormatError(
        `safetensors: tensor '${name}' begins at data offset ${begin}; expected ${at} (no holes, no overlaps)`,
      );
    }
    if (end > size)
      throw new FormatError(`safetensors: tensor '${name}' ends at data offset ${end}; the data has ${size} bytes`);
    at = end;
  }
  if (at !== size) throw new FormatError(`safetensors: tensors end at data offset ${at}; the data has ${size} bytes`);
}

function readTensor(view: DataView, at: number, storedAs: string, shape: readonly number[], name: string): FileTensor {
  const { bytes, integer, read } = TYPES.get(storedAs) as StoredType;
  const count = sizeOf(shape);
  if (!integer) {
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = read(view, at + i * bytes) as number;
    return { dtype: 'float32', shape, data, storedAs };
  }
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const x = read(view, at + i * bytes);
    if (x < -(2 ** 31) || x >= 2 ** 31) {
      throw new DTypeError(
        `safetensors: tensor '${name}' (${storedAs}) holds ${x} at element ${i}; it has no place in int32`,
      );
    }
    data[i] = Number(x);
  }
  return { dtype: 'int32', shape, data, storedAs };
}

// Writing ------------------------------------------------------------------------------------------------------------

/** What save() takes: a Tensor, a FileTensor, or the like. */
export interface SaveTensor {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | (() => ArrayLike<number>);
}

export interface SaveOptions {
  metadata?: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
  /** How float32 tensors are stored. Default 'float32'. */
  dtype?: 'float32' | 'float16' | 'bfloat16';
}

const STORE = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;

/**
 * The bytes of a safetensors file, as PyTorch's safetensors reads it: `save(model.stateDict())`.
 * @throws ValueError data that does not fit its shape, or a tensor named __metadata__.
 */
export function save(
  tensors: ReadonlyMap<string, SaveTensor> | Readonly<Record<string, SaveTensor>>,
  { metadata = {}, dtype = 'float32' }: SaveOptions = {},
): Uint8Array<ArrayBuffer> {
  if (!(dtype in STORE))
    throw new ValueError(`safetensors.save: dtype is '${dtype}'; expected ${Object.keys(STORE).join(', ')}`);
  const entries = [...(tensors instanceof Map ? tensors : Object.entries(tensors))] as [string, SaveTensor][];
  const chosen = entries.map(([name, t]) => prepare(name, t, STORE[dtype]));
  // The reference writer's order: widest elements first, then by name.
  chosen.sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const header: [string, unknown][] = [];
  const facts = Object.fromEntries(metadata instanceof Map ? metadata : Object.entries(metadata));
  if (Object.keys(facts).length > 0) header.push(['__metadata__', facts]);
  let at = 0;
  for (const { name, storedAs, shape, values, width } of chosen) {
    const end = at + values.length * width;
    header.push([name, { dtype: storedAs, shape, data_offsets: [at, end] }]);
    at = end;
  }
  return assemble(header, chosen, at);
}

interface Prepared {
  name: string;
  storedAs: string;
  width: number;
  shape: readonly number[];
  values: ArrayLike<number>;
}

function prepare(name: string, t: SaveTensor, floatType: string): Prepared {
  if (name === '__metadata__') throw new ValueError("safetensors.save: '__metadata__' cannot name a tensor");
  const values = typeof t.data === 'function' ? t.data() : t.data;
  if (values.length !== sizeOf(t.shape)) {
    throw new ValueError(
      `safetensors.save: '${name}' has ${values.length} elements; expected ${sizeOf(t.shape)} for ${formatShape(t.shape)}`,
    );
  }
  const storedAs = t.dtype === 'int32' ? 'I32' : floatType;
  return { name, storedAs, width: (TYPES.get(storedAs) as StoredType).bytes, shape: [...t.shape], values };
}

function assemble(
  header: readonly [string, unknown][],
  tensors: readonly Prepared[],
  size: number,
): Uint8Array<ArrayBuffer> {
  const json = `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + length + size);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(length), true);
  out.set(text, 8);
  out.fill(0x20, 8 + text.length, 8 + length);
  let at = 8 + length;
  for (const { storedAs, width, values } of tensors) {
    for (let i = 0; i < values.length; i++, at += width) writeElement(view, at, storedAs, values[i]);
  }
  return out;
}

function writeElement(view: DataView, at: number, storedAs: string, x: number): void {
  if (storedAs === 'F32') view.setFloat32(at, x, true);
  else if (storedAs === 'I32') view.setInt32(at, x, true);
  else view.setUint16(at, storedAs === 'F16' ? toFloat16(x) : toBfloat16(x), true);
}

// gated/safetensors: read and write .safetensors files, the format of the Hugging Face hub and of
// `safetensors.torch`. Nothing in a file is executed, and every number in it is checked before it is used.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { checkShape, formatShape, sizeOf } from '../shape.js';
import { bytesPerElement, readElements } from '../weights/elements.js';
import { type HalfFloat, narrow } from '../weights/half-floats.js';
import { TensorFile } from '../weights/tensor-file.js';
import { quote } from './json-scanner.js';
import { readHeader, type TensorInfo, writeHeader } from './safetensors-header.js';
import { encodeUtf8, isWellFormed } from './utf8.js';

export { type FileTensor, type StoredDType, TensorFile } from '../weights/tensor-file.js';

/** What `save` takes for a tensor: a gated Tensor, a FileTensor, or a plain object like them. */
export interface SavableTensor {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  /** Row-major elements, or a method that gives them. */
  readonly data: Float32Array | Int32Array | (() => Float32Array | Int32Array);
}
/** Tensors by name: `model.stateDict()`, a TensorFile, any Map, or an object. */
export type SavableTensors = Iterable<readonly [string, SavableTensor]> | Readonly<Record<string, SavableTensor>>;

/** Uint8Array on a plain ArrayBuffer, as Blob and fetch want it, in the words of TypeScript before and after 5.7. */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>;

export interface SaveOptions {
  /** Notes for the file's `__metadata__`; default: those of a TensorFile. Hugging Face's loaders want { format: 'pt' }. */
  metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
  /** How float32 tensors are stored, default 'float32'. The others round to nearest even. int32 stays int32. */
  dtype?: 'float32' | HalfFloat;
}

/**
 * The tensors and metadata of a safetensors file. F16, BF16 and F64 become float32, integers and BOOL int32.
 * F32 and I32 tensors are views of `bytes` wherever they are aligned, so leave `bytes` alone while they are in use.
 *
 * Throws FormatError if the file breaks the format, DTypeError if an integer does not fit in int32 or a tensor has a
 * type gated does not read (8-bit floats and smaller, complex numbers).
 */
export function load(bytes: Uint8Array | ArrayBuffer): TensorFile {
  const file = asBytes(bytes);
  const { metadata, tensors, bufferStart } = readHeader(file);
  const out = new TensorFile(null, metadata);
  for (const { name, storedAs, shape, begin, end } of tensors) {
    const own = file.subarray(bufferStart + begin, bufferStart + end);
    out.set(name, readElements(own, storedAs, shape, `safetensors.load: tensor ${quote(name)}`));
  }
  return out;
}

/**
 * A safetensors file with these tensors, laid out as the reference implementation does: wider types first, then by
 * name. `save(model.stateDict())` opens in PyTorch with `safetensors.torch.load_file`.
 */
export function save(tensors: SavableTensors, options: SaveOptions = {}): Bytes {
  const floats = options.dtype ?? 'float32';
  if (floats !== 'float32' && floats !== 'float16' && floats !== 'bfloat16') {
    throw new ValueError(`safetensors.save: dtype is ${String(floats)}; expected 'float32', 'float16' or 'bfloat16'`);
  }
  const entries = layOut(tensors, floats);
  const text = encodeUtf8(writeHeader(metadataOf(tensors, options), entries));
  // Padded with spaces to a multiple of 8, so that the buffer is aligned for every type.
  const bufferStart = 8 + 8 * Math.ceil(text.length / 8);
  const file = new Uint8Array(bufferStart + (entries.at(-1)?.end ?? 0)).fill(0x20, 8, bufferStart);
  new DataView(file.buffer).setUint32(0, bufferStart - 8, true);
  file.set(text, 8);
  for (const entry of entries) file.set(bytesOf(entry), bufferStart + entry.begin);
  return file;
}

interface Entry extends TensorInfo {
  tensor: SavableTensor;
}

/** The types `save` writes, in the order it writes them. */
const ORDER = ['F32', 'I32', 'BF16', 'F16'];

function layOut(tensors: SavableTensors, floats: 'float32' | HalfFloat): Entry[] {
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (const [name, tensor] of pairsOf(tensors)) {
    const where = `safetensors.save: tensor ${quote(name)}`;
    if (names.has(name)) throw new ValueError(`${where} came before; expected each name once`);
    if (name === '__metadata__') throw new ValueError(`${where}: the format keeps this name for its metadata`);
    checkText(name, where);
    names.add(name);
    checkShape(tensor.shape, where);
    entries.push({
      name,
      tensor,
      storedAs: storedAs(tensor, floats, where),
      shape: [...tensor.shape],
      begin: 0,
      end: 0,
    });
  }
  entries.sort((a, b) => ORDER.indexOf(a.storedAs) - ORDER.indexOf(b.storedAs) || comparePoints(a.name, b.name));
  let at = 0;
  for (const entry of entries) {
    entry.begin = at;
    entry.end = at += bytesPerElement(entry.storedAs) * sizeOf(entry.shape);
  }
  return entries;
}

function storedAs(tensor: SavableTensor, floats: 'float32' | HalfFloat, where: string): 'F32' | 'F16' | 'BF16' | 'I32' {
  if (tensor.dtype === 'int32') return 'I32';
  if (tensor.dtype !== 'float32') {
    throw new DTypeError(`${where}: dtype is ${String(tensor.dtype)}; expected 'float32' or 'int32'`);
  }
  return floats === 'float32' ? 'F32' : floats === 'float16' ? 'F16' : 'BF16';
}

function bytesOf({ name, tensor, storedAs, shape }: Entry): Uint8Array {
  const where = `safetensors.save: tensor ${quote(name)}`;
  const data = typeof tensor.data === 'function' ? tensor.data() : tensor.data;
  const wanted = storedAs === 'I32' ? 'Int32Array' : 'Float32Array';
  // By name, not instanceof: test runners and frames have typed arrays of their own.
  const got = Object.prototype.toString.call(data).slice(8, -1);
  if (got !== wanted) throw new DTypeError(`${where}: data is ${got}; expected ${wanted} for ${tensor.dtype}`);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      `${where}: data has ${data.length} elements; expected ${sizeOf(shape)} for ${formatShape(shape)}`,
    );
  }
  const stored =
    storedAs === 'F16' || storedAs === 'BF16'
      ? narrow(data as Float32Array, storedAs === 'F16' ? 'float16' : 'bfloat16')
      : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function metadataOf(tensors: SavableTensors, options: SaveOptions): [string, string][] {
  const metadata = options.metadata ?? (tensors instanceof TensorFile ? tensors.metadata : {});
  return [...pairsOf<string>(metadata)].map(([key, value]): [string, string] => {
    const where = `safetensors.save: metadata ${quote(key)}`;
    if (typeof value !== 'string') throw new ValueError(`${where} is ${typeof value}; expected a string`);
    checkText(key, where);
    checkText(value, where);
    return [key, value];
  });
}

function pairsOf<T>(
  source: Iterable<readonly [string, T]> | Readonly<Record<string, T>>,
): Iterable<readonly [string, T]> {
  return Symbol.iterator in source ? (source as Iterable<readonly [string, T]>) : Object.entries(source);
}

function checkText(text: string, where: string): void {
  if (!isWellFormed(text))
    throw new ValueError(`${where} has half a surrogate pair; expected text that UTF-8 can hold`);
}

/** By code points, which is the order of UTF-8 bytes; `<` compares UTF-16 units, where U+FFFF comes after U+10000. */
function comparePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i].codePointAt(0)! - right[i].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function asBytes(source: Uint8Array | ArrayBuffer): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const kind = Object.prototype.toString.call(source).slice(8, -1);
  if (kind === 'ArrayBuffer' || kind === 'SharedArrayBuffer') return new Uint8Array(source);
  throw new ValueError(`safetensors.load: got ${kind}; expected the file's bytes as Uint8Array or ArrayBuffer`);
}

// The header of a safetensors file: 8 bytes of length, then JSON, then the buffer of all tensors. Source:
// https://github.com/huggingface/safetensors (README, "Format", and the checks of its reference implementation).
import { DTypeError, FormatError } from '../errors.js';
import { formatShape } from '../shape.js';
import { bytesPerElement, isStoredDType, STORED_DTYPES } from '../weights/elements.js';
import type { StoredDType } from '../weights/tensor-file.js';
import { JsonScanner, quote } from './json-scanner.js';

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
/** Types the format has and gated has no place for. */
const FOREIGN_DTYPES = ['C64', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F6_E2M3', 'F6_E3M2', 'F4'];
/** PyTorch's and NumPy's limit. */
const MAX_RANK = 64;
const METADATA = '__metadata__';

export interface TensorInfo {
  name: string;
  storedAs: StoredDType;
  shape: number[];
  /** First and one past the last byte, counted from the start of the buffer. */
  begin: number;
  end: number;
}
export interface Header {
  metadata: [string, string][];
  tensors: TensorInfo[];
  /** Where the buffer starts in the file. */
  bufferStart: number;
}

const WHERE = 'safetensors.load';

/** Reads and checks everything but the numbers: afterwards each tensor's bytes are known to be there, once. */
export function readHeader(file: Uint8Array): Header {
  const bufferStart = 8 + headerLength(file);
  const header: Header = { metadata: [], tensors: [], bufferStart };
  if (file[8] !== 0x7b) throw new FormatError(`${WHERE}: byte 8: got ${file[8]}; expected the '{' of a header`);
  const json = new JsonScanner(file, 8, bufferStart, WHERE);
  json.object((name) => {
    if (name !== METADATA) header.tensors.push(readTensorInfo(json, name));
    else json.object((key) => header.metadata.push([key, json.string(`${METADATA} ${quote(key)}`)]), METADATA);
  }, 'the header');
  json.finish('the header');
  checkCoverage(header.tensors, file.length - bufferStart);
  return header;
}

function headerLength(file: Uint8Array): number {
  if (file.length < 8) {
    throw new FormatError(
      `${WHERE}: the file has ${file.length} bytes; expected at least the 8 of the header's length`,
    );
  }
  const view = new DataView(file.buffer, file.byteOffset, 8);
  // Above 2^53 the sum is rounded, which changes no comparison below.
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `${WHERE}: byte 0: header length is ${length}; expected at most ${MAX_HEADER_BYTES}${hint(file)}`,
    );
  }
  if (length > file.length - 8) {
    throw new FormatError(`${WHERE}: byte 0: header length is ${length}; only ${file.length - 8} bytes follow`);
  }
  if (length < 2) throw new FormatError(`${WHERE}: byte 0: header length is ${length}; expected at least 2, for {}`);
  return length;
}

/** The files most often taken for safetensors, by their first bytes. */
function hint(file: Uint8Array): string {
  const start = String.fromCharCode(...file.subarray(0, 8));
  if (start === 'version ') return ' (this is a Git LFS pointer, not the file itself)';
  if (start.startsWith('PK\x03\x04')) return ' (this is a zip archive: a PyTorch or Keras file?)';
  if (start.startsWith('\x89HDF')) return ' (this is an HDF5 file)';
  return start.trimStart().startsWith('<') ? ' (this is a web page or XML)' : '';
}

function readTensorInfo(json: JsonScanner, name: string): TensorInfo {
  const what = `tensor ${quote(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object((key) => {
    if (key === 'dtype') dtype = json.string(`dtype of ${what}`);
    else if (key === 'shape') shape = json.integers(`shape of ${what}`, MAX_RANK);
    else if (key === 'data_offsets') offsets = json.integers(`data_offsets of ${what}`, 2);
    else throw new FormatError(`${WHERE}: ${what} has ${quote(key)}; expected dtype, shape and data_offsets only`);
  }, what);
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = dtype === undefined ? 'dtype' : shape === undefined ? 'shape' : 'data_offsets';
    throw new FormatError(`${WHERE}: ${what} has no ${missing}`);
  }
  if (offsets.length !== 2) {
    throw new FormatError(`${WHERE}: ${what}: data_offsets has ${offsets.length} numbers; expected [begin, end]`);
  }
  const storedAs = checkDType(dtype, what);
  const [begin, end] = offsets;
  checkLength(storedAs, shape, begin, end, what);
  return { name, storedAs, shape, begin, end };
}

function checkDType(dtype: string, what: string): StoredDType {
  if (isStoredDType(dtype)) return dtype;
  if (FOREIGN_DTYPES.includes(dtype)) {
    throw new DTypeError(`${WHERE}: ${what} is ${dtype}; gated reads ${STORED_DTYPES.join(', ')}`);
  }
  throw new FormatError(`${WHERE}: ${what}: dtype is ${quote(dtype)}; expected one of ${STORED_DTYPES.join(', ')}`);
}

function checkLength(storedAs: StoredDType, shape: number[], begin: number, end: number, what: string): void {
  let bytes = bytesPerElement(storedAs);
  for (const size of shape) {
    bytes *= size;
    // Also before a later 0, as the reference implementation has it.
    if (bytes > Number.MAX_SAFE_INTEGER) {
      throw new FormatError(`${WHERE}: ${what}: ${storedAs} ${formatShape(shape)} has more than 2^53 - 1 bytes`);
    }
  }
  if (begin > end || end - begin !== bytes) {
    throw new FormatError(
      `${WHERE}: ${what}: data_offsets are [${begin}, ${end}]; expected ${bytes} bytes for ${storedAs} ${formatShape(shape)}`,
    );
  }
}

/** The tensors must fill the buffer from its first byte to its last, without a gap and without sharing a byte. */
function checkCoverage(tensors: readonly TensorInfo[], bufferBytes: number): void {
  const ordered = [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let filled = 0;
  for (const { name, begin, end } of ordered) {
    if (begin !== filled || end > bufferBytes) {
      const problem = end > bufferBytes ? `; the buffer has ${bufferBytes} bytes` : `; expected to begin at ${filled}`;
      throw new FormatError(`${WHERE}: tensor ${quote(name)}: data_offsets are [${begin}, ${end}]${problem}`);
    }
    filled = end;
  }
  if (filled !== bufferBytes) {
    throw new FormatError(`${WHERE}: the buffer has ${bufferBytes} bytes; the tensors fill only ${filled}`);
  }
}

/** The header's JSON for `tensors` in this order, as the reference implementation prints it, without padding. */
export function writeHeader(metadata: readonly (readonly [string, string])[], tensors: readonly TensorInfo[]): string {
  // Not one object for JSON.stringify: `__proto__` would set its prototype, and names like `0` would come first.
  const entries = tensors.map(
    ({ name, storedAs, shape, begin, end }) =>
      `${JSON.stringify(name)}:{"dtype":"${storedAs}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`,
  );
  if (metadata.length > 0) {
    entries.unshift(
      `"${METADATA}":{${metadata.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
    );
  }
  return `{${entries.join(',')}}`;
}

// The file of a checkpoint is a safetensors file that every reader opens; read back here is only what is written here: an ASCII header,
// float32 and int32, one tensor after another. The whole reader of gated/safetensors would add 4 kB to every bundle with fit.
import { FormatError } from '../errors.js';
import { type DType, sizeOf } from '../shape.js';
import { type FileTensor, TensorFile } from '../weights/tensor-file.js';

export type Savable = { dtype: DType; shape: readonly number[]; data: Float32Array | Int32Array };

export function writeCheckpoint(
  tensors: ReadonlyMap<string, Savable>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = [...tensors].map(([name, { dtype, shape, data }]) => {
    const offsets = [end, (end += data.byteLength)];
    return [name, { dtype: dtype === 'float32' ? 'F32' : 'I32', shape, data_offsets: offsets }];
  });
  const header = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  // ASCII, as audio worklets have no TextEncoder; spaces align the tensors.
  let text = header.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const file = new Uint8Array(8 + text.length + end);
  new DataView(file.buffer).setUint32(0, text.length, true);
  file.set(
    Array.from(text, (character) => character.charCodeAt(0)),
    8,
  );
  let at = 8 + text.length;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** Throws FormatError unless all of the file is as writeCheckpoint writes it. */
export function readCheckpoint(file: Uint8Array): TensorFile {
  const start = 8 + headerLength(file);
  const { __metadata__: metadata, ...tensors } = parseHeader(file, start);
  let at = start;
  const entries = Object.entries(tensors).map(([name, entry]): [string, FileTensor] => {
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    const sizes = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0) ? shape : [-1];
    const end = at + 4 * sizeOf(sizes);
    const [from, to] = Array.isArray(offsets) ? offsets : [];
    if ((dtype !== 'F32' && dtype !== 'I32') || !(end >= at) || from !== at - start || to !== end - start) {
      throw refusal(`byte ${at}: ${JSON.stringify(name)} is no float32 or int32 tensor from offset ${at - start} on`);
    }
    if (end > file.length)
      throw refusal(`byte ${at}: ${JSON.stringify(name)} ends at ${end}, the file at ${file.length}`);
    const { buffer } = file.slice(at, (at = end));
    return [
      name,
      dtype === 'F32'
        ? { dtype: 'float32', storedAs: dtype, shape: sizes, data: new Float32Array(buffer) }
        : { dtype: 'int32', storedAs: dtype, shape: sizes, data: new Int32Array(buffer) },
    ];
  });
  if (at !== file.length) throw refusal(`byte ${at}: the last tensor ends; expected byte ${file.length}`);
  return new TensorFile(entries, Object.entries(metadata ?? {}) as [string, string][]);
}

function headerLength(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = file.length < 8 ? Number.NaN : view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  if (!(length <= file.length - 8)) {
    throw refusal(`byte 0: header length is ${length}; the file has ${file.length} bytes`);
  }
  return length;
}

function parseHeader(file: Uint8Array, end: number): Record<string, object> {
  let text = '';
  for (let at = 8; at < end; at++) {
    if (file[at] > 126) throw refusal(`byte ${at}: got ${file[at]}; expected ASCII`);
    text += String.fromCharCode(file[at]);
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    // Answered below, like JSON that is no object.
  }
  if (header === null || typeof header !== 'object') throw refusal('byte 8: the header is no JSON object');
  return header as Record<string, object>;
}

function refusal(problem: string): FormatError {
  return new FormatError(`checkpoint: ${problem}`);
}

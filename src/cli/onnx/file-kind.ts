// What a file is by how it begins, for messages about files of the wrong kind.

export const SAFETENSORS = 'a safetensors file';
export const ONNX = 'an ONNX model';
export const NPY = 'a .npy array';
export const WAV = 'a .wav sound';
const EMPTY = '';

const MARKS: readonly [string, string][] = [
  ['\x93NUMPY', NPY],
  ['RIFF', WAV],
  ['PK\x03\x04', 'a ZIP archive, of PyTorch or NumPy perhaps'],
  ['\x89HDF', 'an HDF5 file, of Keras perhaps'],
  ['\x1f\x8b', 'packed with gzip'],
  ['\x80\x02', 'a Python pickle'],
  ['version https://git-lfs', 'a Git LFS pointer, not the file itself'],
  ['<', 'a page of HTML or XML'],
];

/** 'it is a .wav sound', where that is known and not what the name or the command expects. */
export function otherKind(bytes: Uint8Array, expected: string): string | null {
  const kind = kindOf(bytes);
  return kind === null || kind === expected ? null : kind === EMPTY ? 'the file is empty' : `it is ${kind}`;
}

export const isOnnx = (bytes: Uint8Array) => kindOf(bytes) === ONNX;

/** null: it looks like nothing known. */
function kindOf(bytes: Uint8Array): string | null {
  const begin = String.fromCharCode(...bytes.subarray(0, 24));
  if (begin === '') return EMPTY;
  const mark = MARKS.find(([word]) => begin.startsWith(word));
  if (mark) return mark[1];
  if (begin.slice(4, 8) === 'TFL3') return 'a TensorFlow Lite model';
  // Eight bytes of length, of which the last three are 0 in any real file, and a JSON object.
  if (begin[8] === '{' && begin.slice(5, 8) === '\0\0\0') return SAFETENSORS;
  // Exporters write ModelProto's fields in order: 1 is ir_version, a small number.
  if (bytes[0] === 8 && bytes[1] > 0 && bytes[1] < 32) return ONNX;
  return /^\s*[[{]/.test(begin) ? 'JSON' : null;
}

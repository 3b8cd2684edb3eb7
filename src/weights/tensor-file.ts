// What every file reader hands on: tensors by name, in gated's two element types, and the file's own notes.

/** Element types as files store them, under safetensors' names. */
export type StoredDType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

interface FileTensorBase {
  shape: number[];
  /** The element type in the file: F64, F16 and BF16 arrive as float32; BOOL and every integer as int32. */
  storedAs: StoredDType;
}
/** A tensor read from a file: row-major, on the JavaScript heap. */
export type FileTensor = FileTensorBase &
  ({ dtype: 'float32'; data: Float32Array } | { dtype: 'int32'; data: Int32Array });

/**
 * Tensors by name, in the file's order, with the file's metadata. A Map, so a tensor may be called `__proto__` or
 * `constructor`. `loadStateDict` takes it as it is.
 */
export class TensorFile extends Map<string, FileTensor> {
  readonly metadata: Map<string, string>;

  constructor(
    tensors?: Iterable<readonly [string, FileTensor]> | null,
    metadata?: Iterable<readonly [string, string]> | null,
  ) {
    super(tensors);
    this.metadata = new Map(metadata);
  }
}

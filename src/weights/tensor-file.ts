// The neutral tensor file: what every format reader gives and every writer takes.
import type { DType } from '../shape.js';

/** One tensor of a file, in one of gated's two dtypes. */
export interface FileTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** The element type in the file, in the format's own word ('F16', 'I64', …). */
  readonly storedAs: string;
}

/** Tensors by name, in file order, and the file's metadata. `module.loadStateDict(file)` takes it as it is. */
export class TensorFile extends Map<string, FileTensor> {
  readonly metadata = new Map<string, string>();
}

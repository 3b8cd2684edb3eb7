// Operands made from numbers.
import { f32, i32 } from '../engine/memory.js';
import type { DType, Shape } from '../shape.js';
import { elements, fresh, type Operand } from './op.js';

/** An operand with every element `value`. */
export function filled(shape: Shape, value: number, what: string, dtype: DType = 'float32'): Operand {
  const out = fresh(shape, what, dtype);
  const start = out.block.ptr >>> 2;
  const view = dtype === 'float32' ? f32 : i32;
  view.fill(value, start, start + elements(out));
  return out;
}

/** An operand with the given elements, rounded to float32 or copied as int32. */
export function fromValues(values: ArrayLike<number>, shape: Shape, dtype: DType, what: string): Operand {
  // A view on linear memory itself (a stream's output) would be detached if allocating grows the memory.
  const own = ArrayBuffer.isView(values) && values.buffer === f32.buffer;
  const kept = own ? Array.from(values as ArrayLike<number>) : values;
  const out = fresh(shape, what, dtype);
  writeValues(out, kept);
  return out;
}

/** Overwrites the elements; the caller counts the block's version. */
export function writeValues(out: Operand, values: ArrayLike<number>): void {
  (out.dtype === 'float32' ? f32 : i32).set(values, out.block.ptr >>> 2);
}

import { kernels } from '../engine/engine.js';
import type { DType } from '../shape.js';
import { elements, fresh, type Operand } from './op.js';

/** x as another element type (float32 to int32 truncates and saturates), or x itself. No gradient flows through int32. */
export function cast(x: Operand, dtype: DType): Operand {
  if (x.dtype === dtype) return x;
  const out = fresh(x.shape, 'cast', dtype);
  const k = kernels();
  if (dtype === 'float32') k.intToFloat(x.block.ptr, out.block.ptr, elements(x));
  else k.floatToInt(x.block.ptr, out.block.ptr, elements(x));
  return out;
}

import { kernels } from '../engine/engine.js';
import { ValueError } from '../errors.js';
import type { Shape } from '../shape.js';
import { filled } from './filled.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';
import { around } from './reduce.js';

interface GatherSaved extends Saved {
  dim: number;
  from: Shape;
}

/** out[i][j] = x[index[i][j]][j] along dim (torch.gather); index is int32 and equals x in the other dimensions. */
export const gather: Op<{ dim: number }, GatherSaved> = {
  name: 'gather',
  forward([x, index], { dim }) {
    checkIndex(index!, x!.shape[dim], 'gather');
    const { outer, n, inner } = around(x!.shape, dim);
    const out = fresh(index!.shape, 'gather', x!.dtype);
    kernels().gather(x!.block.ptr, index!.block.ptr, out.block.ptr, outer, n, inner, index!.shape[dim]);
    return { outputs: [out], saved: { operands: [index], dim, from: x!.shape } };
  },
  backward({ operands: [index], dim, from }, [dOut]) {
    const { outer, n, inner } = around(from, dim);
    const dx = filled(from, 0, 'gather.backward');
    const count = index!.shape[dim];
    kernels().gatherBackward(dOut!.block.ptr, index!.block.ptr, dx.block.ptr, outer, n, inner, count);
    return [dx, null];
  },
};

/** Throws ValueError at the first index outside [0, bound). */
export function checkIndex(index: Operand, bound: number, where: string): void {
  const at = kernels().findOutOfRange(index.block.ptr, elements(index), bound);
  if (at >= 0) throw new ValueError(`${where}: index at position ${at} is out of range; expected 0 to ${bound - 1}`);
}

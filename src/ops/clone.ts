import { u8 } from '../engine/memory.js';
import { elements, fresh, type Op, type Saved } from './op.js';

/** A copy; the gradient passes unchanged. */
export const clone: Op<void, Saved> = {
  name: 'clone',
  forward([x]) {
    const out = fresh(x!.shape, 'clone', x!.dtype);
    u8.copyWithin(out.block.ptr, x!.block.ptr, x!.block.ptr + elements(x!) * 4);
    return { outputs: [out], saved: { operands: [] } };
  },
  backward(_saved, [dOut]) {
    return [dOut];
  },
};

import { kernels } from '../engine/engine.js';
import { cast } from './cast.js';
import { elements, fresh, type Op, type Saved } from './op.js';

interface Bounds {
  low: number;
  high: number;
  /** No gradient at the bounds themselves. */
  open?: boolean;
}

/** out = min(max(x, low), high); the gradient passes inside the closed interval, or the open one. */
export const clamp: Op<Bounds, Saved & Bounds> = {
  name: 'clamp',
  forward([input], { low, high, open }) {
    const x = cast(input!, 'float32');
    const out = fresh(x.shape, 'clamp');
    kernels().clamp(x.block.ptr, out.block.ptr, elements(x), low, high);
    return { outputs: [out], saved: { operands: [x], low, high, open } };
  },
  backward({ operands: [x], low, high, open }, [dOut]) {
    const dx = fresh(x!.shape, 'clamp.backward');
    kernels().clampBackward(x!.block.ptr, dOut!.block.ptr, dx.block.ptr, elements(x!), low, high, open ? 1 : 0);
    return [dx];
  },
};

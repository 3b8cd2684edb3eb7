import type { Shape } from '../shape.js';
import { type Op, reshaped, type Saved } from './op.js';

interface ReshapeSaved extends Saved {
  from: Shape;
}

/** The same elements in the same memory under another shape. */
export const reshape: Op<{ shape: Shape }, ReshapeSaved> = {
  name: 'reshape',
  forward([x], { shape }) {
    return { outputs: [reshaped(x!, shape)], saved: { operands: [], from: x!.shape } };
  },
  backward({ from }, [dOut]) {
    return [reshaped(dOut!, from)];
  },
};

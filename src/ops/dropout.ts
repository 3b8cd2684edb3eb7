import { kernels } from '../engine/engine.js';
import { BINARY } from '../engine/kernels.js';
import { cast } from './cast.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';

export interface DropoutAttributes {
  p: number;
  /** Key and counter of the random generator (tensor/random.ts), four uint32. */
  random: readonly [number, number, number, number];
}

/** out = x · mask, mask 0 with probability p and 1 / (1 - p) otherwise. */
export const dropout: Op<DropoutAttributes, Saved> = {
  name: 'dropout',
  forward([input], { p, random }) {
    const x = cast(input!, 'float32');
    const mask = fresh(x.shape, 'dropout');
    kernels().dropoutMask(mask.block.ptr, elements(x), p, ...random);
    return { outputs: [product(x, mask)], saved: { operands: [mask] } };
  },
  backward({ operands: [mask] }, [dOut]) {
    return [product(dOut!, mask!)];
  },
};

function product(a: Operand, b: Operand): Operand {
  const out = fresh(a.shape, 'dropout');
  kernels().binary(BINARY.mul, a.block.ptr, b.block.ptr, out.block.ptr, elements(a));
  return out;
}

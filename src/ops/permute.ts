import { kernels } from '../engine/engine.js';
import { stridesOf } from '../shape.js';
import { elements, fresh, type Op, type Operand, reshaped, type Saved } from './op.js';
import { writeStrided } from './strided.js';

interface PermuteSaved extends Saved {
  order: readonly number[];
}

/** out[i_order[0], i_order[1], …] = x[i_0, i_1, …], copied. */
export const permute: Op<{ order: readonly number[] }, PermuteSaved> = {
  name: 'permute',
  forward([x], { order }) {
    return { outputs: [permuteOperand(x!, order)], saved: { operands: [], order } };
  },
  backward({ order }, [dOut]) {
    const inverse = new Array<number>(order.length);
    order.forEach((from, to) => {
      inverse[from] = to;
    });
    return [permuteOperand(dOut!, inverse)];
  },
};

/** A permuted copy; the operand itself where no element moves. */
export function permuteOperand(x: Operand, order: readonly number[]): Operand {
  const shape = order.map((d) => x.shape[d]);
  const moving = order.filter((d) => x.shape[d] !== 1);
  if (moving.every((d, i) => i === 0 || d > moving[i - 1])) return reshaped(x, shape);
  const out = fresh(shape, 'permute', x.dtype);
  if (elements(out) === 0) return out;
  const own = stridesOf(x.shape);
  const s = writeStrided(shape, [order.map((d) => own[d]), stridesOf(shape)]);
  kernels().copyStrided(x.block.ptr, out.block.ptr, s.rank, s.shape, s.strides[0], s.strides[1], 0);
  return out;
}

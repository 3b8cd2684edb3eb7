import { kernels } from '../engine/engine.js';
import { cast } from './cast.js';
import { fresh, type Op, type Saved } from './op.js';
import { around } from './reduce.js';

interface Dim {
  dim: number;
}

function normalizer(name: string, log: 0 | 1): Op<Dim, Saved & Dim> {
  return {
    name,
    forward([input], { dim }) {
      const x = cast(input!, 'float32');
      const { outer, n, inner } = around(x.shape, dim);
      const y = fresh(x.shape, name);
      kernels().softmax(x.block.ptr, y.block.ptr, outer, n, inner, log);
      return { outputs: [y], saved: { operands: [y], dim } };
    },
    backward({ operands: [y], dim }, [dOut]) {
      const { outer, n, inner } = around(y!.shape, dim);
      const dx = fresh(y!.shape, `${name}.backward`);
      kernels().softmaxBackward(y!.block.ptr, dOut!.block.ptr, dx.block.ptr, outer, n, inner, log);
      return [dx];
    },
  };
}

/** y = exp(x - max) / Σ exp(x - max) along dim. */
export const softmax = normalizer('softmax', 0);
/** y = x - max - log Σ exp(x - max) along dim. */
export const logSoftmax = normalizer('logSoftmax', 1);

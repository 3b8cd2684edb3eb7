import type { Shape } from '../shape.js';
import { cast } from './cast.js';
import { fresh, type Op, type Saved } from './op.js';
import { copyRegion, offsetOf } from './slice.js';

interface ConcatSaved extends Saved {
  dim: number;
  shapes: readonly Shape[];
}

/** The inputs one after the other along dim. */
export const concat: Op<{ dim: number }, ConcatSaved> = {
  name: 'concat',
  forward(inputs, { dim }) {
    const dtype = inputs.every((x) => x!.dtype === 'int32') ? 'int32' : 'float32';
    const shapes = inputs.map((x) => x!.shape);
    const total = shapes.reduce((sum, shape) => sum + shape[dim], 0);
    const shape = shapes[0].map((n, d) => (d === dim ? total : n));
    const out = fresh(shape, 'concat', dtype);
    let at = 0;
    for (const input of inputs) {
      const x = cast(input!, dtype);
      copyRegion(x, 0, x.shape, out, offsetOf(shape, dim, at), shape, x.shape);
      at += x.shape[dim];
    }
    return { outputs: [out], saved: { operands: [], dim, shapes } };
  },
  backward({ dim, shapes }, [dOut], sink) {
    let at = 0;
    return shapes.map((shape, i) => {
      const start = at;
      at += shape[dim];
      if (!sink.wants(i)) return null;
      const dx = fresh(shape, 'concat.backward');
      copyRegion(dOut!, offsetOf(dOut!.shape, dim, start), dOut!.shape, dx, 0, shape, shape);
      return dx;
    });
  },
};

import { kernels } from '../engine/engine.js';
import { broadcastShapes, type Shape } from '../shape.js';
import { broadcastTo, sumTo } from './broadcast.js';
import { cast } from './cast.js';
import { filled } from './filled.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';

interface WhereSaved extends Saved {
  shapes: readonly [Shape, Shape];
}

/** out = condition ≠ 0 ? a : b, broadcasting. */
export const where: Op<void, WhereSaved> = {
  name: 'where',
  forward([condition, a, b]) {
    const shape = broadcastShapes(broadcastShapes(condition!.shape, a!.shape, 'where'), b!.shape, 'where');
    const dtype = a!.dtype === 'int32' && b!.dtype === 'int32' ? 'int32' : 'float32';
    const mask = broadcastTo(condition!, shape);
    const out = choose(mask, broadcastTo(cast(a!, dtype), shape), broadcastTo(cast(b!, dtype), shape));
    return { outputs: [out], saved: { operands: [mask], shapes: [a!.shape, b!.shape] } };
  },
  backward({ operands: [mask], shapes }, [dOut], sink) {
    const zeros = filled(dOut!.shape, 0, 'where.backward');
    return [
      null,
      sink.wants(1) ? sumTo(choose(mask!, dOut!, zeros), shapes[0]) : null,
      sink.wants(2) ? sumTo(choose(mask!, zeros, dOut!), shapes[1]) : null,
    ];
  },
};

function choose(mask: Operand, a: Operand, b: Operand): Operand {
  const out = fresh(mask.shape, 'where', a.dtype);
  kernels().select(mask.block.ptr, a.block.ptr, b.block.ptr, out.block.ptr, elements(out));
  return out;
}

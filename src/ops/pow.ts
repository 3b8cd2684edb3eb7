import { kernels } from '../engine/engine.js';
import { BINARY } from '../engine/kernels.js';
import { broadcastBinary, broadcastTo, sumTo } from './broadcast.js';
import { cast } from './cast.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';

/** out = a^b elementwise, broadcasting. */
export const pow: Op<void, Saved> = {
  name: 'pow',
  forward([a, b]) {
    return { outputs: [broadcastBinary('pow', a!, b!)], saved: { operands: [a, b] } };
  },
  backward({ operands: [a, b] }, [dOut], sink) {
    const x = broadcastTo(cast(a!, 'float32'), dOut!.shape);
    const y = broadcastTo(cast(b!, 'float32'), dOut!.shape);
    return [
      sink.wants(0) ? sumTo(side(0, x, y, dOut!), a!.shape) : null,
      sink.wants(1) ? sumTo(side(1, x, y, dOut!), b!.shape) : null,
    ];
  },
};

function side(which: 0 | 1, x: Operand, y: Operand, dOut: Operand): Operand {
  const out = fresh(dOut.shape, 'pow.backward');
  kernels().binaryBackward(BINARY.pow, which, x.block.ptr, y.block.ptr, dOut.block.ptr, out.block.ptr, elements(dOut));
  return out;
}

import type { Shape } from '../shape.js';
import { binaryScalar, broadcastBinary, sumTo } from './broadcast.js';
import type { Op, Saved } from './op.js';

interface SubSaved extends Saved {
  shapes: readonly [Shape, Shape];
}

/** out = a - b, broadcasting. */
export const sub: Op<void, SubSaved> = {
  name: 'sub',
  forward([a, b]) {
    return { outputs: [broadcastBinary('sub', a!, b!)], saved: { operands: [], shapes: [a!.shape, b!.shape] } };
  },
  backward({ shapes }, [dOut], sink) {
    return [
      sink.wants(0) ? sumTo(dOut!, shapes[0]) : null,
      sink.wants(1) ? binaryScalar('mul', sumTo(dOut!, shapes[1]), -1) : null,
    ];
  },
};

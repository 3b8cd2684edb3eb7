import type { Shape } from '../shape.js';
import { broadcastBinary, sumTo } from './broadcast.js';
import type { Op, Saved } from './op.js';

interface AddSaved extends Saved {
  shapes: readonly [Shape, Shape];
}

/** out = a + b, broadcasting. */
export const add: Op<void, AddSaved> = {
  name: 'add',
  forward([a, b]) {
    return { outputs: [broadcastBinary('add', a!, b!)], saved: { operands: [], shapes: [a!.shape, b!.shape] } };
  },
  backward({ shapes }, [dOut], sink) {
    return [sink.wants(0) ? sumTo(dOut!, shapes[0]) : null, sink.wants(1) ? sumTo(dOut!, shapes[1]) : null];
  },
};

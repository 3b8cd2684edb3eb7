import { broadcastBinary, sumTo } from './broadcast.js';
import type { Op, Saved } from './op.js';

/** out = a · b elementwise, broadcasting. */
export const mul: Op<void, Saved> = {
  name: 'mul',
  forward([a, b]) {
    return { outputs: [broadcastBinary('mul', a!, b!)], saved: { operands: [a, b] } };
  },
  backward({ operands: [a, b] }, [dOut], sink) {
    return [
      sink.wants(0) ? sumTo(broadcastBinary('mul', dOut!, b!), a!.shape) : null,
      sink.wants(1) ? sumTo(broadcastBinary('mul', dOut!, a!), b!.shape) : null,
    ];
  },
};

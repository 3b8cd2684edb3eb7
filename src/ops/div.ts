import { binaryScalar, broadcastBinary, sumTo } from './broadcast.js';
import type { Op, Saved } from './op.js';

/** out = a / b, broadcasting; two int32 give float32. */
export const div: Op<void, Saved> = {
  name: 'div',
  forward([a, b]) {
    return { outputs: [broadcastBinary('div', a!, b!)], saved: { operands: [a, b] } };
  },
  // d(a/b)/db = -(a/b)/b
  backward({ operands: [a, b] }, [dOut], sink) {
    const dA = broadcastBinary('div', dOut!, b!);
    return [
      sink.wants(0) ? sumTo(dA, a!.shape) : null,
      sink.wants(1)
        ? binaryScalar('mul', sumTo(broadcastBinary('mul', dA, broadcastBinary('div', a!, b!)), b!.shape), -1)
        : null,
    ];
  },
};

import { kernels } from '../engine/engine.js';
import { allocate } from '../engine/memory.js';
import { broadcastBinary } from './broadcast.js';
import { filled } from './filled.js';
import { fresh, type Op, reshaped, type Saved } from './op.js';

export interface CtcAttributes {
  /** The most labels of a sequence. */
  longest: number;
  blank: number;
  zeroInfinity: boolean;
}

/**
 * Inputs: float32 log-probabilities [T, N, C], their lengths (int32 [N]), the labels of all sequences (int32), their numbers (int32 [N]); all
 * checked. Output: losses [N]. Formula: assembly/losses/ctc.ts.
 */
export const ctc: Op<CtcAttributes, Saved> = {
  name: 'ctcLoss',
  // The gradient is made on the way: it needs what the loss needs, and less memory than the states' would.
  forward([x, lengths, labels, counts], { longest, blank, zeroInfinity }, saving) {
    const [T, N, C] = x!.shape;
    const k = kernels();
    const losses = fresh([N], 'ctcLoss');
    const gradient = saving ? filled(x!.shape, 0, 'ctcLoss') : null;
    const work = allocate(k.ctcBytes(T, longest), 'ctcLoss').ptr;
    const [a, b, c, d] = [x, lengths, labels, counts].map((operand) => operand!.block.ptr);
    k.ctc(a, b, c, d, N, C, blank, zeroInfinity ? 1 : 0, losses.block.ptr, gradient?.block.ptr ?? 0, work);
    return { outputs: [losses], saved: { operands: [gradient] } };
  },
  backward({ operands: [gradient] }, [dOut]) {
    return [broadcastBinary('mul', gradient!, reshaped(dOut!, [...dOut!.shape, 1])), null, null, null];
  },
};

import { kernels } from '../engine/engine.js';
import { allocate, f32 } from '../engine/memory.js';
import { broadcastBinary } from './broadcast.js';
import { filled } from './filled.js';
import { fresh, type Op, reshaped, type Saved } from './op.js';

export interface CtcAttributes {
  /** Per sequence, checked. */
  inputLengths: Int32Array;
  targetLengths: Int32Array;
  blank: number;
  zeroInfinity: boolean;
}

/** Inputs: float32 log-probabilities [T, N, C], labels int32 (all sequences' one after the other) -> losses [N]. Formula: assembly/losses/ctc.ts. */
export const ctc: Op<CtcAttributes, Saved> = {
  name: 'ctcLoss',
  // The gradient is made on the way: it needs what the loss needs, and less memory than α would.
  forward([logProbs, labels], { inputLengths, targetLengths, blank, zeroInfinity }, saving) {
    const [T, N, C] = logProbs!.shape;
    const k = kernels();
    const losses = fresh([N], 'ctcLoss');
    const gradient = saving ? filled(logProbs!.shape, 0, 'ctcLoss') : null;
    const work = allocate(k.ctcBytes(T, Math.max(0, ...targetLengths)), 'ctcLoss').ptr;
    let label = labels!.block.ptr;
    for (let n = 0; n < N; n++) {
      const [steps, count] = [inputLengths[n], targetLengths[n]];
      const d = gradient && gradient.block.ptr + n * C * 4;
      const loss = k.ctc(logProbs!.block.ptr + n * C * 4, N * C, steps, C, label, count, blank, d ?? 0, work);
      const impossible = loss === Number.POSITIVE_INFINITY;
      f32[(losses.block.ptr >>> 2) + n] = impossible && zeroInfinity ? 0 : loss;
      for (let t = 0; d && impossible && t < steps; t++) {
        const at = (d >>> 2) + t * N * C;
        f32.fill(zeroInfinity ? 0 : Number.NaN, at, at + C);
      }
      label += count * 4;
    }
    return { outputs: [losses], saved: { operands: [gradient] } };
  },
  backward({ operands: [gradient] }, [dOut]) {
    return [broadcastBinary('mul', gradient!, reshaped(dOut!, [...dOut!.shape, 1])), null];
  },
};

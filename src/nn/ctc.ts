// Connectionist temporal classification (Graves et al., ICML 2006): labels without an alignment.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { type CtcAttributes, ctc } from '../ops/ctc.js';
import type { Saved } from '../ops/op.js';
import { formatShape } from '../shape.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, tensor } from '../tensor/create.js';
import { checkLengths } from '../tensor/packed-sequence.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { checkReduction, type LossOptions, reduced } from './loss-inputs.js';

/** One for each sequence; a number is that of the only one. */
export type Lengths = number | ArrayLike<number> | Tensor;

export interface CtcLossOptions extends LossOptions {
  /** The class that stands for no label. Default 0. */
  blank?: number;
  /** Sequences too short for their labels count as 0 and get no gradient, instead of Infinity and NaN. Default false. */
  zeroInfinity?: boolean;
}

/**
 * -log p(targets), summed over all alignments, as torch.nn.functional.ctc_loss. 'mean' divides each loss by its number of labels (at
 * least 1), then by N. The gradient is torch's: that of the logits before a logSoftmax. Where a log-probability is -Infinity it is 0 (torch:
 * NaN).
 *
 * @param logProbs [T, N, C] or [T, C]: what logSoftmax gives. @param targets int32 [N, S], or [Σ targetLengths] one after the other.
 * @param inputLengths 0 to T steps of each sequence. @param targetLengths labels of each sequence.
 * @throws ShapeError, DTypeError; ValueError a length or label out of range, by its place.
 */
export function ctcLoss(
  logProbs: TensorLike,
  targets: TensorLike,
  inputLengths: Lengths,
  targetLengths: Lengths,
  { blank = 0, reduction = 'mean', zeroInfinity = false }: CtcLossOptions = {},
): Tensor {
  checkReduction('ctcLoss', reduction);
  return scope(() => {
    const { x, one, lengths } = readSteps('ctcLoss', logProbs, inputLengths, blank);
    const [, N, C] = x.shape;
    const y = asTensor(targets, { dtype: 'int32' });
    const packed = y.shape.length === 1;
    if (y.dtype !== 'int32') throw new DTypeError(`ctcLoss: targets are ${y.dtype}; expected int32`);
    const counts = readLengths(targetLengths, packed ? y.size : y.shape[1], N, 'ctcLoss: targetLengths');
    const total = counts.reduce((a, b) => a + b, 0);
    if (packed ? y.size !== total : y.shape.length !== 2 || y.shape[0] !== N) {
      throw new ShapeError(
        `ctcLoss: targets are ${formatShape(y.shape)}; expected [${N}, S] or [${total}] (Σ targetLengths)`,
      );
    }
    const rows = y.data();
    const labels: number[] = [];
    counts.forEach((count, n) => {
      const start = packed ? labels.length : n * y.shape[1];
      for (let s = 0; s < count; s++) {
        const label = rows[start + s];
        if (label < 0 || label >= C || label === blank) {
          throw new ValueError(
            `ctcLoss: target ${s} of row ${n} is ${label}; expected 0 to ${C - 1} but the blank, ${blank}`,
          );
        }
        labels.push(label);
      }
    });
    const attributes = { inputLengths: lengths, targetLengths: counts, blank, zeroInfinity };
    const inputs = [x, tensor(Int32Array.from(labels))];
    const losses = TensorBase.apply<Tensor, CtcAttributes, Saved>(ctc, inputs, attributes)[0];
    const scaled = reduction === 'mean' ? losses.div(tensor(counts.map((count) => Math.max(count, 1)))) : losses;
    return reduced(one ? scaled.squeeze(0) : scaled, reduction);
  });
}

/** Log-probabilities as [T, N, C] and the steps of each sequence; `one`: they came as [T, C]. */
export function readSteps(
  where: string,
  logProbs: TensorLike,
  inputLengths: Lengths | undefined,
  blank: number,
): { x: Tensor; one: boolean; lengths: Int32Array } {
  const given = asTensor(logProbs);
  const one = given.shape.length === 2;
  const x = one ? given.unsqueeze(1) : given;
  const [T, N, C] = x.shape;
  if (x.shape.length !== 3 || x.dtype !== 'float32') {
    throw new ShapeError(
      `${where}: logProbs is ${x.dtype} ${formatShape(given.shape)}; expected float32 [T, N, C] or [T, C]`,
    );
  }
  if (!Number.isInteger(blank) || blank < 0 || blank >= C) {
    throw new ValueError(`${where}: blank is ${blank}; expected an integer from 0 to ${C - 1}`);
  }
  const lengths = readLengths(inputLengths ?? new Int32Array(N).fill(T), T, N, `${where}: inputLengths`);
  return { x, one, lengths };
}

function readLengths(lengths: Lengths, most: number, N: number, where: string): Int32Array {
  return checkLengths(typeof lengths === 'number' ? [lengths] : lengths, most, N, where, 0);
}

// Connectionist temporal classification (Graves et al., ICML 2006): labels without an alignment.
import { ShapeError, ValueError } from '../errors.js';
import { type CtcAttributes, ctc } from '../ops/ctc.js';
import type { Saved } from '../ops/op.js';
import { formatShape, sameShape } from '../shape.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, tensor } from '../tensor/create.js';
import { checkLengths } from '../tensor/packed-sequence.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { checkReduction, type LossOptions, reduced } from './loss-inputs.js';

/** One integer for each sequence. */
export type Lengths = ArrayLike<number> | Tensor;

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
    // One after the other is a row of its own length.
    const padded = y.shape.length > 1;
    const counts = checkLengths(targetLengths, y.shape.at(-1) ?? 0, N, 'ctcLoss: targetLengths', 0);
    const total = counts.reduce((a, b) => a + b, 0);
    if (y.dtype !== 'int32' || !sameShape(y.shape, padded ? [N, y.shape[1]] : [total])) {
      throw new ShapeError(
        `ctcLoss: targets are ${y.dtype} ${formatShape(y.shape)}; expected int32 [${N}, S] or [${total}] (Σ targetLengths)`,
      );
    }
    const rows = y.data();
    const labels: number[] = [];
    counts.forEach((count, n) => {
      const start = padded ? n * y.shape[1] : labels.length;
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
    const inputs = [x, tensor(lengths), tensor(Int32Array.from(labels)), tensor(counts)];
    const attributes = { longest: counts.reduce((a, b) => Math.max(a, b), 0), blank, zeroInfinity };
    const losses = TensorBase.apply<Tensor, CtcAttributes, Saved>(ctc, inputs, attributes)[0];
    const scaled = reduction === 'mean' ? losses.div(inputs[3].clamp(1)) : losses;
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
  const lengths = checkLengths(inputLengths ?? new Int32Array(N).fill(T), T, N, `${where}: inputLengths`, 0);
  return { x, one, lengths };
}

// Losses of class scores against class indices, as torch.nn.functional has them.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { crossEntropy as crossEntropyOp, type Reduction } from '../ops/cross-entropy.js';
import { formatShape, sameShape } from '../shape.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, tensor, where } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { checkReduction } from './loss-inputs.js';

export interface CrossEntropyOptions {
  /** Weight of each class, [C]. */
  weight?: TensorLike;
  /** Targets of this value count for nothing. Default -100. */
  ignoreIndex?: number;
  /** Share of the target spread evenly over all classes, 0 to 1. Default 0. */
  labelSmoothing?: number;
  /** 'mean' (over the targets' weights), 'sum' or 'none' (one loss per target). Default 'mean'. */
  reduction?: Reduction;
}

/**
 * Cross-entropy of logits against class indices, as torch.nn.functional.cross_entropy:
 *
 *     loss = -w[y]·log softmax(x)[y]       mean: Σ loss / Σ w[y]
 *
 * @param logits [N, C], [N, C, d1, …] or [C]; @param targets int32 [N], [N, d1, …] or a scalar.
 * @throws ShapeError, DTypeError; ValueError a target outside 0 … C - 1 that is not ignoreIndex.
 */
export function crossEntropy(logits: TensorLike, targets: TensorLike, options: CrossEntropyOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  checkReduction('crossEntropy', reduction);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError(`crossEntropy: labelSmoothing is ${labelSmoothing}; expected a number from 0 to 1`);
  }
  return scope(() => {
    const { rows, classes, weights, expected } = readClasses('crossEntropy', logits, targets, weight, ignoreIndex);
    const attributes = { ignoreIndex, labelSmoothing, reduction };
    const loss = TensorBase.apply(crossEntropyOp, [rows, classes, weights], attributes)[0];
    return reduction === 'none' ? loss.reshape(expected) : loss;
  });
}

export type NllLossOptions = Omit<CrossEntropyOptions, 'labelSmoothing'>;

/**
 * Negative log likelihood of log-probabilities (what logSoftmax gives), as torch.nn.functional.nll_loss:
 *
 *     loss = -w[y]·x[y]       mean: Σ loss / Σ w[y]
 *
 * @param logProbabilities [N, C], [N, C, d1, …] or [C]; @param targets int32 [N], [N, d1, …] or a scalar.
 * @throws ShapeError, DTypeError; ValueError a target outside 0 … C - 1 that is not ignoreIndex.
 */
export function nllLoss(logProbabilities: TensorLike, targets: TensorLike, options: NllLossOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options;
  checkReduction('nllLoss', reduction);
  return scope(() => {
    const read = readClasses('nllLoss', logProbabilities, targets, weight, ignoreIndex);
    const [of, ids] = [read.weights?.data(), read.classes.data()];
    const counts = ids.map((y) => (y === ignoreIndex ? 0 : 1));
    const weights = Float32Array.from(ids, (y, i) => (counts[i] === 0 ? 0 : of ? of[y] : 1));
    const index = ids.map((y, i) => y * counts[i]);
    const picked = read.rows.gather(1, tensor(index, [ids.length, 1])).squeeze(1);
    // Not a product with 0 alone: the class standing in for an ignored one may be impossible, -Infinity.
    const losses = where(tensor(counts), picked, 0).mul(tensor(weights)).neg();
    if (reduction === 'none') return losses.reshape(read.expected);
    return reduction === 'sum' ? losses.sum() : losses.sum().div(tensor(weights).sum());
  });
}

interface Classes {
  /** [rows, C]. */
  rows: Tensor;
  /** int32 [rows]. */
  classes: Tensor;
  weights: Tensor | null;
  /** Shape of one loss per target. */
  expected: number[];
}

function readClasses(
  where: string,
  scores: TensorLike,
  targets: TensorLike,
  weight: TensorLike | undefined,
  ignoreIndex: number,
): Classes {
  const x = asTensor(scores);
  const y = asTensor(targets, { dtype: 'int32' });
  const rank = x.shape.length;
  const C = x.shape[rank === 1 ? 0 : 1];
  const expected = rank === 1 ? [] : [x.shape[0], ...x.shape.slice(2)];
  if (rank === 0 || !sameShape(y.shape, expected)) {
    throw new ShapeError(
      `${where}: input is ${formatShape(x.shape)} (batch, class, …), targets ${formatShape(y.shape)}; expected targets ${formatShape(expected)}`,
    );
  }
  if (y.dtype !== 'int32') throw new DTypeError(`${where}: targets are ${y.dtype}; expected int32 class indices`);
  checkTargets(where, y, C, ignoreIndex);
  const weights = weight === undefined ? null : asTensor(weight);
  if (weights && !sameShape(weights.shape, [C])) {
    throw new ShapeError(`${where}: weight is ${formatShape(weights.shape)}; expected [${C}]`);
  }
  // [N, C, d1, …] -> [N, d1, …, C] -> rows of C
  const last = rank <= 2 ? x : x.permute([0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]);
  return { rows: last.reshape([y.size, C]), classes: y.reshape([y.size]), weights, expected };
}

function checkTargets(where: string, targets: Tensor, classes: number, ignoreIndex: number): void {
  const values = targets.data();
  for (let i = 0; i < values.length; i++) {
    const y = values[i];
    if ((y < 0 || y >= classes) && y !== ignoreIndex) {
      throw new ValueError(
        `${where}: target ${i} is ${y}; expected 0 to ${classes - 1}, or ignoreIndex ${ignoreIndex}`,
      );
    }
  }
}

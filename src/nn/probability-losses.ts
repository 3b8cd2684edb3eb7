// Losses of probabilities, distributions and directions, as torch.nn.functional has them.
import { ShapeError, ValueError } from '../errors.js';
import type { Reduction } from '../ops/cross-entropy.js';
import { formatShape, sameShape } from '../shape.js';
import { asTensor, tensor, where } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { checkReduction, type LossOptions, readPair, reduced } from './loss-inputs.js';

/**
 * Cross-entropy of independent yes-or-no logits against probabilities, as torch.nn.functional.binary_cross_entropy_with_logits:
 *
 *     loss = weight·((1 - y)·x + (1 + (posWeight - 1)·y)·log(1 + e^-x))
 *
 * @param target 0 to 1, of the input's shape. @param options.weight, options.posWeight broadcast to that shape.
 */
export function binaryCrossEntropyWithLogits(
  input: TensorLike,
  target: TensorLike,
  { weight, posWeight, reduction = 'mean' }: LossOptions & { weight?: TensorLike; posWeight?: TensorLike } = {},
): Tensor {
  checkReduction('binaryCrossEntropyWithLogits', reduction);
  return scope(() => {
    const [x, y] = readPair('binaryCrossEntropyWithLogits', input, target);
    const softplus = x.neg().softplus();
    const scaled = posWeight === undefined ? softplus : softplus.mul(y.mul(asTensor(posWeight).sub(1)).add(1));
    const losses = x.mul(y.neg().add(1)).add(scaled);
    return reduced(weight === undefined ? losses : losses.mul(asTensor(weight)), reduction);
  });
}

/**
 * Kullback-Leibler divergence of log-probabilities from a target distribution, as torch.nn.functional.kl_div:
 *
 *     loss = y·(log y - x), 0 where y is 0;  logTarget: e^y·(y - x)
 *
 * @param options.reduction also 'batchmean': the sum divided by the first size, which is the divergence itself. Default 'mean'.
 */
export function klDiv(
  input: TensorLike,
  target: TensorLike,
  { logTarget = false, reduction = 'mean' }: { logTarget?: boolean; reduction?: Reduction | 'batchmean' } = {},
): Tensor {
  checkReduction('klDiv', reduction, ['batchmean']);
  return scope(() => {
    const [x, y] = readPair('klDiv', input, target);
    const losses = logTarget ? y.exp().mul(y.sub(x)) : y.mul(finiteLog(y).sub(x));
    if (reduction === 'batchmean') return losses.sum().div(x.shape[0] ?? 1);
    return reduced(losses, reduction);
  });
}

/** log y, and 0 where y is 0. */
function finiteLog(y: Tensor): Tensor {
  const positive = tensor(
    Int32Array.from(y.data(), (p) => (p > 0 ? 1 : 0)),
    y.shape,
  );
  return where(positive, y, 1).log();
}

/**
 * Pulls pairs of vectors together or pushes them apart, as torch.nn.functional.cosine_embedding_loss:
 *
 *     1 - cos(x1, x2) where target is 1;  max(0, cos(x1, x2) - margin) where it is -1
 *
 * @param x1, x2 [N, D] or [D]. @param target 1 or -1, [N] or one number. @param options.margin default 0.
 */
export function cosineEmbeddingLoss(
  x1: TensorLike,
  x2: TensorLike,
  target: TensorLike,
  { margin = 0, reduction = 'mean' }: LossOptions & { margin?: number } = {},
): Tensor {
  checkReduction('cosineEmbeddingLoss', reduction);
  return scope(() => {
    const [a, b] = readPair('cosineEmbeddingLoss', x1, x2);
    const y = asTensor(target);
    const expected = a.shape.slice(0, -1);
    if (a.shape.length < 1 || a.shape.length > 2 || !sameShape(y.shape, expected)) {
      const shapes = `inputs are ${formatShape(a.shape)}, target ${formatShape(y.shape)}`;
      throw new ShapeError(`cosineEmbeddingLoss: ${shapes}; expected [N, D] and [N], or [D] and []`);
    }
    const values = [...y.data()];
    const wrong = values.findIndex((v) => v !== 1 && v !== -1);
    if (wrong >= 0) throw new ValueError(`cosineEmbeddingLoss: target ${wrong} is ${values[wrong]}; expected 1 or -1`);
    // torch's 1e-12 under the root
    const square = (x: Tensor) => x.mul(x).sum(-1).add(1e-12);
    const cosine = a
      .mul(b)
      .sum(-1)
      .div(square(a).mul(square(b)).sqrt());
    const alike = tensor(
      Int32Array.from(values, (v) => (v > 0 ? 1 : 0)),
      y.shape,
    );
    return reduced(where(alike, cosine.neg().add(1), cosine.sub(margin).relu()), reduction);
  });
}

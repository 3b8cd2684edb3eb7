// Losses as functions, torch.nn.functional's.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { crossEntropy as crossEntropyOp, type Reduction } from '../ops/cross-entropy.js';
import { mse } from '../ops/mse.js';
import { formatShape, sameShape } from '../shape.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';

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
    const x = asTensor(logits);
    const y = asTensor(targets, { dtype: 'int32' });
    const rank = x.shape.length;
    const C = x.shape[rank === 1 ? 0 : 1];
    const expected = rank === 1 ? [] : [x.shape[0], ...x.shape.slice(2)];
    if (rank === 0 || !sameShape(y.shape, expected)) {
      throw new ShapeError(
        `crossEntropy: logits are ${formatShape(x.shape)} (batch, class, …), targets ${formatShape(y.shape)}; expected targets ${formatShape(expected)}`,
      );
    }
    if (y.dtype !== 'int32') throw new DTypeError(`crossEntropy: targets are ${y.dtype}; expected int32 class indices`);
    checkTargets(y, C, ignoreIndex);
    const w = weight === undefined ? null : asTensor(weight);
    if (w && !sameShape(w.shape, [C]))
      throw new ShapeError(`crossEntropy: weight is ${formatShape(w.shape)}; expected [${C}]`);
    // [N, C, d1, …] -> [N, d1, …, C] -> rows of C
    const last = rank <= 2 ? x : x.permute([0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]);
    const rows = last.reshape([y.size, C]);
    const attributes = { ignoreIndex, labelSmoothing, reduction };
    const loss = TensorBase.apply(crossEntropyOp, [rows, y.reshape([y.size]), w], attributes)[0];
    return reduction === 'none' ? loss.reshape(expected) : loss;
  });
}

function checkTargets(targets: Tensor, classes: number, ignoreIndex: number): void {
  const values = targets.data();
  for (let i = 0; i < values.length; i++) {
    const y = values[i];
    if ((y < 0 || y >= classes) && y !== ignoreIndex) {
      throw new ValueError(
        `crossEntropy: target ${i} is ${y}; expected 0 to ${classes - 1}, or ignoreIndex ${ignoreIndex}`,
      );
    }
  }
}

/** Mean (or sum, or each) of (input - target)², as torch.nn.functional.mse_loss; both of one shape. */
export function mseLoss(
  input: TensorLike,
  target: TensorLike,
  { reduction = 'mean' }: { reduction?: Reduction } = {},
): Tensor {
  checkReduction('mseLoss', reduction);
  return scope(() => {
    const x = asTensor(input);
    // A flat typed array beside a tensor of that many elements has its shape.
    const flat = ArrayBuffer.isView(target) && (target as Float32Array).length === x.size ? { shape: x.shape } : {};
    const y = asTensor(target, { ...flat, dtype: 'float32' });
    if (!sameShape(x.shape, y.shape)) {
      throw new ShapeError(
        `mseLoss: input is ${formatShape(x.shape)}, target ${formatShape(y.shape)}; expected one shape`,
      );
    }
    for (const t of [x, y]) {
      if (t.dtype !== 'float32') throw new DTypeError(`mseLoss: got ${t.dtype}; expected float32`);
    }
    return TensorBase.apply(mse, [x, y], { reduction })[0];
  });
}

function checkReduction(where: string, reduction: string): void {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new ValueError(`${where}: reduction is '${reduction}'; expected 'mean', 'sum' or 'none'`);
  }
}

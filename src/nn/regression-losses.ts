// Losses of values against values of the same shape, as torch.nn.functional has them.
import { ValueError } from '../errors.js';
import { mse } from '../ops/mse.js';
import { TensorBase } from '../tensor/base.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { checkReduction, type LossOptions, readPair, reduced } from './loss-inputs.js';

/** Mean (or sum, or each) of (input - target)², as torch.nn.functional.mse_loss; both of one shape. */
export function mseLoss(input: TensorLike, target: TensorLike, { reduction = 'mean' }: LossOptions = {}): Tensor {
  checkReduction('mseLoss', reduction);
  return scope(() => TensorBase.apply(mse, readPair('mseLoss', input, target), { reduction })[0]);
}

/** Mean (or sum, or each) of |input - target|, as torch.nn.functional.l1_loss; both of one shape. */
export function l1Loss(input: TensorLike, target: TensorLike, { reduction = 'mean' }: LossOptions = {}): Tensor {
  checkReduction('l1Loss', reduction);
  return scope(() => {
    const [x, y] = readPair('l1Loss', input, target);
    return reduced(x.sub(y).abs(), reduction);
  });
}

/**
 * Squared near zero, straight beyond, as torch.nn.functional.huber_loss, d = input - target:
 *
 *     ½·d² where |d| < delta, delta·(|d| - ½·delta) elsewhere
 *
 * @param options.delta above 0. Default 1.
 */
export function huberLoss(
  input: TensorLike,
  target: TensorLike,
  { delta = 1, reduction = 'mean' }: LossOptions & { delta?: number } = {},
): Tensor {
  checkReduction('huberLoss', reduction);
  if (!(delta > 0)) throw new ValueError(`huberLoss: delta is ${delta}; expected a number above 0`);
  return scope(() => reduced(huber(...readPair('huberLoss', input, target), delta), reduction));
}

/**
 * huberLoss / beta, as torch.nn.functional.smooth_l1_loss: ½·d² / beta where |d| < beta, |d| - ½·beta elsewhere.
 *
 * @param options.beta at least 0; 0 is l1Loss. Default 1.
 */
export function smoothL1Loss(
  input: TensorLike,
  target: TensorLike,
  { beta = 1, reduction = 'mean' }: LossOptions & { beta?: number } = {},
): Tensor {
  checkReduction('smoothL1Loss', reduction);
  if (!(beta >= 0)) throw new ValueError(`smoothL1Loss: beta is ${beta}; expected a number of at least 0`);
  if (beta === 0) return l1Loss(input, target, { reduction });
  return scope(() => reduced(huber(...readPair('smoothL1Loss', input, target), beta).div(beta), reduction));
}

/** With c = min(|d|, delta), both pieces are c·(|d| - ½·c), and so are their gradients. */
function huber(x: Tensor, y: Tensor, delta: number): Tensor {
  const distance = x.sub(y).abs();
  const near = distance.clamp(0, delta);
  return near.mul(distance.sub(near.mul(0.5)));
}

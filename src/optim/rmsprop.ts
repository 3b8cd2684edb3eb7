import { kernels } from '../engine/engine.js';
import type { Ptr } from '../engine/kernels.js';
import { Optimizer, type OptimizerOptions, type OptimizerParameters } from './optimizer.js';

export interface RMSpropOptions extends OptimizerOptions {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** Decay of the average of squared gradients. Default 0.99. */
  alpha: number;
  /** Default 1e-8. */
  eps: number;
  /** Default 0. */
  weightDecay: number;
  /** Default 0. */
  momentum: number;
  /** Divides by the standard deviation instead of the root mean square. Default false. */
  centered: boolean;
}

/**
 * RMSprop (Hinton 2012; centered: Graves 2013), as torch.optim.RMSprop:
 *
 *     g ← ∇ + weightDecay·p;  v ← α·v + (1 - α)·g²;  centered: a ← α·a + (1 - α)·g, v̂ = v - a², else v̂ = v
 *     d = g / (√v̂ + eps);  with momentum: b ← momentum·b + d, d = b;  p ← p - lr·d
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  static override readonly name: string = 'RMSprop';

  constructor(parameters: OptimizerParameters<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    const rates = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0 };
    super(parameters, options, { ...rates, centered: false, maximize: false });
  }

  protected bufferNames({ centered, momentum }: RMSpropOptions): readonly string[] {
    return [...(centered ? ['gradAvg'] : []), ...(momentum > 0 ? ['momentumBuffer'] : []), 'squareAvg'];
  }

  protected readonly slots = ['squareAvg', 'gradAvg', 'momentumBuffer'];
  protected rates(_step: number, { lr }: RMSpropOptions): [number] {
    return [lr];
  }
  protected update(rows: Ptr, count: number, sign: number, options: RMSpropOptions): void {
    const { alpha, eps, weightDecay, momentum } = options;
    kernels().rmspropSteps(rows, count, sign, alpha, 1 - alpha, eps, weightDecay, momentum);
  }
}

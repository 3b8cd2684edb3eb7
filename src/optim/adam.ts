import { kernels } from '../engine/engine.js';
import type { Ptr } from '../engine/kernels.js';
import { Optimizer, type OptimizerOptions, type OptimizerParameters } from './optimizer.js';
import { DECAYS } from './rules.js';

export interface AdamOptions extends OptimizerOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the averages of gradient and squared gradient. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** Adam: added to the gradient, default 0. AdamW: decay of the weights themselves, default 0.01. */
  weightDecay: number;
  /** Divides by the largest average of squares so far (Reddi, Kale and Kumar 2018). Default false. */
  amsgrad: boolean;
}

/** x^n by squaring: Math.pow differs between JavaScript engines, multiplication does not. */
function integerPower(x: number, n: number): number {
  let power = 1;
  for (let base = x, left = n; left > 0; left = Math.floor(left / 2), base *= base) if (left % 2 === 1) power *= base;
  return power;
}

/**
 * Adam (Kingma and Ba 2015), as torch.optim.Adam:
 *
 *     g ← ∇ + weightDecay·p;  m ← β1·m + (1 - β1)·g;  v ← β2·v + (1 - β2)·g²
 *     p ← p - lr / (1 - β1^t) · m / (√v / √(1 - β2^t) + eps)
 *
 * In the state dict m is expAvg, v is expAvgSq and, with amsgrad, maxExpAvgSq.
 */
export class Adam extends Optimizer<AdamOptions> {
  static override readonly name: string = 'Adam';
  /** Whether weight decay acts on the weights instead of the gradient. */
  protected readonly decoupled: boolean = false;

  constructor(parameters: OptimizerParameters<AdamOptions>, options: Partial<AdamOptions> = {}, weightDecay = 0) {
    const defaults = {
      lr: 1e-3,
      betas: [0.9, 0.999] as const,
      eps: 1e-8,
      weightDecay,
      amsgrad: false,
      maximize: false,
    };
    super(parameters, options, defaults, { betas: DECAYS });
  }

  protected bufferNames({ amsgrad }: AdamOptions): readonly string[] {
    return amsgrad ? ['expAvg', 'expAvgSq', 'maxExpAvgSq'] : ['expAvg', 'expAvgSq'];
  }

  protected readonly slots = ['expAvg', 'expAvgSq', 'maxExpAvgSq'];
  protected rates(step: number, { lr, betas }: AdamOptions): [number, number] {
    return [lr / (1 - integerPower(betas[0], step)), Math.sqrt(1 - integerPower(betas[1], step))];
  }
  protected update(rows: Ptr, count: number, sign: number, options: AdamOptions): void {
    const { lr, betas, eps, weightDecay } = options;
    kernels().adamSteps(rows, count, sign, lr, betas[0], betas[1], eps, weightDecay, this.decoupled ? 1 : 0);
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW: p ← p·(1 - lr·weightDecay) first. */
export class AdamW extends Adam {
  static override readonly name: string = 'AdamW';
  protected override readonly decoupled = true;

  constructor(parameters: OptimizerParameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(parameters, options, 0.01);
  }
}

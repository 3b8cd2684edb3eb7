import { kernels } from '../engine/engine.js';
import type { Ptr } from '../engine/kernels.js';
import { ValueError } from '../errors.js';
import { Optimizer, type OptimizerOptions, type OptimizerParameters } from './optimizer.js';
import { NUMBER } from './rules.js';

export interface SGDOptions extends OptimizerOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Default 0. */
  momentum: number;
  /** Default 0. */
  dampening: number;
  /** Default 0. */
  weightDecay: number;
  /** Default false; needs momentum and no dampening. */
  nesterov: boolean;
}

/**
 * Stochastic gradient descent, as torch.optim.SGD:
 *
 *     g ← ∇ + weightDecay·p;  b ← momentum·b + (1 - dampening)·g (first step: b = g);  g ← b, or g + momentum·b (nesterov)
 *     p ← p - lr·g
 */
export class SGD extends Optimizer<SGDOptions> {
  static override readonly name: string = 'SGD';

  constructor(parameters: OptimizerParameters<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const defaults = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false };
    super(parameters, options, defaults, { dampening: NUMBER });
  }

  protected override check(where: string, options: Partial<SGDOptions>): void {
    super.check(where, options);
    const { momentum = 0, dampening = 0, nesterov } = options;
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ValueError(
        `${where}: nesterov with momentum ${momentum} and dampening ${dampening}; expected momentum and no dampening`,
      );
    }
  }
  protected bufferNames({ momentum }: SGDOptions): readonly string[] {
    return momentum === 0 ? [] : ['momentumBuffer'];
  }

  protected readonly slots = ['momentumBuffer'];
  protected rates(step: number): [number] {
    return [step === 1 ? 1 : 0];
  }
  protected update(rows: Ptr, count: number, sign: number, options: SGDOptions): void {
    const { lr, momentum, dampening, weightDecay, nesterov } = options;
    kernels().sgdSteps(rows, count, sign, lr, momentum, dampening, weightDecay, nesterov ? 1 : 0);
  }
}

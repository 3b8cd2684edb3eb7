import { kernels } from '../engine/engine.js';
import type { Ptr } from '../engine/kernels.js';
import { Optimizer, type OptimizerOptions, type OptimizerParameters } from './optimizer.js';

export interface AdagradOptions extends OptimizerOptions {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** Default 0. */
  lrDecay: number;
  /** Default 0. */
  weightDecay: number;
  /** What the sum of squares starts from. Default 0. */
  initialAccumulatorValue: number;
  /** Default 1e-10. */
  eps: number;
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011), as torch.optim.Adagrad:
 *
 *     g ← ∇ + weightDecay·p;  s ← s + g²;  p ← p - lr / (1 + (t - 1)·lrDecay) · g / (√s + eps)
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  static override readonly name: string = 'Adagrad';

  constructor(parameters: OptimizerParameters<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    const defaults = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false };
    super(parameters, options, defaults);
  }

  protected bufferNames(): readonly string[] {
    return ['sum'];
  }
  protected override initialValue({ initialAccumulatorValue }: AdagradOptions): number {
    return initialAccumulatorValue;
  }

  protected readonly slots = ['sum'];
  protected rates(step: number, { lr, lrDecay }: AdagradOptions): [number] {
    return [lr / (1 + (step - 1) * lrDecay)];
  }
  protected update(rows: Ptr, count: number, sign: number, { eps, weightDecay }: AdagradOptions): void {
    kernels().rmspropSteps(rows, count, sign, 1, 1, eps, weightDecay, 0);
  }
}

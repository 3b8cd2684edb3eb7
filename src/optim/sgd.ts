import { kernels } from '../engine/engine.js';
import { ValueError } from '../errors.js';
import { elements, type Operand } from '../ops/op.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkRange, Optimizer } from './optimizer.js';

export interface SGDOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** Default 0. */
  momentum?: number;
  /** Default 0. */
  dampening?: number;
  /** Default 0. */
  weightDecay?: number;
  /** Default false; needs momentum and no dampening. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent, as torch.optim.SGD:
 *
 *     g ← ∇ + weightDecay·p;  b ← momentum·b + (1 - dampening)·g (first step: b = g);  g ← b, or g + momentum·b (nesterov)
 *     p ← p - lr·g
 */
export class SGD extends Optimizer {
  static override readonly name: string = 'SGD';
  lr: number;
  private momentum: number;
  private dampening: number;
  private weightDecay: number;
  private nesterov: boolean;

  constructor(parameters: Iterable<Tensor>, options: SGDOptions = {}) {
    super('SGD', parameters, () => (this.momentum !== 0 ? ['momentumBuffer'] : []));
    const { lr = 1e-3, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
    for (const [name, value] of Object.entries({ lr, momentum, weightDecay })) checkRange('SGD', name, value, 0);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ValueError(
        `SGD: nesterov with momentum ${momentum} and dampening ${dampening}; expected momentum and no dampening`,
      );
    }
    this.lr = lr;
    this.momentum = momentum;
    this.dampening = dampening;
    this.weightDecay = weightDecay;
    this.nesterov = nesterov;
  }

  protected update(
    p: Operand,
    gradient: Operand,
    { step, buffers }: { step: number; buffers: Record<string, Operand> },
  ): void {
    kernels().sgdStep(
      p.block.ptr,
      gradient.block.ptr,
      buffers.momentumBuffer?.block.ptr ?? 0,
      elements(p),
      this.lr,
      this.momentum,
      this.dampening,
      this.weightDecay,
      this.nesterov ? 1 : 0,
      step === 1 ? 1 : 0,
    );
  }
  protected options(): Record<string, number | boolean> {
    const { lr, momentum, dampening, weightDecay, nesterov } = this;
    return { lr, momentum, dampening, weightDecay, nesterov };
  }
  protected setOptions(options: Record<string, number | boolean>): void {
    Object.assign(this, options);
  }
}

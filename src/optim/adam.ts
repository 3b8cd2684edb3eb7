import { kernels } from '../engine/engine.js';
import { elements, type Operand } from '../ops/op.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkRange, Optimizer } from './optimizer.js';

export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** Decay of the averages of gradient and squared gradient. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Default 1e-8. */
  eps?: number;
  /** Adam: added to the gradient, default 0. AdamW: decay of the weights themselves, default 0.01. */
  weightDecay?: number;
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
 */
export class Adam extends Optimizer {
  static override readonly name: string = 'Adam';
  lr: number;
  private beta1: number;
  private beta2: number;
  private eps: number;
  private weightDecay: number;
  /** Whether weight decay acts on the weights instead of the gradient. */
  protected readonly decoupled: boolean = false;

  constructor(parameters: Iterable<Tensor>, options: AdamOptions = {}) {
    super(new.target.name, parameters, () => ['m', 'v']);
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = this.defaultDecay() } = options;
    for (const [name, value] of Object.entries({ lr, eps, weightDecay })) checkRange(new.target.name, name, value, 0);
    betas.forEach((beta, i) => {
      checkRange(new.target.name, `betas[${i}]`, beta, 0, 1);
    });
    this.lr = lr;
    [this.beta1, this.beta2] = betas;
    this.eps = eps;
    this.weightDecay = weightDecay;
  }
  protected defaultDecay(): number {
    return 0;
  }

  protected update(
    p: Operand,
    gradient: Operand,
    { step, buffers }: { step: number; buffers: Record<string, Operand> },
  ): void {
    kernels().adamStep(
      p.block.ptr,
      gradient.block.ptr,
      buffers.m.block.ptr,
      buffers.v.block.ptr,
      elements(p),
      this.lr,
      this.lr / (1 - integerPower(this.beta1, step)),
      Math.sqrt(1 - integerPower(this.beta2, step)),
      this.beta1,
      this.beta2,
      this.eps,
      this.weightDecay,
      this.decoupled ? 1 : 0,
    );
  }
  protected options(): Record<string, number | boolean> {
    const { lr, beta1, beta2, eps, weightDecay } = this;
    return { lr, beta1, beta2, eps, weightDecay };
  }
  protected setOptions(options: Record<string, number | boolean>): void {
    Object.assign(this, options);
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW: p ← p·(1 - lr·weightDecay) first. */
export class AdamW extends Adam {
  static override readonly name: string = 'AdamW';
  protected override readonly decoupled = true;
  protected override defaultDecay(): number {
    return 0.01;
  }
}

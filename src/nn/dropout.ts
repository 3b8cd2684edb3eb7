import { dropout as dropoutOp } from '../ops/dropout.js';
import type { StreamLayer } from '../stream/layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor } from '../tensor/create.js';
import { draw } from '../tensor/random.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { Module } from './module.js';
import { checkOptions } from './options.js';

/** x with each element zeroed with probability p and the others scaled by 1 / (1 - p). */
export function dropout(x: Tensor, p: number): Tensor {
  return TensorBase.apply(dropoutOp, [x], { p, random: draw(x.size) })[0];
}

/** Drops elements while training, passes its input on in eval mode (torch.nn.Dropout). */
export class Dropout extends Module {
  static override readonly name: string = 'Dropout';
  /** Probability of dropping an element, 0 to 1; may be changed at any time. Default 0.5. */
  p: number;

  constructor(options: { p?: number } = {}) {
    super();
    checkOptions('Dropout', options, { p: 'probability' });
    this.p = options.p ?? 0.5;
  }

  /** A tensor of the input's shape. */
  forward(input: TensorLike): Tensor {
    const x = asTensor(input);
    if (!this.training || this.p === 0) return x;
    const out = dropout(x, this.p);
    if (x !== input) x.dispose();
    return out;
  }

  override streamLayers(): StreamLayer[] {
    return [];
  }
  protected override extraRepr(): string {
    return `{ p: ${this.p} }`;
  }
}

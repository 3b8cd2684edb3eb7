import { ShapeError } from '../errors.js';
import { linear } from '../ops/linear.js';
import { formatShape } from '../shape.js';
import type { StreamLayer } from '../stream/layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, uniformParameter } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { OptionsModule } from './options-module.js';

export interface LinearOptions {
  inFeatures: number;
  outFeatures: number;
  /** Default true. */
  bias?: boolean;
}

/**
 * y = x·Wᵀ + b, as torch.nn.Linear. Parameters: weight [outFeatures, inFeatures], bias [outFeatures], both drawn from
 * U(-1/√inFeatures, 1/√inFeatures).
 */
export class Linear extends OptionsModule {
  static override readonly name: string = 'Linear';
  declare readonly inFeatures: number;
  declare readonly outFeatures: number;
  weight: Tensor;
  bias: Tensor | null;

  constructor(options: LinearOptions) {
    super(options, ['inFeatures', 'outFeatures'], { bias: true });
    const bound = 1 / Math.sqrt(this.inFeatures);
    this.weight = uniformParameter([this.outFeatures, this.inFeatures], bound);
    this.bias = options.bias === false ? null : uniformParameter([this.outFeatures], bound);
  }

  /** [..., inFeatures] -> [..., outFeatures]. Throws ShapeError. */
  forward(input: TensorLike): Tensor {
    this.checkLive('forward');
    const x = asTensor(input);
    if (x.shape.at(-1) !== this.inFeatures) {
      throw new ShapeError(
        `Linear.forward: input is ${formatShape(x.shape)}; expected last size ${this.inFeatures} (= inFeatures)`,
      );
    }
    const out = TensorBase.apply(linear, [x, this.weight, this.bias], undefined)[0];
    if (x !== input) x.dispose();
    return out;
  }

  override streamLayers(): StreamLayer[] {
    return [
      {
        type: 'linear',
        inFeatures: this.inFeatures,
        outFeatures: this.outFeatures,
        weight: () => this.weight,
        bias: () => this.bias,
      },
    ];
  }
}

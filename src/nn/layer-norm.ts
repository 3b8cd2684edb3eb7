import { normalize } from '../ops/normalize.js';
import { pointerTo } from '../ops/op.js';
import { sameShape, sizeOf } from '../shape.js';
import type { StreamLayer } from '../stream/layer.js';
import { normalizeLayer } from '../stream/normalize-layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, constantParameter } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { EPS, OptionsModule } from './options-module.js';

export interface LayerNormOptions {
  /** The trailing dimensions of the input that are normalised together; a number is short for one. */
  normalizedShape: number | readonly number[];
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are weight and bias. Default true. */
  elementwiseAffine?: boolean;
  /** false: a weight but no bias. Default true. */
  bias?: boolean;
}
/**
 * y = (x - mean) / √(variance + eps) · weight + bias, as torch.nn.LayerNorm: mean and biased variance over the trailing
 * dimensions `normalizedShape` (Ba, Kiros, Hinton 2016). Parameters: weight (ones) and bias (zeros), of that shape.
 */
export class LayerNorm extends OptionsModule {
  static override readonly name: string = 'LayerNorm';
  declare readonly normalizedShape: readonly number[];
  declare readonly eps: number;
  declare readonly elementwiseAffine: boolean;
  weight: Tensor | null;
  bias: Tensor | null;

  constructor(options: LayerNormOptions) {
    super(options, ['normalizedShape'], { eps: 1e-5, elementwiseAffine: true, bias: true }, RULES);
    this.normalizedShape = [this.normalizedShape].flat();
    this.weight = this.elementwiseAffine ? constantParameter(this.normalizedShape, 1) : null;
    this.bias = this.weight && options.bias !== false ? constantParameter(this.normalizedShape, 0) : null;
  }

  /** [..., normalizedShape] -> the same shape. Throws ShapeError. */
  forward(input: TensorLike): Tensor {
    this.checkLive('forward');
    const { normalizedShape: shape, eps } = this;
    const x = asTensor(input);
    if (!sameShape(x.shape.slice(-shape.length), shape))
      this.refuse(x, `[..., ${shape.join(', ')}] (= normalizedShape)`);
    const out = TensorBase.apply(normalize, [x, this.weight, this.bias], { shape, eps })[0];
    if (x !== input) x.dispose();
    return out;
  }

  override streamLayers(): StreamLayer[] {
    const { normalizedShape, eps } = this;
    return normalizeLayer(this, ['weight', 'bias'], sizeOf(normalizedShape), eps, () =>
      [this.weight, this.bias].map((p) => pointerTo(p?.operand('stream'), normalizedShape, 'LayerNorm')),
    );
  }
}

const isShape = (x: unknown) => [x].flat().every((n) => Number.isInteger(n) && (n as number) > 0);
const RULES = { normalizedShape: [isShape, 'positive integers'], eps: EPS } as const;

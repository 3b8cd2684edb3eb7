// Activations as modules: a formula each, which forward() runs on tensors and a stream in its plan.
import { ShapeError } from '../errors.js';
import { between, type Check } from '../options.js';
import { formatShape } from '../shape.js';
import { writeFormula } from '../stream/formula.js';
import type { StreamLayer } from '../stream/layer.js';
import { asTensor, parameter } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { OptionsModule } from './options-module.js';

const NUMBER = [between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), 'a number'] as const;

abstract class Activation extends OptionsModule {
  /** @param defaults the options there are, all numbers unless `check` says otherwise. */
  constructor(options: object = {}, defaults: object = {}, check: Check = NUMBER, required: string[] = []) {
    super(
      options,
      required,
      defaults,
      Object.fromEntries([...required, ...Object.keys(defaults)].map((name) => [name, check])),
    );
  }
  /** @internal */
  abstract formula(x: Tensor): Tensor;

  /** A tensor of the input's shape. */
  forward(input: TensorLike): Tensor {
    this.checkLive('forward');
    return scope(() => this.formula(asTensor(input)));
  }
  /** @internal */
  weightOf?(): Tensor;
  override streamLayers(): StreamLayer[] {
    const weight = this.weightOf?.bind(this);
    return [
      { type: 'elementwise', write: (plan, x, width) => writeFormula(plan, x, width, (y) => this.formula(y), weight) },
    ];
  }
}

/** x above 0, below(x) elsewhere; the gradient at 0 is below's. */
function bent(x: Tensor, below: (x: Tensor) => Tensor): Tensor {
  return x.relu().add(below(x.clamp(Number.NEGATIVE_INFINITY, 0)));
}

/** tanh(x) */
export class Tanh extends Activation {
  static override readonly name: string = 'Tanh';
  formula(x: Tensor): Tensor {
    return x.tanh();
  }
}
/** 1 / (1 + exp(-x)) */
export class Sigmoid extends Activation {
  static override readonly name: string = 'Sigmoid';
  formula(x: Tensor): Tensor {
    return x.sigmoid();
  }
}
/** max(x, 0) */
export class ReLU extends Activation {
  static override readonly name: string = 'ReLU';
  formula(x: Tensor): Tensor {
    return x.relu();
  }
}
/** x above 0, negativeSlope·x elsewhere (default 0.01). */
export class LeakyReLU extends Activation {
  static override readonly name: string = 'LeakyReLU';
  declare readonly negativeSlope: number;
  constructor(options?: { negativeSlope?: number }) {
    super(options, { negativeSlope: 0.01 });
  }
  formula(x: Tensor): Tensor {
    return bent(x, (y) => y.mul(this.negativeSlope));
  }
}
/** x above 0, alpha·(exp(x) - 1) elsewhere (default 1). */
export class ELU extends Activation {
  static override readonly name: string = 'ELU';
  declare readonly alpha: number;
  constructor(options?: { alpha?: number }) {
    super(options, { alpha: 1 });
  }
  formula(x: Tensor): Tensor {
    return bent(x, (y) => y.elu().mul(this.alpha));
  }
}
/**
 * x·Φ(x) with Φ the normal distribution function, ½(1 + erf(x/√2)); approximate 'tanh': Φ(x) ≈ ½(1 + tanh(√(2/π)(x + 0.044715 x³))). Default 'none'.
 */
export class GELU extends Activation {
  static override readonly name: string = 'GELU';
  declare readonly approximate: 'none' | 'tanh';
  constructor(options?: { approximate?: 'none' | 'tanh' }) {
    super(options, { approximate: 'none' }, ['none', 'tanh']);
  }
  formula(x: Tensor): Tensor {
    // √(2/π)·0.044715 and √(2/π)
    const twice =
      this.approximate === 'none'
        ? x.mul(Math.SQRT1_2).erf()
        : x.mul(x).mul(0.035677408136).add(0.7978845608028654).mul(x).tanh();
    return x.mul(0.5).mul(twice.add(1));
  }
}
/** x·sigmoid(x) */
export class SiLU extends Activation {
  static override readonly name: string = 'SiLU';
  formula(x: Tensor): Tensor {
    return x.mul(x.sigmoid());
  }
}
/** log(1 + exp(beta·x)) / beta, and x where beta·x is above threshold. Defaults 1 and 20. */
export class Softplus extends Activation {
  static override readonly name: string = 'Softplus';
  declare readonly beta: number;
  declare readonly threshold: number;
  constructor(options?: { beta?: number; threshold?: number }) {
    super(options, { beta: 1, threshold: 20 });
  }
  formula(x: Tensor): Tensor {
    const { beta, threshold } = this;
    const z = x.mul(beta);
    // From 17 on softplus rounds to its argument.
    if (threshold >= 17) return z.softplus().div(beta);
    // 1 above the threshold, without gradient; the other clamps keep infinity from the part that does not count.
    const above = z.sub(threshold).mul(1e38).clamp(0, 1, true);
    const near = z.clamp(Number.NEGATIVE_INFINITY, threshold).softplus();
    const far = z.clamp(threshold, Number.POSITIVE_INFINITY);
    return far
      .mul(above)
      .sub(near.mul(above.sub(1)))
      .div(beta);
  }
}
/** x / (1 + |x|) */
export class Softsign extends Activation {
  static override readonly name: string = 'Softsign';
  formula(x: Tensor): Tensor {
    return x.div(x.abs().add(1));
  }
}
/** x between minVal and maxVal (defaults -1 and 1). */
export class Hardtanh extends Activation {
  static override readonly name: string = 'Hardtanh';
  declare readonly minVal: number;
  declare readonly maxVal: number;
  constructor(options?: { minVal?: number; maxVal?: number }) {
    super(options, { minVal: -1, maxVal: 1 });
  }
  formula(x: Tensor): Tensor {
    return x.clamp(this.minVal, this.maxVal, true);
  }
}
/** (x + 3) / 6 between 0 and 1. */
export class Hardsigmoid extends Activation {
  static override readonly name: string = 'Hardsigmoid';
  formula(x: Tensor): Tensor {
    return x.clamp(-3, 3, true).add(3).div(6);
  }
}
/** x·Hardsigmoid(x) */
export class Hardswish extends Hardsigmoid {
  static override readonly name: string = 'Hardswish';
  override formula(x: Tensor): Tensor {
    return super.formula(x).mul(x);
  }
}
/** log(sigmoid(x)) = -log(1 + exp(-x)) */
export class LogSigmoid extends Activation {
  static override readonly name: string = 'LogSigmoid';
  formula(x: Tensor): Tensor {
    return x.neg().softplus().neg();
  }
}
/** x above 0, weight·x elsewhere. Parameter: weight [numParameters], one for all or one for each channel (dim 1), at first init. Defaults 1 and 0.25. */
export class PReLU extends Activation {
  static override readonly name: string = 'PReLU';
  declare readonly numParameters: number;
  weight: Tensor;
  constructor({ init = 0.25, ...options }: { numParameters?: number; init?: number } = {}) {
    super(options, { numParameters: 1 });
    this.weight = parameter(new Array(this.numParameters).fill(init));
  }
  /** Throws ShapeError where dim 1 has not numParameters. */
  formula(x: Tensor): Tensor {
    const { weight, numParameters: n } = this;
    const { shape } = x;
    if (n !== 1 && shape[1] !== n) {
      throw new ShapeError(
        `PReLU.forward: input is ${formatShape(shape)}; expected ${n} channels (= numParameters) in dim 1`,
      );
    }
    return bent(x, (y) => y.mul(shape.length > 2 ? weight.reshape([n, ...shape.slice(2).map(() => 1)]) : weight));
  }
  override weightOf(): Tensor {
    return this.weight;
  }
}
/** exp(x) / Σ exp(x) along dim. */
export class Softmax extends Activation {
  static override readonly name: string = 'Softmax';
  declare readonly dim: number;
  constructor(options: { dim: number }) {
    super(options, {}, NUMBER, ['dim']);
  }
  formula(x: Tensor): Tensor {
    return x.softmax(this.dim);
  }
}
/** log(softmax(x)) along dim. */
export class LogSoftmax extends Softmax {
  static override readonly name: string = 'LogSoftmax';
  override formula(x: Tensor): Tensor {
    return x.logSoftmax(this.dim);
  }
}
/** x */
export class Identity extends Activation {
  static override readonly name: string = 'Identity';
  formula(x: Tensor): Tensor {
    return x;
  }
}

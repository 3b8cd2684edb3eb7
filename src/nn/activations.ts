// Activations as modules, for Sequential.
import { UNARY } from '../engine/kernels.js';
import type { StreamLayer } from '../stream/layer.js';
import { asTensor } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { Module } from './module.js';

type Activation = 'tanh' | 'sigmoid' | 'relu';

abstract class ActivationModule extends Module {
  constructor(private readonly activation: Activation) {
    super();
    Object.defineProperty(this, 'activation', { enumerable: false });
  }
  forward(input: TensorLike): Tensor {
    const x = asTensor(input);
    const out = x[this.activation]();
    if (x !== input) x.dispose();
    return out;
  }
  override streamLayers(): StreamLayer[] {
    return [{ type: 'unary', op: UNARY[this.activation] }];
  }
}

/** tanh(x) */
export class Tanh extends ActivationModule {
  static override readonly name: string = 'Tanh';
  constructor() {
    super('tanh');
  }
}
/** 1 / (1 + exp(-x)) */
export class Sigmoid extends ActivationModule {
  static override readonly name: string = 'Sigmoid';
  constructor() {
    super('sigmoid');
  }
}
/** max(x, 0) */
export class ReLU extends ActivationModule {
  static override readonly name: string = 'ReLU';
  constructor() {
    super('relu');
  }
}

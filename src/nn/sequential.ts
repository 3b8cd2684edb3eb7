import { ValueError } from '../errors.js';
import type { StreamLayer } from '../stream/layer.js';
import { asTensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import { Module } from './module.js';
import { RecurrentBase } from './recurrent.js';

/**
 * Modules one after the other; state-dict names are '0.weight', '1.weight_ih_l0', … A recurrent layer inside passes only
 * its output on (a difference from PyTorch, where it would pass a tuple).
 */
export class Sequential extends Module {
  static override readonly name: string = 'Sequential';
  [index: `${number}`]: Module;

  constructor(...modules: Module[]) {
    super();
    modules.forEach((module, i) => {
      if (!(module instanceof Module)) throw new ValueError(`Sequential: argument ${i} is not a Module`);
      this[`${i}`] = module;
    });
  }

  get length(): number {
    return [...this.children()].length;
  }
  /** The modules in order. */
  layers(): Module[] {
    return [...this.children()].map(([, module]) => module);
  }
  [Symbol.iterator](): Iterator<Module> {
    return this.layers()[Symbol.iterator]();
  }

  forward(input: TensorLike): Tensor {
    this.checkLive('forward');
    return scope(() => {
      let x: TensorLike = input;
      for (const module of this.layers()) {
        const result = module.forward(x);
        x = (module instanceof RecurrentBase ? (result as [Tensor])[0] : result) as Tensor;
      }
      return x instanceof Tensor ? x : asTensor(x);
    });
  }

  override streamLayers(): StreamLayer[] {
    return this.layers().flatMap((module, i) =>
      module.streamLayers().map((layer) => ('name' in layer ? { ...layer, name: `${i}.${layer.name}` } : layer)),
    );
  }
}

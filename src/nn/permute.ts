import type { StreamLayer } from '../stream/layer.js';
import { asTensor } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { OptionsModule } from './options-module.js';

/**
 * The dimensions in another order, as torchvision.ops.Permute: what makes a Conv1d [N, C, L] fit a recurrent layer [L, N, C]. A stream
 * passes its frames on as they are.
 */
export class Permute extends OptionsModule {
  static override readonly name: string = 'Permute';
  declare readonly dims: readonly number[];

  constructor(options: { dims: readonly number[] }) {
    super(options, ['dims'], {}, { dims: [Array.isArray, 'a list of dimensions'] });
  }
  /** Throws ValueError unless dims name each dimension once. */
  forward(input: TensorLike): Tensor {
    const x = asTensor(input);
    const out = x.permute(this.dims);
    if (x !== input) x.dispose();
    return out;
  }
  override streamLayers(): StreamLayer[] {
    return [];
  }
}

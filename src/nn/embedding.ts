import { DTypeError, ValueError } from '../errors.js';
import { embedding } from '../ops/embedding.js';
import type { StreamLayer } from '../stream/layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, normalParameter } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { OptionsModule } from './options-module.js';

export interface EmbeddingOptions {
  numEmbeddings: number;
  embeddingDim: number;
  /** This row starts as zeros and never gets a gradient; negative counts from the end. */
  paddingIdx?: number;
}

/** A table of vectors looked up by index, as torch.nn.Embedding. Parameter: weight [numEmbeddings, embeddingDim] from N(0, 1). */
export class Embedding extends OptionsModule {
  static override readonly name: string = 'Embedding';
  declare readonly numEmbeddings: number;
  declare readonly embeddingDim: number;
  declare readonly paddingIdx: number | undefined;
  weight: Tensor;

  constructor(options: EmbeddingOptions) {
    super(options, ['numEmbeddings', 'embeddingDim'], { paddingIdx: undefined }, { paddingIdx: 'any' });
    this.paddingIdx = this.readPadding(options.paddingIdx);
    this.weight = normalParameter([this.numEmbeddings, this.embeddingDim]);
    if (this.paddingIdx !== undefined) this.clearPadding(this.paddingIdx);
  }

  private readPadding(index: number | undefined): number | undefined {
    if (index === undefined) return undefined;
    const n = this.numEmbeddings;
    if (!Number.isInteger(index) || index < -n || index >= n) {
      throw new ValueError(`Embedding: paddingIdx is ${index}; expected an integer from ${-n} to ${n - 1}`);
    }
    return index < 0 ? index + n : index;
  }
  private clearPadding(row: number): void {
    const values = this.weight.data();
    values.fill(0, row * this.embeddingDim, (row + 1) * this.embeddingDim);
    this.weight.set(values);
  }

  /** Indices of any shape [...] -> [..., embeddingDim]. Throws ValueError for an index out of range. */
  forward(input: TensorLike): Tensor {
    this.checkLive('forward');
    const ids = asTensor(input, { dtype: 'int32' });
    if (ids.dtype !== 'int32') throw new DTypeError(`Embedding.forward: indices are ${ids.dtype}; expected int32`);
    const out = TensorBase.apply(embedding, [this.weight, ids], { paddingIdx: this.paddingIdx ?? -1 })[0];
    if (ids !== input) ids.dispose();
    return out;
  }

  override streamLayers(): StreamLayer[] {
    const { numEmbeddings, embeddingDim } = this;
    return [{ type: 'embedding', numEmbeddings, embeddingDim, weight: () => this.weight }];
  }
}

// What a module tells a stream about itself. Weights are asked for at every step, so that assigned and trained ones count.
import type { RecurrentKind } from '../ops/recurrent-layer.js';
import type { Tensor } from '../tensor/tensor.js';

export interface RecurrentStreamLayer {
  type: 'recurrent';
  /** Name of its state, unique in the stream. */
  name: string;
  kind: RecurrentKind;
  inputSize: number;
  hiddenSize: number;
  projSize: number;
  /** Weight i of WEIGHTS (ops/recurrent-layer.ts); null where absent. Called at every step: it allocates nothing. */
  weight(i: number): Tensor | null;
  /** The trained initial states of all layers, a row each, and which row is this layer's; null = zeros. */
  initial(part: 'h' | 'c'): Tensor | null;
  layer: number;
}
export interface LinearStreamLayer {
  type: 'linear';
  inFeatures: number;
  outFeatures: number;
  weight(): Tensor;
  bias(): Tensor | null;
}
export interface EmbeddingStreamLayer {
  type: 'embedding';
  numEmbeddings: number;
  embeddingDim: number;
  weight(): Tensor;
}
/** An elementwise function by its UNARY code. */
export interface UnaryStreamLayer {
  type: 'unary';
  op: number;
}
export type StreamLayer = RecurrentStreamLayer | LinearStreamLayer | EmbeddingStreamLayer | UnaryStreamLayer;

// What a module tells a stream about itself. Weights are asked for at every step, so that assigned and trained ones count.
import type { Block } from '../engine/memory.js';
import type { RecurrentKind } from '../ops/recurrent-layer.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Plan } from './plan.js';

export interface RecurrentStreamLayer {
  type: 'recurrent';
  /** Name of its state, unique in the stream. */
  name: string;
  kind: RecurrentKind;
  inputSize: number;
  hiddenSize: number;
  projSize: number;
  /** Weight i of W_ih, W_hh, b_ih, b_hh, W_hr; null where absent. Called at every step: it allocates nothing. */
  weight(i: number): Tensor | null;
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
/** Elementwise functions: write() puts them into the plan, from the block x to the one it returns, of the same width. */
export interface ElementwiseStreamLayer {
  type: 'elementwise';
  write(plan: Plan, x: Block, width: number): Block;
}
export type StreamLayer = RecurrentStreamLayer | LinearStreamLayer | EmbeddingStreamLayer | ElementwiseStreamLayer;

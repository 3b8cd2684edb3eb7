// What a module tells a stream about itself. Weights are asked for at every step, so that assigned and trained ones count.
import type { Ptr } from '../engine/kernels.js';
import type { Block } from '../engine/memory.js';
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
  /** One row of its state at the beginning, `size` numbers; undefined = zeros. */
  initial(part: string, size: number): Float32Array<ArrayBuffer> | undefined;
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
  write(plan: PlanBuilder, x: Block, width: number): Block;
}
/** What a layer that brings its own nodes asks of the plan. */
export interface PlanBuilder {
  /** Most rows that step together. */
  readonly batch: number;
  /** Adds a node of PLAN_OPS; returns its address. */
  node(op: number, args: readonly number[]): Ptr;
  /** Zeroed float32 that live as long as the plan. */
  floats(count: number, what: string): Block;
  /** Likewise, one of the stream's states: [batch, size]. */
  state(
    layer: { name: string; kind: string; initial?: RecurrentStreamLayer['initial'] },
    part: string,
    size: number,
  ): Block;
  /** A weight after whose change the refreshers run. */
  watch(read: () => Tensor | null): void;
  readonly refreshers: (() => void)[];
  /** Words that hold the number of rows times `each`. */
  readonly rowWords: { at: number; each: number }[];
}
/** Any other layer. */
export interface NodeStreamLayer {
  type: 'node';
  /** Name of its state, unique in the stream. */
  name: string;
  kind: string;
  inputSize: number;
  /** Adds nodes that read x [batch, inputSize]; returns what they write and its width. `layer` has the name the state gets. */
  build(plan: PlanBuilder, x: Block, layer: NodeStreamLayer): [Block, number];
}
export type StreamLayer =
  | RecurrentStreamLayer
  | LinearStreamLayer
  | EmbeddingStreamLayer
  | ElementwiseStreamLayer
  | NodeStreamLayer;

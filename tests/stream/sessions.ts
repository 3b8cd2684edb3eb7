// What the batcher's tests share.
import { Embedding, GRU, Linear, type Module, Sequential } from '../../src/index.js';
import { numbers } from '../assembly/float64.js';

export const words = () =>
  new Sequential(
    new Embedding({ numEmbeddings: 6, embeddingDim: 3 }),
    new GRU({ inputSize: 3, hiddenSize: 4 }),
    new Linear({ inFeatures: 4, outFeatures: 2 }),
  );
export const gru = () => new GRU({ inputSize: 3, hiddenSize: 4 });
export const x = (seed: number, size = 3) => numbers(size, seed + 1);

/** The outputs of a stream of its own. */
export function alone(model: Module, inputs: readonly ArrayLike<number>[]): number[][] {
  const stream = model.stream();
  const outputs = inputs.map((input) => [...stream.step(input as Float32Array)]);
  stream.dispose();
  return outputs;
}

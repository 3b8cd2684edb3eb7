// A character model: after each letter, how likely is each next one? 0 ends a name and begins the next.

import type { StepInfo } from 'gated';
import { Adam, crossEntropy, Embedding, fit, Linear, LSTM, manualSeed, Sequential } from 'gated';
import { paddedDataset } from 'gated/data';

export const LETTERS = 27;
const A = 'a'.charCodeAt(0) - 1;

export function encode(name: string): number[] {
  return Array.from(name, (letter) => letter.charCodeAt(0) - A);
}

/** Sequential, so that it can stream; its LSTM passes its output on and keeps its state to itself. */
export function createModel(): Sequential {
  return new Sequential(
    new Embedding({ numEmbeddings: LETTERS, embeddingDim: 16 }),
    new LSTM({ inputSize: 16, hiddenSize: 96, batchFirst: true }),
    new Linear({ inFeatures: 96, outFeatures: LETTERS }),
  );
}

export interface TrainOptions {
  epochs?: number;
  seed?: number;
  onStep?: (info: StepInfo) => void;
}

export async function train(names: readonly string[], { epochs = 30, seed = 0, onStep }: TrainOptions = {}) {
  manualSeed(seed);
  const model = createModel();
  // Rows of one length have no padding to compute, so names are sorted; paddedDataset fills up the rest and marks it as not to count.
  const examples = [...names]
    .sort((a, b) => a.length - b.length)
    .map((name) => ({ input: [0, ...encode(name)], target: [...encode(name), 0] }));
  const history = await fit(model, paddedDataset(examples, { batchSize: 16 }), {
    optimizer: new Adam(model.parameters(), { lr: 0.005 }),
    loss: (logits, target) => crossEntropy(logits.flatten(0, 1), target),
    epochs,
    shuffle: true,
    clipGradNorm: 1,
    schedule: (step, total) => 0.005 * (1 - step / total),
    onStep,
  });
  return { model, history };
}

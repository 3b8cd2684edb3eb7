import { Adam, crossEntropy, fit, manualSeed, setDeterministic } from 'gated';
import { greedy } from './decode.mjs';
import { Translator } from './model.mjs';
import { batches, SOURCE, TARGET } from './tokens.mjs';

const RATE = 0.005;

/** Trains a Translator on pairs { text, iso }. The same seed gives the same bits. */
export async function train(pairs, { epochs, seed = 1, batchSize = 64, signal, onStep, onEpoch } = {}) {
  setDeterministic(true);
  manualSeed(seed);
  const model = new Translator({ source: SOURCE.size, target: TARGET.size });
  const history = await fit(model, batches(pairs, { batchSize, seed }), {
    optimizer: new Adam(model.parameters(), { lr: RATE }),
    // A step of our own: fit cannot know that the decoder is given the date.
    step: ({ input, lengths, given, target }) => ({
      loss: crossEntropy(model.forward(input, lengths, given).flatten(0, 1), target),
    }),
    epochs,
    clipGradNorm: 1,
    schedule: (step, total) => RATE * Math.min(1, (step + 1) / 100, 2 * (1 - step / total)),
    yieldEvery: 20,
    signal,
    onStep,
    onEpoch: (info) => onEpoch?.(info, model),
  });
  return { model, history };
}

/** The share of pairs whose date is right in every character, and the pairs that are wrong with what was written. */
export function exact(model, pairs) {
  const wrong = [];
  for (let at = 0; at < pairs.length; at += 100) {
    const some = pairs.slice(at, at + 100);
    const written = greedy(
      model,
      some.map(({ text }) => text),
    );
    some.forEach((pair, i) => {
      if (written[i].iso !== pair.iso) wrong.push({ ...pair, written: written[i].iso });
    });
  }
  return { accuracy: 1 - wrong.length / pairs.length, wrong };
}

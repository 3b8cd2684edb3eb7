// Drawing the next character from logits, with gated's own softmax and generator: a seed gives the same text everywhere.
import { rand, tensor } from '../tensor/create.js';
import { noGrad } from '../tensor/grad-mode.js';
import { scope } from '../tensor/scope.js';

export interface SamplingOptions {
  /** Divides the logits: below 1 sharper, above 1 wilder, 0 always takes the likeliest. */
  temperature: number;
  /** Only the k likeliest; 0 = all. */
  topK: number;
}

/** The id drawn from softmax(logits / temperature), restricted to the topK likeliest. */
export function sample(logits: Float32Array, { temperature, topK }: SamplingOptions): number {
  if (temperature === 0) return logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
  const allowed = topK > 0 && topK < logits.length ? likeliest(logits, topK) : null;
  return noGrad(() =>
    scope(() => {
      const kept = allowed ? logits.map((x, id) => (allowed.has(id) ? x : Number.NEGATIVE_INFINITY)) : logits;
      const probabilities = tensor(kept).div(temperature).softmax(0).data() as Float32Array;
      let left = rand([1]).item();
      for (let id = 0; id < probabilities.length; id++) {
        left -= probabilities[id];
        if (left < 0 && probabilities[id] > 0) return id;
      }
      return probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
    }),
  );
}

function likeliest(logits: Float32Array, k: number): Set<number> {
  const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  return new Set(order.slice(0, k));
}

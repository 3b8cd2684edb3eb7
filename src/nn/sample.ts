// Drawing classes from logits.
import { ShapeError, ValueError } from '../errors.js';
import { formatShape } from '../shape.js';
import { asTensor, rand, tensor } from '../tensor/create.js';
import { noGrad } from '../tensor/grad-mode.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';

export interface SampleOptions {
  /** Divides the logits: below 1 sharper, above 1 wilder; 0 takes the likeliest and draws nothing. Default 1. */
  temperature?: number;
  /** Only classes as likely as the k-th likeliest. Default all. */
  topK?: number;
  /** Only the likeliest classes that together have this probability, above 0 to 1, counted among what topK leaves. Default 1. */
  topP?: number;
}

/**
 * An index drawn from softmax(logits / temperature), filtered by topK, then topP (the order of Hugging Face's transformers; of equals the
 * first counts as likelier). One number of the generator (manualSeed) a row; every runtime draws the same.
 *
 * @param logits [N, C] or [C], also -Infinity. @returns int32 [N], or a scalar.
 * @throws ShapeError; ValueError an option out of range, or a row of NaN or of nothing but -Infinity.
 */
export function sample(
  logits: TensorLike,
  { temperature = 1, topK = Number.POSITIVE_INFINITY, topP = 1 }: SampleOptions = {},
): Tensor {
  if (!(temperature >= 0))
    throw new ValueError(`sample: temperature is ${temperature}; expected a number of at least 0`);
  if (!(topK >= 1) || topK % 1) throw new ValueError(`sample: topK is ${topK}; expected an integer of at least 1`);
  if (!(topP > 0 && topP <= 1)) throw new ValueError(`sample: topP is ${topP}; expected a number above 0, at most 1`);
  return noGrad(() =>
    scope(() => {
      const x = asTensor(logits);
      const { shape } = x;
      const C = shape.at(-1);
      if (!C || shape.length > 2)
        throw new ShapeError(`sample: logits are ${formatShape(shape)}; expected [N, C] or [C]`);
      if (temperature === 0) return x.argmax(-1);
      const p = x.sub(x.max(-1, true)).div(temperature).softmax(-1).data() as Float32Array;
      const draws = rand([x.size / C]).data();
      const ids = Int32Array.from(draws, (u, n) => draw(p.subarray(n * C, (n + 1) * C), u, topK, topP, n));
      return tensor(ids, shape.slice(0, -1));
    }),
  );
}

/** The class at u (0 to 1) of the way through the classes that stay, likeliest first. */
function draw(p: Float32Array, u: number, topK: number, topP: number, row: number): number {
  const sum = (ids: number[]) => ids.reduce((total, id) => total + p[id], 0);
  const order = Array.from(p.keys()).sort((a, b) => p[b] - p[a] || a - b);
  const least = p[order[Math.min(topK, p.length) - 1]];
  const likely = order.filter((id) => p[id] >= least);
  const wanted = topP * sum(likely);
  if (!(wanted > 0)) throw new ValueError(`sample: row ${row} holds NaN, or no class is possible`);
  let before = 0;
  const kept = likely.filter((id) => {
    const stays = before < wanted;
    before += p[id];
    return stays;
  });
  let left = u * sum(kept);
  return kept.find((id) => (left -= p[id]) < 0) ?? kept[0];
}

// Attention: which of many vectors a query takes its answer from.
import { ShapeError, ValueError } from '../errors.js';
import { formatShape, sameShape } from '../shape.js';
import { asTensor, tensor, where } from '../tensor/create.js';
import { checkLengths } from '../tensor/packed-sequence.js';
import { scope } from '../tensor/scope.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { OptionsModule } from './options-module.js';

export interface AttentionOptions {
  /**
   * Broadcasts to [..., L, S]. int32 (or booleans): 1 takes part, 0 does not; float32 (also plain numbers): added to the scores.
   */
  attnMask?: TensorLike;
  /** Probability of dropping a weight, applied whenever above 0. Default 0. */
  dropoutP?: number;
  /** Query l sees keys 0 … l only. Not together with attnMask. Default false. */
  isCausal?: boolean;
  /** Default 1 / √E. */
  scale?: number;
}

/**
 * softmax(query·keyᵀ·scale + mask)·value, as torch.nn.functional.scaled_dot_product_attention (Vaswani et al. 2017):
 * query [..., L, E], key [..., S, E], value [..., S, Ev] -> [..., L, Ev]; leading dimensions broadcast. A query whose keys are all
 * masked gives zeros and gets no gradient, as in torch from 2.5 on (NaN before).
 *
 * @throws ShapeError; ValueError an option out of range, or attnMask with isCausal.
 */
export function scaledDotProductAttention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  { attnMask, dropoutP = 0, isCausal = false, scale }: AttentionOptions = {},
): Tensor {
  const name = 'scaledDotProductAttention';
  if (isCausal && attnMask !== undefined) throw new ValueError(`${name}: got attnMask and isCausal; expected one`);
  return scope(() => {
    const [q, k, v] = readInputs(name, query, key, value);
    const [L, E] = q.shape.slice(-2);
    const scores = q.mul(scale ?? 1 / Math.sqrt(E)).matmul(k.transpose(-2, -1));
    const mask = isCausal ? bits(L, k.shape.at(-2)!, (l, s) => s <= l) : attnMask;
    const weights = maskedSoftmax(name, scores, mask === undefined ? null : asTensor(mask));
    return new Dropout({ p: dropoutP }).forward(weights).matmul(v);
  });
}

function readInputs(name: string, ...given: [TensorLike, TensorLike, TensorLike]): Tensor[] {
  const inputs = given.map((x) => asTensor(x));
  const [q, k, v] = inputs.map(({ shape }) => shape);
  if (q.length < 2 || k.length < 2 || v.length < 2 || q.at(-1) !== k.at(-1) || k.at(-2) !== v.at(-2)) {
    throw new ShapeError(
      `${name}: query is ${formatShape(q)}, key ${formatShape(k)}, value ${formatShape(v)}; expected [..., L, E], [..., S, E], [..., S, Ev]`,
    );
  }
  return inputs;
}

/** Softmax over the last dimension of what the mask leaves; zeros where it leaves nothing, and no NaN in any gradient. */
function maskedSoftmax(name: string, scores: Tensor, mask: Tensor | null): Tensor {
  if (!mask || scores.size === 0) return scores.softmax(-1);
  const masked = mask.dtype === 'int32' ? where(mask, scores, Number.NEGATIVE_INFINITY) : scores.add(mask);
  if (!sameShape(masked.shape, scores.shape)) {
    throw new ShapeError(
      `${name}: mask is ${formatShape(mask.shape)}; expected to broadcast to ${formatShape(scores.shape)}`,
    );
  }
  const top = masked.max(-1, true);
  const some = tensor(
    Int32Array.from(top.data(), (x) => Number(x !== Number.NEGATIVE_INFINITY)),
    top.shape,
  );
  return where(some, where(some, masked, 0).softmax(-1), 0);
}

/** int32 [rows, columns] of 0 and 1. */
function bits(rows: number, columns: number, bit: (row: number, column: number) => boolean): Tensor {
  return tensor(
    Int32Array.from({ length: rows * columns }, (_, i) => Number(bit(Math.floor(i / columns), i % columns))),
    [rows, columns],
  );
}

/**
 * int32 [N, maxLen]: 1 in the first lengths[n] places of row n, 0 beyond: a mask of padding.
 * @param maxLen default: the longest. @throws ValueError a length that is no integer from 0 to maxLen.
 */
export function sequenceMask(lengths: ArrayLike<number> | Tensor, maxLen?: number): Tensor {
  const given = lengths instanceof Tensor ? lengths.data() : lengths;
  const longest = maxLen ?? Array.from(given).reduce((a, b) => Math.max(a, b), 0);
  const list = checkLengths(given, longest, given.length, 'sequenceMask', 0);
  return bits(list.length, longest, (n, s) => s < list[n]);
}

export interface AdditiveAttentionOptions {
  querySize: number;
  keySize: number;
  hiddenSize: number;
}

/**
 * Additive attention (Bahdanau, Cho, Bengio, ICLR 2015): weights = softmax over s of vᵀ·tanh(W_q·query + W_k·key_s + b),
 * context = Σ_s weights_s·value_s. Parameters: query.weight [H, querySize], key.weight [H, keySize], key.bias [H],
 * score.weight [1, H], each drawn as Linear draws it.
 */
export class AdditiveAttention extends OptionsModule {
  static override readonly name: string = 'AdditiveAttention';
  query: Linear;
  key: Linear;
  score: Linear;

  constructor(options: AdditiveAttentionOptions) {
    super(options, ['querySize', 'keySize', 'hiddenSize'], {});
    const { querySize, keySize, hiddenSize: outFeatures } = options;
    this.query = new Linear({ inFeatures: querySize, outFeatures, bias: false });
    this.key = new Linear({ inFeatures: keySize, outFeatures });
    this.score = new Linear({ inFeatures: outFeatures, outFeatures: 1, bias: false });
  }

  /**
   * query [N, L, querySize], or [N, querySize] for one decoder step; key [N, S, keySize]; value [N, S, V], default the keys.
   * @param options.lengths keys that count in each row; options.mask int32 [N, S] or [N, L, S], 1 takes part (float32 is added).
   * @returns [context [N, L, V], weights [N, L, S]], without L for one step. Zeros for a row without keys.
   */
  forward(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike = key,
    { mask, lengths }: { mask?: TensorLike; lengths?: ArrayLike<number> | Tensor } = {},
  ): [context: Tensor, weights: Tensor] {
    return scope(() => {
      const [q, k, v] = [query, key, value].map((x) => asTensor(x));
      const one = q.shape.length < k.shape.length;
      const queries = this.query.forward(one ? q.unsqueeze(-2) : q).unsqueeze(-2);
      const energies = queries.add(this.key.forward(k).unsqueeze(-3)).tanh();
      const scores = this.score.forward(energies).squeeze(-1);
      const rows = lengths ? sequenceMask(lengths, k.shape.at(-2)) : mask;
      const of = rows === undefined ? null : asTensor(rows, { dtype: 'int32' });
      const fitted = of && of.shape.length < scores.shape.length ? of.unsqueeze(-2) : of;
      const weights = maskedSoftmax('AdditiveAttention.forward', scores, fitted);
      const context = weights.matmul(v);
      return one ? [context.squeeze(-2), weights.squeeze(-2)] : [context, weights];
    });
  }
}

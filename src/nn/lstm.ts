import { ValueError } from '../errors.js';
import type { PackedSequence } from '../tensor/packed-sequence.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { RecurrentBase } from './recurrent.js';
import type { RecurrentOptions, SequenceOptions } from './recurrent-options.js';

export interface LSTMOptions extends RecurrentOptions {
  /** Size of a projection of the hidden state, less than hiddenSize; 0 = none. Default 0. */
  projSize?: number;
  /** true: the gates see the cell through diagonal weights (Gers & Schmidhuber 2000). Default false. */
  peepholes?: boolean;
}

/**
 * Long short-term memory, as torch.nn.LSTM:
 *
 *     i = σ(W_ii·x + b_ii + W_hi·h + b_hi)     input gate
 *     f = σ(W_if·x + b_if + W_hf·h + b_hf)     forget gate
 *     g = tanh(W_ig·x + b_ig + W_hg·h + b_hg)  candidate
 *     o = σ(W_io·x + b_io + W_ho·h + b_ho)     output gate
 *     c' = f ∘ c + i ∘ g
 *     h' = o ∘ tanh(c')                        with projSize: h' = W_hr·(o ∘ tanh(c'))
 *
 * Parameters: weight_ih_l{k} [4H, I or D·S], weight_hh_l{k} [4H, S], bias_ih_l{k}, bias_hh_l{k} [4H] (gates i, f, g, o),
 * weight_hr_l{k} [S, H] with projection, and …_reverse; S = projSize or H. With peepholes also weight_peephole_l{k} [3H], p_i, p_f, p_o:
 * p_i ∘ c is added inside σ of i, p_f ∘ c inside that of f, p_o ∘ c' inside that of o (not in PyTorch).
 */
export class LSTM extends RecurrentBase {
  static override readonly name: string = 'LSTM';
  constructor(options: LSTMOptions) {
    super('lstm', options, { projSize: 'count', peepholes: 'flag' });
  }

  /**
   * Runs the sequence.
   * @param input [L, N, I] ([N, L, I] with batchFirst), [L, I] unbatched, or a PackedSequence.
   * @param state [h0, c0], [numLayers·D, N, S] and [numLayers·D, N, H] (without N unbatched); null or undefined = zeros.
   * @returns [output [L, N, D·S] like the input, [hN, cN]: each row's own last states].
   * @throws ShapeError input or state do not fit; ValueError a length out of range.
   */
  forward<I extends TensorLike | PackedSequence>(
    input: I,
    state?: readonly [TensorLike | null | undefined, TensorLike | null | undefined] | null,
    options: SequenceOptions = {},
  ): [I extends PackedSequence ? PackedSequence : Tensor, [Tensor, Tensor]] {
    if (state && (!Array.isArray(state) || state.length !== 2)) {
      throw new ValueError('LSTM.forward: state is not a pair; expected [h0, c0]');
    }
    const { output, hN, cN } = this.run(input, [state?.[0], state?.[1]], options);
    return [output as I extends PackedSequence ? PackedSequence : Tensor, [hN, cN!]];
  }
}

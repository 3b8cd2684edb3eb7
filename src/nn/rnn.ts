import type { PackedSequence } from '../tensor/packed-sequence.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { RecurrentBase } from './recurrent.js';
import type { RecurrentOptions, SequenceOptions } from './recurrent-options.js';

export interface RNNOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  nonlinearity?: 'tanh' | 'relu';
}

/**
 * Elman's recurrent network, as torch.nn.RNN:
 *
 *     h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t-1} + b_hh)      or relu
 *
 * Parameters: weight_ih_l{k} [H, I or D·H], weight_hh_l{k} [H, H], bias_ih_l{k}, bias_hh_l{k} [H], and …_reverse.
 */
export class RNN extends RecurrentBase {
  static override readonly name: string = 'RNN';
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(options: RNNOptions) {
    const nonlinearity = options?.nonlinearity ?? 'tanh';
    super(nonlinearity === 'tanh' ? 'rnnTanh' : 'rnnRelu', options, { nonlinearity: ['tanh', 'relu'] });
    this.nonlinearity = nonlinearity;
  }

  /**
   * Runs the sequence.
   * @param input [L, N, I] ([N, L, I] with batchFirst), [L, I] unbatched, or a PackedSequence.
   * @param state h0 [numLayers·D, N, H] ([numLayers·D, H] unbatched); null or undefined = zeros.
   * @returns [output [L, N, D·H] like the input, hN like h0: each row's own last state].
   * @throws ShapeError input or state do not fit; ValueError a length out of range.
   */
  forward<I extends TensorLike | PackedSequence>(
    input: I,
    state?: TensorLike | null,
    options: SequenceOptions = {},
  ): [I extends PackedSequence ? PackedSequence : Tensor, Tensor] {
    const { output, hN } = this.run(input, [state, null], options);
    return [output as I extends PackedSequence ? PackedSequence : Tensor, hN];
  }
}

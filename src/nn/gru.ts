import type { PackedSequence } from '../tensor/packed-sequence.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { RecurrentBase } from './recurrent.js';
import type { RecurrentOptions, SequenceOptions } from './recurrent-options.js';

export interface GRUOptions extends RecurrentOptions {
  /**
   * true (PyTorch's form): the reset gate scales W_hn·h + b_hn. false (Cho et al. 2014; Keras' reset_after=False, ONNX's linear_before_reset=0):
   * it scales h before the product. Default true.
   */
  resetAfter?: boolean;
}

/**
 * Gated recurrent units, as torch.nn.GRU (the reset gate applied after the product):
 *
 *     r = σ(W_ir·x + b_ir + W_hr·h + b_hr)
 *     z = σ(W_iz·x + b_iz + W_hz·h + b_hz)
 *     n = tanh(W_in·x + b_in + r ∘ (W_hn·h + b_hn))  with resetAfter: false: n = tanh(W_in·x + b_in + W_hn·(r ∘ h) + b_hn)
 *     h' = (1 - z) ∘ n + z ∘ h
 *
 * Parameters: weight_ih_l{k} [3H, I or D·H], weight_hh_l{k} [3H, H], bias_ih_l{k}, bias_hh_l{k} [3H] (gates r, z, n), and …_reverse.
 */
export class GRU extends RecurrentBase {
  static override readonly name: string = 'GRU';
  readonly resetAfter: boolean;

  constructor(options: GRUOptions) {
    super(options?.resetAfter === false ? 'gruResetBefore' : 'gru', options, { resetAfter: 'flag' });
    this.resetAfter = options.resetAfter ?? true;
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

// The options that RNN, LSTM and GRU share, their checks and defaults.
import type { Tensor } from '../tensor/tensor.js';

export interface RecurrentOptions {
  /** Features of the input, I. */
  inputSize: number;
  /** Features of the hidden state, H. */
  hiddenSize: number;
  /** Layers stacked, each reading the output of the one below. Default 1. */
  numLayers?: number;
  /** Default true. */
  bias?: boolean;
  /** true: input and output are [N, L, …] instead of [L, N, …]. States are not affected. Default false. */
  batchFirst?: boolean;
  /** Probability of dropping each output of every layer but the last, while training. Default 0. */
  dropout?: number;
  /** Also run backwards in time; the outputs of both directions are concatenated. Default false. */
  bidirectional?: boolean;
  /** true: `dropout` draws one mask for all steps of a sequence (Gal & Ghahramani 2016; AWD-LSTM's LockedDropout). Default false. */
  lockedDropout?: boolean;
  /**
   * Probability of dropping each element of h before W_hh multiplies it, while training: one mask for all steps of a sequence (Gal &
   * Ghahramani 2016; Keras' recurrent_dropout). The h that a GRU carries over, and c, are never dropped. Default 0.
   */
  recurrentDropout?: number;
  /**
   * true: where forward() gets no state it begins with the parameters h_0 [numLayers·D, 1, S] and (LSTM) c_0 [numLayers·D, 1, H], zeros at
   * first, the same for each row; streams begin with them too. Default false.
   */
  trainableInitialState?: boolean;
}

export interface SequenceOptions {
  /** Steps of each row of a padded batch, 1 to L, in any order. Steps beyond are neither read nor counted, their output is 0. */
  lengths?: ArrayLike<number> | Tensor;
}

export const OPTIONS = {
  inputSize: 'size',
  hiddenSize: 'size',
  numLayers: 'size',
  bias: 'flag',
  batchFirst: 'flag',
  dropout: 'probability',
  bidirectional: 'flag',
  lockedDropout: 'flag',
  recurrentDropout: 'probability',
  trainableInitialState: 'flag',
} as const;
/** And of projSize and peepholes, which only LSTM takes. */
export const DEFAULTS = {
  inputSize: 0,
  hiddenSize: 0,
  numLayers: 1,
  bias: true,
  batchFirst: false,
  dropout: 0,
  bidirectional: false,
  projSize: 0,
  peepholes: false,
  lockedDropout: false,
  recurrentDropout: 0,
  trainableInitialState: false,
};

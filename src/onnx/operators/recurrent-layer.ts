// What recurrent.ts hands to the two that compute a direction.
import type { Call } from '../call.js';
import type { Value } from '../value.js';
import type { Activation } from './activations.js';

export type Kind = 'RNN' | 'LSTM' | 'GRU';
export const GATES: Record<Kind, number> = { RNN: 1, LSTM: 4, GRU: 3 };

/** A node's sizes and inputs. */
export interface Layer {
  readonly call: Call;
  readonly kind: Kind;
  /** Steps, rows of the batch, features, hidden size, directions. */
  readonly T: number;
  readonly N: number;
  readonly I: number;
  readonly H: number;
  readonly D: number;
  readonly W: Value;
  readonly R: Value;
  readonly B: Value | null;
  readonly P: Value | null;
  readonly clip: number;
  /** input_forget of LSTM, linear_before_reset of GRU. */
  readonly coupled: boolean;
  readonly resetAfter: boolean;
}

/** One direction: addresses of packed rows and states. */
export interface Direction {
  readonly d: number;
  readonly reverse: boolean;
  readonly activations: readonly Activation[];
  /** [rows, I] in packed order. */
  readonly x: number;
  /** [N, H]: initial states or 0 (zeros), and where the last ones go; sorted rows. */
  readonly h0: number;
  readonly c0: number;
  readonly hN: number;
  readonly cN: number;
  /** [rows, H]. */
  readonly output: number;
  readonly packing: Packing;
}

/** Which rows run at each step. Rewritten in each run where the lengths come with it. */
export interface Packing {
  rows: number;
  steps: number;
  /** int32 [steps], not increasing. */
  readonly batchSizes: number;
  /** The lengths come with a run. */
  readonly late: boolean;
}

// One time step of a recurrent layer, as torch.nn.RNNCell, LSTMCell and GRUCell.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { GATES, type RecurrentKind, recurrentLayer } from '../ops/recurrent-layer.js';
import { checkOptions } from '../options.js';
import { formatShape } from '../shape.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, tensor, uniformParameter } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { floatTensor } from './inputs.js';
import { Module } from './module.js';

export interface CellOptions {
  inputSize: number;
  hiddenSize: number;
  /** Default true. */
  bias?: boolean;
  /** true: where forward() gets no state it begins with the parameters h_0 and (LSTM) c_0 [1, H], zeros at first. Default false. */
  trainableInitialState?: boolean;
}

abstract class CellBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  weight_ih: Tensor;
  weight_hh: Tensor;
  bias_ih: Tensor | null;
  bias_hh: Tensor | null;
  declare weight_peephole?: Tensor;
  declare h_0?: Tensor;
  declare c_0?: Tensor;

  constructor(
    /** @internal */
    readonly kind: RecurrentKind,
    options: CellOptions & { peepholes?: boolean },
    ownOptions: Parameters<typeof checkOptions>[2] = {},
  ) {
    super();
    const where = new.target.name;
    checkOptions(
      where,
      options,
      {
        inputSize: 'size',
        hiddenSize: 'size',
        bias: 'flag',
        trainableInitialState: 'flag',
        ...ownOptions,
      },
      ['inputSize', 'hiddenSize'],
    );
    Object.defineProperty(this, 'kind', { enumerable: false });
    this.inputSize = options.inputSize;
    this.hiddenSize = options.hiddenSize;
    this.bias = options.bias ?? true;
    const bound = 1 / Math.sqrt(this.hiddenSize);
    const stacked = GATES[kind] * this.hiddenSize;
    this.weight_ih = uniformParameter([stacked, this.inputSize], bound);
    this.weight_hh = uniformParameter([stacked, this.hiddenSize], bound);
    this.bias_ih = this.bias ? uniformParameter([stacked], bound) : null;
    this.bias_hh = this.bias ? uniformParameter([stacked], bound) : null;
    if (options.peepholes) this.weight_peephole = uniformParameter([3 * this.hiddenSize], bound);
    if (!options.trainableInitialState) return;
    this.h_0 = uniformParameter([1, this.hiddenSize], 0);
    if (kind === 'lstm') this.c_0 = uniformParameter([1, this.hiddenSize], 0);
  }

  /** h' and, for an LSTM, c'. */
  protected step(input: TensorLike, h: TensorLike | null | undefined, c: TensorLike | null | undefined): Tensor[] {
    this.checkLive('forward');
    return scope(() => {
      const x = asTensor(input, { dtype: 'float32' });
      const where = `${this.constructor.name}.forward`;
      if (x.dtype !== 'float32') throw new DTypeError(`${where}: input is ${x.dtype}; expected float32`);
      if ((x.shape.length !== 1 && x.shape.length !== 2) || x.shape.at(-1) !== this.inputSize) {
        throw new ShapeError(
          `${where}: input is ${formatShape(x.shape)}; expected [batch, ${this.inputSize}] or [${this.inputSize}] (= inputSize)`,
        );
      }
      const batch = x.shape.length === 2 ? x.shape[0] : 1;
      const shape = [...x.shape.slice(0, -1), this.hiddenSize];
      const states = [
        [h, 'h', this.h_0],
        [c, 'c', this.c_0],
      ].map(([state, name, own]) => {
        const given =
          state ?? (own as Tensor | undefined)?.add(tensor(new Float32Array(batch), [batch, 1])).reshape(shape);
        return given
          ? floatTensor(given as TensorLike, shape, `${where}: ${name}`).reshape([1, batch, this.hiddenSize])
          : null;
      });
      return this.advance(x.reshape([batch, this.inputSize]), states, batch).map((state) => state.reshape(shape));
    });
  }

  /** The equations: rows [N, I], states [1, N, H] or null -> h' and, for an LSTM, c'. */
  protected advance(rows: Tensor, states: (Tensor | null)[], batch: number): Tensor[] {
    const attributes = {
      kind: this.kind,
      hiddenSize: this.hiddenSize,
      projSize: 0,
      directions: 1 as const,
      steps: 1,
      batch,
      batchSizes: null,
    };
    const weights = [this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh, null, this.weight_peephole ?? null];
    const [, hN, cN] = TensorBase.apply(recurrentLayer, [rows, ...states, null, ...weights], attributes);
    return cN ? [hN, cN] : [hN];
  }

  protected override extraRepr(): string {
    const bias = this.bias ? '' : ', bias: false';
    return `{ inputSize: ${this.inputSize}, hiddenSize: ${this.hiddenSize}${bias} }`;
  }
}

/**
 * h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu. Parameters: weight_ih [H, I], weight_hh [H, H], bias_ih, bias_hh [H].
 */
export class RNNCell extends CellBase {
  static override readonly name: string = 'RNNCell';
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(options: CellOptions & { nonlinearity?: 'tanh' | 'relu' }) {
    const nonlinearity = options?.nonlinearity ?? 'tanh';
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new ValueError(`RNNCell: nonlinearity is '${nonlinearity}'; expected 'tanh' or 'relu'`);
    }
    super(nonlinearity === 'tanh' ? 'rnnTanh' : 'rnnRelu', options, { nonlinearity: 'any' });
    this.nonlinearity = nonlinearity;
  }
  /** input [N, I] or [I], h [N, H] or [H] (absent = zeros) -> h' like h. Throws ShapeError. */
  forward(input: TensorLike, h?: TensorLike | null): Tensor {
    return this.step(input, h, null)[0];
  }
}

/** GRU's equations (see GRU) for one step. Parameters as RNNCell's with 3H rows (gates r, z, n). */
export class GRUCell extends CellBase {
  static override readonly name: string = 'GRUCell';
  constructor(options: CellOptions & { resetAfter?: boolean }) {
    super(options?.resetAfter === false ? 'gruResetBefore' : 'gru', options, { resetAfter: 'flag' });
  }
  /** input [N, I] or [I], h [N, H] or [H] (absent = zeros) -> h' like h. Throws ShapeError. */
  forward(input: TensorLike, h?: TensorLike | null): Tensor {
    return this.step(input, h, null)[0];
  }
}

/** LSTM's equations (see LSTM) for one step. Parameters as RNNCell's with 4H rows (gates i, f, g, o), and with peepholes weight_peephole [3H]. */
export class LSTMCell extends CellBase {
  static override readonly name: string = 'LSTMCell';
  constructor(options: CellOptions & { peepholes?: boolean });
  /** @internal */
  constructor(options: CellOptions, ownOptions?: Parameters<typeof checkOptions>[2]);
  constructor(options: CellOptions, ownOptions: Parameters<typeof checkOptions>[2] = { peepholes: 'flag' }) {
    super('lstm', options, ownOptions);
  }
  /** input [N, I] or [I], state [h, c] (absent = zeros) -> [h', c']. Throws ShapeError. */
  forward(
    input: TensorLike,
    state?: readonly [TensorLike | null | undefined, TensorLike | null | undefined] | null,
  ): [Tensor, Tensor] {
    if (state && (!Array.isArray(state) || state.length !== 2)) {
      throw new ValueError('LSTMCell.forward: state is not a pair; expected [h, c]');
    }
    return this.step(input, state?.[0], state?.[1]) as [Tensor, Tensor];
  }
}

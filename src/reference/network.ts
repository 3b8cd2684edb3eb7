// A whole RNN, LSTM or GRU in plain TypeScript, forward and backward.
import { ShapeError } from '../errors.js';
import { exact, fast } from './activations.js';
import { GATES, type LayerWeights, type ReferenceKind, ReferenceLayer } from './layer.js';
import type { Floats } from './product.js';
import { type PackedRows, packRows } from './rows.js';

export interface ReferenceOptions {
  kind: ReferenceKind;
  inputSize: number;
  hiddenSize: number;
  numLayers?: number;
  bias?: boolean;
  bidirectional?: boolean;
  nonlinearity?: 'tanh' | 'relu';
  projSize?: number;
  /** LSTM: weight_peephole_l{k} [3H]. Default false. */
  peepholes?: boolean;
  /** GRU: false = the reset gate scales h before the product. Default true. */
  resetAfter?: boolean;
  /** 'float64' (default): the oracle. 'float32': the pure-JavaScript opponent, with a fast tanh. */
  precision?: 'float64' | 'float32';
}

export interface ReferenceResult {
  /** [L, N, D·S]; zeros beyond a row's length. */
  output: Floats;
  /** [layers·D, N, S]. */
  hN: Floats;
  /** [layers·D, N, H]; empty but for LSTM. */
  cN: Floats;
}

export interface ReferenceGradients {
  input: Floats;
  h0: Floats;
  c0: Floats;
  /** By PyTorch's names. */
  parameters: Record<string, Floats>;
}

interface Sizes {
  L: number;
  N: number;
  lengths?: ArrayLike<number>;
}

/** What the last forward left for backward. */
interface Pass {
  sizes: Sizes;
  rows: PackedRows;
  layers: ReferenceLayer[];
  inputs: Floats[];
  h0: Floats[];
  c0: Floats[];
}

/**
 * torch.nn.RNN, LSTM or GRU on flat row-major arrays, input [L, N, I]. Equations: the documentation of gated's RNN, LSTM and GRU.
 *
 *     const net = new ReferenceNetwork({ kind: 'lstm', inputSize: 3, hiddenSize: 4 });
 *     net.setParameters({ weight_ih_l0: [...], ... });
 *     const { output, hN, cN } = net.forward(x, { L: 5, N: 2 });
 *     const gradients = net.backward({ output: dOutput });
 */
export class ReferenceNetwork {
  /** By PyTorch's names, zeros until set. */
  readonly parameters: Record<string, Floats> = {};
  private readonly options: Required<ReferenceOptions>;
  private readonly D: number;
  private readonly S: number;
  private readonly Store: Float32ArrayConstructor | Float64ArrayConstructor;
  private pass: Pass | null = null;

  constructor(options: ReferenceOptions) {
    this.options = {
      numLayers: 1,
      bias: true,
      bidirectional: false,
      nonlinearity: 'tanh',
      projSize: 0,
      peepholes: false,
      resetAfter: true,
      precision: 'float64',
      ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    } as Required<ReferenceOptions>;
    const { kind, hiddenSize: H, projSize, peepholes, numLayers, bias, precision } = this.options;
    this.Store = precision === 'float64' ? Float64Array : Float32Array;
    this.D = this.options.bidirectional ? 2 : 1;
    this.S = projSize || H;
    const width = GATES[kind] * H;
    for (let layer = 0; layer < numLayers; layer++) {
      for (let d = 0; d < this.D; d++) {
        const add = (name: string, size: number) => {
          this.parameters[`${name}_l${layer}${d ? '_reverse' : ''}`] = new this.Store(size);
        };
        add('weight_ih', width * this.inputSize(layer));
        add('weight_hh', width * this.S);
        if (bias) for (const name of ['bias_ih', 'bias_hh']) add(name, width);
        if (projSize) add('weight_hr', projSize * H);
        if (peepholes) add('weight_peephole', 3 * H);
      }
    }
  }

  /** Copies weights in; all names must be there. Throws ShapeError. */
  setParameters(values: Readonly<Record<string, ArrayLike<number>>>): void {
    for (const [name, own] of Object.entries(this.parameters)) {
      const value = values[name];
      if (!value || value.length !== own.length) {
        throw new ShapeError(`reference: ${name} has ${value?.length ?? 'no'} elements; expected ${own.length}`);
      }
      own.set(value);
    }
  }

  /** input [L, N, I]; h0 [layers·D, N, S], c0 [layers·D, N, H], absent = zeros. */
  forward(
    input: ArrayLike<number>,
    sizes: Sizes,
    state: { h0?: ArrayLike<number>; c0?: ArrayLike<number> } = {},
  ): ReferenceResult {
    const { numLayers, hiddenSize: H } = this.options;
    const { L, N } = sizes;
    const pass = this.begin(sizes, state);
    const { rows, layers, inputs } = pass;
    const out = {
      hN: this.make(numLayers * this.D * N * this.S),
      cN: this.make(this.lstm ? numLayers * this.D * N * H : 0),
    };
    let x = this.pack(input, rows, N, this.options.inputSize);
    for (let layer = 0; layer < numLayers; layer++) {
      inputs[layer] = x;
      for (let d = 0; d < this.D; d++) {
        const i = layer * this.D + d;
        layers[i].forward(x, this.weights(this.parameters, layer, d), pass.h0[i] ?? null, pass.c0[i] ?? null);
        this.unsort(layers[i].hN, rows, out.hN, i * N * this.S, this.S);
        if (this.lstm) this.unsort(layers[i].cN, rows, out.cN, i * N * H, H);
      }
      x = this.join(layers.slice(layer * this.D, (layer + 1) * this.D), rows.rows);
    }
    return { output: this.unpack(x, rows, L, N, this.D * this.S), ...out };
  }

  /**
   * Gradients of Σ output·dOutput + Σ hN·dhN + Σ cN·dcN for the last forward (which must be repeated before another backward).
   * inputGradient: false leaves the input's at zeros and saves its product, as a training step does.
   */
  backward(upstream: {
    output?: ArrayLike<number>;
    hN?: ArrayLike<number>;
    cN?: ArrayLike<number>;
    inputGradient?: boolean;
  }): ReferenceGradients {
    if (!this.pass) throw new ShapeError('reference: backward without a forward');
    const { sizes, rows, layers, inputs, h0, c0 } = this.pass;
    const { numLayers, hiddenSize: H, inputSize } = this.options;
    const { L, N } = sizes;
    const parameters: Record<string, Floats> = {};
    for (const [name, own] of Object.entries(this.parameters)) parameters[name] = this.make(own.length);
    const count = numLayers * this.D * N;
    const out = { h0: this.make(count * this.S), c0: this.make(this.lstm ? count * H : 0) };
    let dy: Floats | null = upstream.output ? this.pack(upstream.output, rows, N, this.D * this.S) : null;
    for (let layer = numLayers - 1; layer >= 0; layer--) {
      const dx = this.make(rows.rows * this.inputSize(layer));
      for (let d = 0; d < this.D; d++) {
        const i = layer * this.D + d;
        layers[i].backward(inputs[layer], this.weights(this.parameters, layer, d), this.weights(parameters, layer, d), {
          dOutput: dy ? this.part(dy, d, rows.rows) : null,
          dhN: upstream.hN ? this.sort(upstream.hN, rows, i * N * this.S, this.S) : null,
          dcN: upstream.cN ? this.sort(upstream.cN, rows, i * N * H, H) : null,
          h0: h0[i] ?? null,
          c0: c0[i] ?? null,
          dx: layer > 0 || upstream.inputGradient !== false ? dx : null,
          addDx: d === 1,
        });
        this.unsort(layers[i].dh0, rows, out.h0, i * N * this.S, this.S);
        if (this.lstm) this.unsort(layers[i].dc0, rows, out.c0, i * N * H, H);
      }
      dy = dx;
    }
    return { input: this.unpack(dy as Floats, rows, L, N, inputSize), ...out, parameters };
  }

  // ------------------------------------------------------------------------------------------------------------------

  private get lstm(): boolean {
    return this.options.kind === 'lstm';
  }
  private inputSize(layer: number): number {
    return layer === 0 ? this.options.inputSize : this.D * this.S;
  }
  private make(n: number): Floats {
    return new this.Store(n);
  }

  /** Buffers of the last call serve again where sizes are the same and no lengths are given. */
  private begin(sizes: Sizes, state: { h0?: ArrayLike<number>; c0?: ArrayLike<number> }): Pass {
    const { kind, nonlinearity, hiddenSize: H, projSize, numLayers, precision } = this.options;
    const { L, N, lengths } = sizes;
    const last = this.pass;
    const again = last && !lengths && !last.sizes.lengths && last.sizes.L === L && last.sizes.N === N;
    if (!again) {
      const rows = packRows(L, N, lengths);
      const layers: ReferenceLayer[] = [];
      for (let layer = 0; layer < numLayers; layer++) {
        for (let d = 0; d < this.D; d++) {
          const shape = {
            kind,
            relu: nonlinearity === 'relu',
            resetBefore: kind === 'gru' && !this.options.resetAfter,
            inputSize: this.inputSize(layer),
            H,
            projSize,
            reverse: d === 1,
          };
          layers.push(new ReferenceLayer(shape, rows, precision === 'float64' ? exact : fast, this.Store));
        }
      }
      this.pass = { sizes, rows, layers, inputs: [], h0: [], c0: [] };
    }
    const pass = this.pass as Pass;
    const parts = (x: ArrayLike<number> | undefined, size: number) =>
      x ? pass.layers.map((_, i) => this.sort(x, pass.rows, i * N * size, size)) : [];
    pass.h0 = parts(state.h0, this.S);
    pass.c0 = parts(state.c0, H);
    return pass;
  }

  private weights(from: Record<string, Floats>, layer: number, d: number): LayerWeights {
    const suffix = `l${layer}${d ? '_reverse' : ''}`;
    const width = GATES[this.options.kind] * this.options.hiddenSize;
    const bias = (name: string) => from[`${name}_${suffix}`] ?? this.make(width);
    return {
      ih: from[`weight_ih_${suffix}`],
      hh: from[`weight_hh_${suffix}`],
      hr: from[`weight_hr_${suffix}`] ?? this.make(0),
      peephole: from[`weight_peephole_${suffix}`] ?? this.make(0),
      bIh: bias('bias_ih'),
      bHh: bias('bias_hh'),
    };
  }

  /** [L, N, width] -> packed rows. */
  private pack(
    x: ArrayLike<number>,
    { order, batchSizes, starts, rows }: PackedRows,
    N: number,
    width: number,
  ): Floats {
    if (rows === batchSizes.length * N) {
      // Equally long rows are packed already.
      return x instanceof this.Store && x.length === rows * width
        ? x
        : this.Store.from(x as number[]).subarray(0, rows * width);
    }
    const out = this.make(rows * width);
    batchSizes.forEach((batch, t) => {
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < width; j++) out[(starts[t] + b) * width + j] = x[(t * N + order[b]) * width + j];
      }
    });
    return out;
  }

  private unpack(
    x: Floats,
    { order, batchSizes, starts, rows }: PackedRows,
    L: number,
    N: number,
    width: number,
  ): Floats {
    if (rows === L * N) return x;
    const out = this.make(L * N * width);
    batchSizes.forEach((batch, t) => {
      for (let b = 0; b < batch; b++) {
        const from = (starts[t] + b) * width;
        out.set(x.subarray(from, from + width), (t * N + order[b]) * width);
      }
    });
    return out;
  }

  private sort(x: ArrayLike<number>, { order }: PackedRows, at: number, width: number): Floats {
    const out = this.make(order.length * width);
    order.forEach((row, b) => {
      for (let j = 0; j < width; j++) out[b * width + j] = x[at + row * width + j];
    });
    return out;
  }

  private unsort(x: Floats, { order }: PackedRows, out: Floats, at: number, width: number): void {
    order.forEach((row, b) => {
      out.set(x.subarray(b * width, (b + 1) * width), at + row * width);
    });
  }

  /** Outputs of both directions side by side. */
  private join(layers: readonly ReferenceLayer[], rows: number): Floats {
    if (layers.length === 1) return layers[0].output;
    const { S } = this;
    const out = this.make(rows * 2 * S);
    for (let r = 0; r < rows; r++) {
      layers.forEach(({ output }, d) => {
        out.set(output.subarray(r * S, (r + 1) * S), (r * 2 + d) * S);
      });
    }
    return out;
  }

  /** Direction d's columns of [rows, D·S]. */
  private part(x: Floats, d: number, rows: number): Floats {
    if (this.D === 1) return x;
    const { S } = this;
    const out = this.make(rows * S);
    for (let r = 0; r < rows; r++) out.set(x.subarray((r * 2 + d) * S, (r * 2 + d + 1) * S), r * S);
    return out;
  }
}

// What RNN, LSTM and GRU share: parameters under PyTorch's names, checks, layers, directions, packing.
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import {
  GATES,
  type RecurrentAttributes,
  type RecurrentKind,
  recurrentLayer,
  WEIGHTS,
} from '../ops/recurrent-layer.js';
import { checkOptions } from '../options.js';
import { formatShape, type Shape } from '../shape.js';
import type { StreamLayer } from '../stream/layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, concat, tensor, uniformParameter } from '../tensor/create.js';
import { PackedSequence, packPaddedSequence, padPackedSequence, pick, repacked } from '../tensor/packed-sequence.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { dropout, dropoutMask, lockedDropout } from './dropout.js';
import { floatTensor } from './inputs.js';
import { Module } from './module.js';
import { DEFAULTS, OPTIONS, type RecurrentOptions, type SequenceOptions } from './recurrent-options.js';

/** A sequence as the layers see it, and what is needed to give it back in the caller's form. */
interface Sequence {
  /** Packed [rows, feature], or [steps, batch, feature]. */
  rows: Tensor;
  /** null: the whole batch at each step. */
  batchSizes: Int32Array | null;
  batch: number;
  steps: number;
  sortedIndices: Int32Array | null;
  unsortedIndices: Int32Array | null;
  batched: boolean;
  restore(rows: Tensor): Tensor | PackedSequence;
}

type WeightName = `${(typeof WEIGHTS)[number]}_${string}`;
const namesByLayer: WeightName[][] = [];

/** The names of a layer's weights forward and in reverse, made once: they cost more than a small layer. */
function weightNames(layer: number): readonly WeightName[] {
  return (namesByLayer[layer] ??= ['', '_reverse'].flatMap((direction) =>
    WEIGHTS.map((name) => `${name}_l${layer}${direction}` as const),
  ));
}

/** States of all layers and directions as the caller gave them: h0 [layers·D, N, S], c0 [layers·D, N, H] (LSTM). */
export type States = readonly [TensorLike | null | undefined, TensorLike | null | undefined];

export abstract class RecurrentBase extends Module {
  /** weight_ih_l0, weight_hh_l0, …_reverse and weight_hr_l0 as in PyTorch. */
  [weight: `weight_${string}`]: Tensor;
  /** bias_ih_l0, bias_hh_l0, …; absent without bias. */
  [bias: `bias_${string}`]: Tensor;
  /** With trainableInitialState. */
  declare h_0?: Tensor;
  declare c_0?: Tensor;
  declare readonly inputSize: number;
  declare readonly hiddenSize: number;
  declare readonly numLayers: number;
  declare readonly bias: boolean;
  declare readonly batchFirst: boolean;
  /** May be changed at any time, as the other probability and lockedDropout. */
  declare dropout: number;
  declare readonly bidirectional: boolean;
  declare readonly projSize: number;
  declare readonly peepholes: boolean;
  declare lockedDropout: boolean;
  declare recurrentDropout: number;
  declare readonly trainableInitialState: boolean;

  constructor(
    /** @internal */
    readonly kind: RecurrentKind,
    options: RecurrentOptions & { projSize?: number; peepholes?: boolean },
    ownOptions: Parameters<typeof checkOptions>[2] = {},
  ) {
    super();
    const where = new.target.name;
    checkOptions(where, options, { ...OPTIONS, ...ownOptions }, ['inputSize', 'hiddenSize']);
    for (const [name, value] of Object.entries(DEFAULTS)) {
      (this as Record<string, unknown>)[name] = options[name as keyof typeof DEFAULTS] ?? value;
    }
    if (this.projSize >= this.hiddenSize) {
      throw new ValueError(`${where}: projSize is ${this.projSize}; expected less than hiddenSize ${this.hiddenSize}`);
    }
    Object.defineProperty(this, 'kind', { enumerable: false });
    this.resetParameters();
  }

  /** Draws every parameter from U(-1/√H, 1/√H), as PyTorch does; initial states are zeros again. */
  resetParameters(): void {
    const { hiddenSize: H, projSize } = this;
    const count = this.numLayers * this.directions;
    const bound = 1 / Math.sqrt(H);
    const stacked = GATES[this.kind] * H;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const inputs = layer === 0 ? this.inputSize : this.outputSize;
      for (let d = 0; d < this.directions; d++) {
        const suffix = `l${layer}${d === 1 ? '_reverse' : ''}` as const;
        this.renew(`weight_ih_${suffix}`, [stacked, inputs], bound);
        this.renew(`weight_hh_${suffix}`, [stacked, projSize || H], bound);
        if (this.bias) this.renew(`bias_ih_${suffix}`, [stacked], bound);
        if (this.bias) this.renew(`bias_hh_${suffix}`, [stacked], bound);
        if (projSize > 0) this.renew(`weight_hr_${suffix}`, [projSize, H], bound);
        if (this.peepholes) this.renew(`weight_peephole_${suffix}`, [3 * H], bound);
      }
    }
    if (!this.trainableInitialState) return;
    this.renew('h_0', [count, 1, projSize || H], 0);
    if (this.kind === 'lstm') this.renew('c_0', [count, 1, H], 0);
  }
  private renew(name: `weight_${string}` | `bias_${string}` | 'h_0' | 'c_0', shape: Shape, bound: number): void {
    const fresh = uniformParameter(shape, bound);
    if (this[name]) {
      this[name].set(fresh);
      fresh.dispose();
    } else this[name] = fresh;
  }

  /** Features of one step of the output: D · (projSize or hiddenSize). */
  get outputSize(): number {
    return this.directions * (this.projSize || this.hiddenSize);
  }
  protected get directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  /** Runs all layers; the caller's scope takes the results. */
  protected run(
    input: TensorLike | PackedSequence,
    state: States,
    options: SequenceOptions,
  ): { output: Tensor | PackedSequence; hN: Tensor; cN: Tensor | null } {
    this.checkLive('forward');
    return scope(() => {
      const sequence = this.read(input, options);
      const [h0, c0] = this.readStates(state, sequence);
      let rows = sequence.rows;
      const hN: Tensor[] = [];
      const cN: Tensor[] = [];
      const batchSizes = sequence.batchSizes && tensor(sequence.batchSizes).operand('batch sizes');
      for (let layer = 0; layer < this.numLayers; layer++) {
        if (layer > 0 && this.training && this.dropout > 0) {
          rows = this.lockedDropout
            ? lockedDropout(rows, sequence.batchSizes, this.dropout)
            : dropout(rows, this.dropout);
        }
        const [output, h, c] = this.runLayer(layer, rows, this.stateOf(h0, layer), this.stateOf(c0, layer), {
          steps: sequence.steps,
          batch: sequence.batch,
          batchSizes,
        });
        rows = output;
        hN.push(h);
        if (c) cN.push(c);
      }
      return {
        output: sequence.restore(rows),
        hN: this.finalState(hN, sequence),
        cN: cN.length > 0 ? this.finalState(cN, sequence) : null,
      };
    });
  }

  private runLayer(
    layer: number,
    rows: Tensor,
    h0: Tensor | null,
    c0: Tensor | null,
    sequence: Pick<RecurrentAttributes, 'steps' | 'batch' | 'batchSizes'>,
  ): Tensor[] {
    const attributes = {
      kind: this.kind,
      hiddenSize: this.hiddenSize,
      projSize: this.projSize,
      directions: this.directions,
      ...sequence,
    };
    const p = this.training ? this.recurrentDropout : 0;
    const size = this.projSize || this.hiddenSize;
    const mask = p > 0 ? dropoutMask([this.directions, sequence.batch, size], p) : null;
    return this.applyLayer([rows, h0, c0, mask, ...this.layerWeights(layer)], attributes, layer);
  }
  /** @internal gradientFlow() puts a step-by-step form in its place while it runs. */
  applyLayer(inputs: readonly (Tensor | null)[], attributes: RecurrentAttributes, _layer: number): Tensor[] {
    return TensorBase.apply(recurrentLayer, inputs, attributes);
  }

  /** Per direction those of WEIGHTS; null where absent. */
  private layerWeights(layer: number): (Tensor | null)[] {
    const names = weightNames(layer);
    return names.slice(0, this.directions * WEIGHTS.length).map((name) => this[name] ?? null);
  }

  private stateOf(state: Tensor | null, layer: number): Tensor | null {
    if (!state || this.numLayers === 1) return state;
    return state.slice(0, layer * this.directions, (layer + 1) * this.directions);
  }

  private finalState(states: readonly Tensor[], { unsortedIndices, batched, batch }: Sequence): Tensor {
    const all = states.length === 1 ? states[0] : concat(states, 0);
    const ordered = unsortedIndices ? permuteBatch(all, unsortedIndices) : all;
    return batched ? ordered : ordered.reshape([ordered.shape[0], ordered.shape[2] * batch]);
  }

  // Reading input and states -----------------------------------------------------------------------------------------

  private read(input: TensorLike | PackedSequence, { lengths }: SequenceOptions): Sequence {
    if (input instanceof PackedSequence) {
      if (lengths) throw new ValueError(`${this.constructor.name}.forward: a PackedSequence has lengths of its own`);
      return this.readPacked(input, true, (rows) => repacked(input, rows));
    }
    const x = this.readPadded(input);
    const batched = x.shape.length === 3;
    const three = batched ? x : x.unsqueeze(this.batchFirst ? 0 : 1);
    return lengths ? this.readWithLengths(three, lengths, batched) : this.readUniform(three, batched);
  }

  private readPadded(input: TensorLike): Tensor {
    const where = `${this.constructor.name}.forward`;
    // A flat typed array is one sequence: its feature size is known.
    const flat = ArrayBuffer.isView(input) ? { shape: [Math.ceil(input.length / this.inputSize), this.inputSize] } : {};
    const x = asTensor(input, { ...flat, dtype: 'float32' });
    const { shape } = x;
    if (x.dtype !== 'float32') throw new DTypeError(`${where}: input is ${x.dtype}; expected float32`);
    const names =
      shape.length === 2
        ? '(seqLen, feature)'
        : this.batchFirst
          ? '(batch, seqLen, feature)'
          : '(seqLen, batch, feature)';
    if (shape.length !== 2 && shape.length !== 3) {
      throw new ShapeError(`${where}: input is ${formatShape(shape)}; expected rank 2 (unbatched) or 3 (batched)`);
    }
    if (shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `${where}: input is ${formatShape(shape)} ${names}; expected feature ${this.inputSize} (= inputSize)`,
      );
    }
    if (shape[shape.length === 3 && this.batchFirst ? 1 : 0] === 0) {
      throw new ShapeError(
        `${where}: input is ${formatShape(shape)} ${names}; expected a sequence of at least one step`,
      );
    }
    return x;
  }

  private readUniform(x: Tensor, batched: boolean): Sequence {
    const [L, N] = this.batchFirst ? [x.shape[1], x.shape[0]] : [x.shape[0], x.shape[1]];
    const timeMajor = this.batchFirst ? x.transpose(0, 1) : x;
    return {
      rows: timeMajor,
      batchSizes: null,
      batch: N,
      steps: L,
      sortedIndices: null,
      unsortedIndices: null,
      batched,
      restore: (rows) => {
        const ordered = this.batchFirst ? rows.transpose(0, 1) : rows;
        return batched ? ordered : ordered.reshape([L, rows.shape[2]]);
      },
    };
  }

  private readWithLengths(x: Tensor, lengths: ArrayLike<number> | Tensor, batched: boolean): Sequence {
    const { batchFirst } = this;
    const totalLength = x.shape[batchFirst ? 1 : 0];
    const packed = packPaddedSequence(x, lengths, { batchFirst, enforceSorted: false });
    return this.readPacked(packed, batched, (rows) => {
      const [output] = padPackedSequence(repacked(packed, rows), { batchFirst, totalLength });
      return batched ? output : output.reshape([totalLength, rows.shape[1]]);
    });
  }

  private readPacked(packed: PackedSequence, batched: boolean, restore: Sequence['restore']): Sequence {
    const { data, batchSizes, sortedIndices, unsortedIndices } = packed;
    const where = `${this.constructor.name}.forward`;
    if (data.shape.length !== 2 || data.shape[1] !== this.inputSize) {
      throw new ShapeError(
        `${where}: packed data is ${formatShape(data.shape)}; expected feature ${this.inputSize} (= inputSize)`,
      );
    }
    if (batchSizes.length === 0) throw new ShapeError(`${where}: packed sequence has no steps; expected at least one`);
    const batch = batchSizes[0];
    return {
      rows: data,
      batchSizes,
      batch,
      steps: batchSizes.length,
      sortedIndices,
      unsortedIndices,
      batched,
      restore,
    };
  }

  private readStates([h0, c0]: States, sequence: Sequence): [Tensor | null, Tensor | null] {
    return [
      this.readState(h0, 'h', this.projSize || this.hiddenSize, sequence),
      this.readState(c0, 'c', this.hiddenSize, sequence),
    ];
  }

  private readState(
    state: TensorLike | null | undefined,
    name: 'h' | 'c',
    size: number,
    sequence: Sequence,
  ): Tensor | null {
    const { batch } = sequence;
    const count = this.numLayers * this.directions;
    if (state === null || state === undefined) {
      const own = this[`${name}_0`];
      const rows = own?.add(tensor(new Float32Array(batch), [1, batch, 1]));
      return rows ? floatTensor(rows, [count, batch, size], `${this.constructor.name}.forward: ${name}_0`) : null;
    }
    const expected = sequence.batched ? [count, batch, size] : [count, size];
    const names = sequence.batched ? '(numLayers · directions, batch, size)' : '(numLayers · directions, size)';
    const given = floatTensor(state, expected, `${this.constructor.name}.forward: ${name}0`, names);
    const three = sequence.batched ? given : given.reshape([count, 1, size]);
    return sequence.sortedIndices ? permuteBatch(three, sequence.sortedIndices) : three;
  }

  override streamLayers(): StreamLayer[] {
    if (this.bidirectional) {
      throw new ValueError(
        `${this.constructor.name}.stream: a bidirectional layer needs the whole sequence; it cannot run step by step`,
      );
    }
    return Array.from({ length: this.numLayers }, (_, layer) => ({
      type: 'recurrent' as const,
      name: `l${layer}`,
      kind: this.kind,
      inputSize: layer === 0 ? this.inputSize : this.outputSize,
      hiddenSize: this.hiddenSize,
      projSize: this.projSize,
      weight: this.weightByPosition(layer),
      initial: (part, size) =>
        (this as unknown as Record<string, Tensor | undefined>)[`${part}_0`]
          ?.data()
          .slice(layer * size, (layer + 1) * size) as Float32Array<ArrayBuffer> | undefined,
    }));
  }

  /** Looks a weight of a layer up by its position in layerWeights, without building a name or a list. */
  private weightByPosition(layer: number): (i: number) => Tensor | null {
    const names = weightNames(layer);
    return (i) => this[names[i]] ?? null;
  }

  protected override extraRepr(): string {
    const shown = Object.entries(DEFAULTS).filter(([name, value]) => this[name as keyof typeof DEFAULTS] !== value);
    return `{ ${shown.map(([name]) => `${name}: ${this[name as keyof typeof DEFAULTS]}`).join(', ')} }`;
  }
}

/** x [count, N, size] with its batch in the given order. */
function permuteBatch(x: Tensor, order: Int32Array): Tensor {
  const [count, N] = x.shape;
  const index = new Int32Array(count * N);
  for (let i = 0; i < index.length; i++) index[i] = i - (i % N) + order[i % N];
  return pick(x, index, x.shape);
}

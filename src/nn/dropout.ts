import { dropout as dropoutOp } from '../ops/dropout.js';
import { checkOptions } from '../options.js';
import { type Shape, sizeOf } from '../shape.js';
import type { StreamLayer } from '../stream/layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, tensor } from '../tensor/create.js';
import { PackedSequence, pick, repacked } from '../tensor/packed-sequence.js';
import { draw } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { Module } from './module.js';
import { OptionsModule } from './options-module.js';

/** x with each element zeroed with probability p and the others scaled by 1 / (1 - p). */
export function dropout(x: Tensor, p: number): Tensor {
  return TensorBase.apply(dropoutOp, [x], { p, random: draw(x.size) })[0];
}

/** What dropout multiplies by: zeros with probability p, else 1 / (1 - p). */
export function dropoutMask(shape: Shape, p: number): Tensor {
  return dropout(tensor(new Float32Array(sizeOf(shape)).fill(1), shape), p);
}

/** Packed rows, or without batchSizes [steps, batch, …], with one mask for all steps of a sequence. The caller's scope takes what it makes. */
export function lockedDropout(rows: Tensor, batchSizes: Int32Array | null, p: number): Tensor {
  if (!batchSizes) return rows.mul(dropoutMask(rows.shape.slice(1), p));
  const mask = dropoutMask([batchSizes[0] ?? 0, ...rows.shape.slice(1)], p);
  const positions = Array.from(batchSizes).flatMap((size) => Array.from({ length: size }, (_, i) => i));
  return rows.mul(pick(mask, Int32Array.from(positions), rows.shape));
}

/** Drops elements while training, passes its input on in eval mode (torch.nn.Dropout). */
export class Dropout extends Module {
  static override readonly name: string = 'Dropout';
  /** Probability of dropping an element, 0 to 1; may be changed at any time. Default 0.5. */
  p: number;

  constructor(options: { p?: number } = {}) {
    super();
    checkOptions('Dropout', options, { p: 'probability' });
    this.p = options.p ?? 0.5;
  }

  /** A tensor of the input's shape. */
  forward(input: TensorLike): Tensor {
    const x = asTensor(input);
    if (!this.training || this.p === 0) return x;
    const out = dropout(x, this.p);
    if (x !== input) x.dispose();
    return out;
  }

  override streamLayers(): StreamLayer[] {
    return [];
  }
  protected override extraRepr(): string {
    return `{ p: ${this.p} }`;
  }
}

/**
 * Dropout with one mask for all time steps of a sequence (Gal & Ghahramani 2016; LockedDropout of the AWD-LSTM, Merity et al. 2018), drawn anew
 * at every call while training. Not in PyTorch.
 */
export class LockedDropout extends OptionsModule {
  static override readonly name: string = 'LockedDropout';
  /** May be changed at any time. */
  declare p: number;
  declare readonly batchFirst: boolean;

  /** p: probability of dropping an element, 0 to 1, default 0.5; batchFirst: default false. Throws ValueError. */
  constructor(options: { p?: number; batchFirst?: boolean } = {}) {
    super(options, [], { p: 0.5, batchFirst: false }, { p: 'probability' });
  }

  /** [L, N, F] ([N, L, F] with batchFirst), [L, F] unbatched, or a PackedSequence -> the same. */
  forward<I extends TensorLike | PackedSequence>(input: I): I extends PackedSequence ? PackedSequence : Tensor;
  forward(input: TensorLike | PackedSequence): Tensor | PackedSequence {
    return scope(() => {
      const on = this.training && this.p > 0;
      if (input instanceof PackedSequence) {
        return on ? repacked(input, lockedDropout(input.data, input.batchSizes, this.p)) : input;
      }
      const x = asTensor(input);
      if (!on) return x;
      const time = this.batchFirst && x.shape.length > 2 ? 1 : 0;
      const shape = x.shape.map((n, d) => (d === time ? 1 : n));
      return x.mul(dropoutMask(shape, this.p));
    });
  }

  override streamLayers(): StreamLayer[] {
    return [];
  }
}

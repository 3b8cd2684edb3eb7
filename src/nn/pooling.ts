// Pooling over time: each output is the mean or maximum of the steps its window lists.
import { ShapeError, ValueError } from '../errors.js';
import { pickRows } from '../ops/rows.js';
import { formatShape } from '../shape.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, tensor } from '../tensor/create.js';
import { checkLengths, PackedSequence, padPackedSequence } from '../tensor/packed-sequence.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { OptionsModule } from './options-module.js';

/**
 * The rows of x that each window names, reduced: sums over divisors, or without divisors maxima (the gradient goes to the first).
 * A shorter window is filled up with zeros, or for the maximum with its last row.
 */
function pool(x: Tensor, windows: readonly number[][], divisors?: readonly number[]): Tensor {
  const count = windows.length;
  const taps = windows.reduce((most, { length }) => Math.max(most, length), 1);
  const index = Int32Array.from({ length: taps * count }, (_, i) => {
    const window = windows[i % count];
    return window[Math.floor(i / count)] ?? (divisors ? -1 : window.at(-1));
  });
  const rest = x.shape.slice(1);
  const picked = TensorBase.apply(pickRows, [x, tensor(index)], { shape: [taps, count, ...rest] })[0];
  return divisors ? picked.sum(0).div(tensor(divisors, [count, ...rest.map(() => 1)])) : picked.max(0);
}

const range = (start: number, end: number, step = 1) =>
  Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);

interface WindowOptions {
  kernelSize: number;
  /** Default kernelSize. */
  stride?: number;
  /** Steps added at both ends, at most half of kernelSize; they are zeros of a mean and never a maximum. Default 0. */
  padding?: number;
  /** Whether a last window may begin inside the input and reach beyond it. Default false. */
  ceilMode?: boolean;
}
export interface MaxPool1dOptions extends WindowOptions {
  /** Steps between the elements of a window. Default 1. */
  dilation?: number;
}
export interface AvgPool1dOptions extends WindowOptions {
  /** Whether padding counts in the divisor. Default true. */
  countIncludePad?: boolean;
}

abstract class PoolBase extends OptionsModule {
  declare readonly padding?: number;
  declare readonly countIncludePad?: boolean;
  /** @internal The steps of every window over L steps, padding included. */
  abstract windows(L: number): number[][];
  protected get mean(): boolean {
    return false;
  }

  /** [N, C, L] -> [N, C, windows], or both without N. Throws ShapeError. */
  forward(input: TensorLike): Tensor {
    return this.overChannels(input, 'channels', (x) => {
      const L = x.shape[2];
      const windows = this.windows(L);
      const within = (margin: number) => windows.map((w) => w.filter((t) => t >= -margin && t < L + margin));
      const inside = within(0);
      if (!inside.length || !inside.every((w) => w.length)) this.refuse(x, 'more steps');
      const counted = this.mean ? within(this.countIncludePad ? this.padding! : 0).map((w) => w.length) : undefined;
      return pool(x.permute([2, 0, 1]), inside, counted).permute([1, 2, 0]);
    });
  }
}

abstract class WindowPool extends PoolBase {
  declare readonly kernelSize: number;
  declare readonly stride: number;
  declare readonly padding: number;
  declare readonly dilation?: number;
  declare readonly ceilMode: boolean;

  constructor(options: WindowOptions, defaults: object) {
    super(options, ['kernelSize'], { stride: options?.kernelSize, padding: 0, ceilMode: false, ...defaults });
    if (this.padding > this.kernelSize / 2) {
      throw new ValueError(`${new.target.name}: padding is ${this.padding}; expected at most half of kernelSize`);
    }
  }

  /** @internal */
  override windows(L: number): number[][] {
    const { kernelSize, stride, padding, dilation = 1, ceilMode } = this;
    const last = L + padding - dilation * (kernelSize - 1);
    // With ceilMode a window may end behind the padding, but must begin inside the input.
    const end = ceilMode ? Math.min(last + stride - 1, L) : last;
    return range(-padding, end, stride).map((start) => range(start, start + kernelSize * dilation, dilation));
  }
}

/** The maximum of every window of kernelSize steps, as torch.nn.MaxPool1d; NaN counts as the maximum. */
export class MaxPool1d extends WindowPool {
  static override readonly name: string = 'MaxPool1d';
  constructor(options: MaxPool1dOptions) {
    super(options, { dilation: 1 });
  }
}

/** The mean of every window of kernelSize steps, as torch.nn.AvgPool1d. */
export class AvgPool1d extends WindowPool {
  static override readonly name: string = 'AvgPool1d';
  constructor(options: AvgPool1dOptions) {
    super(options, { countIncludePad: true });
  }
  protected override get mean(): boolean {
    return true;
  }
}

/** The maximum of each of outputSize parts ⌊i · L / n⌋ to ⌈(i + 1) · L / n⌉ - 1, as torch.nn.AdaptiveMaxPool1d. */
export class AdaptiveMaxPool1d extends PoolBase {
  static override readonly name: string = 'AdaptiveMaxPool1d';
  declare readonly outputSize: number;
  constructor(options: { outputSize: number }) {
    super(options, ['outputSize'], {});
  }
  /** @internal */
  override windows(L: number): number[][] {
    const n = this.outputSize;
    return range(0, n).map((i) => range(Math.floor((i * L) / n), Math.ceil(((i + 1) * L) / n)));
  }
}
/** Likewise the mean, as torch.nn.AdaptiveAvgPool1d. */
export class AdaptiveAvgPool1d extends AdaptiveMaxPool1d {
  static override readonly name: string = 'AdaptiveAvgPool1d';
  protected override get mean(): boolean {
    return true;
  }
}

export interface PoolOverTimeOptions {
  /** Steps of each row that count, 1 to L; default all L. A PackedSequence has its own. */
  lengths?: ArrayLike<number> | Tensor;
  /** true: input is [N, L, H] instead of [L, N, H]. Default false. */
  batchFirst?: boolean;
}

function poolOverTime(
  where: string,
  input: TensorLike | PackedSequence,
  { lengths, batchFirst = false }: PoolOverTimeOptions,
  mean: boolean,
): Tensor {
  return scope(() => {
    const [x, given] =
      input instanceof PackedSequence ? padPackedSequence(input, { batchFirst }) : [asTensor(input), lengths];
    const [N, L] = batchFirst ? x.shape : [x.shape[1], x.shape[0]];
    if (x.shape.length !== 3) {
      throw new ShapeError(`${where}: input is ${formatShape(x.shape)}; expected rank 3`);
    }
    const counts = [...checkLengths(given ?? new Array(N).fill(L), L, N, where)];
    const windows = counts.map((n, row) => range(0, n).map((t) => (batchFirst ? row * L + t : t * N + row)));
    return pool(x.reshape([N * L, x.shape[2]]), windows, mean ? counts : undefined);
  });
}

/**
 * The mean over each row's own steps: [L, N, H] -> [N, H]. Steps beyond a row's length are not read and get no gradient.
 * @throws ShapeError; ValueError a length out of range.
 */
export function meanOverTime(input: TensorLike | PackedSequence, options: PoolOverTimeOptions = {}): Tensor {
  return poolOverTime('meanOverTime', input, options, true);
}
/** Likewise the maximum over each row's own steps ("max-over-time pooling", Collobert et al. 2011). */
export function maxOverTime(input: TensorLike | PackedSequence, options: PoolOverTimeOptions = {}): Tensor {
  return poolOverTime('maxOverTime', input, options, false);
}

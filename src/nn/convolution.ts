// Convolutions over time as torch.nn.Conv1d and ConvTranspose1d.
import { UnsupportedError, ValueError } from '../errors.js';
import { convolution, transposedConvolution } from '../ops/convolution.js';
import type { Check } from '../options.js';
import { convolutionNode } from '../stream/convolution-node.js';
import type { StreamLayer } from '../stream/layer.js';
import { TensorBase } from '../tensor/base.js';
import { concat, tensor, uniformParameter, zeros } from '../tensor/create.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { OptionsModule } from './options-module.js';

interface ConvolutionOptions {
  inChannels: number;
  outChannels: number;
  /** Taps of the filter, k. */
  kernelSize: number;
  /** Default 1. */
  stride?: number;
  /** Steps between taps. Default 1. */
  dilation?: number;
  /** Channels are split into so many groups that do not mix; inChannels: depthwise. Default 1. */
  groups?: number;
  /** Default true. */
  bias?: boolean;
}

export interface Conv1dOptions extends ConvolutionOptions {
  /**
   * Steps added at both ends. 'same': as many as keep the length (stride 1); 'valid': none; 'causal', which PyTorch lacks:
   * (kernelSize - 1) · dilation in front, so that no output sees a later input. Default 0.
   */
  padding?: number | 'same' | 'valid' | 'causal';
  /** What is added: zeros, or the input mirrored, its end repeated, its other end. Default 'zeros'. */
  paddingMode?: PaddingMode;
}
type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

export interface ConvTranspose1dOptions extends ConvolutionOptions {
  /** Steps cut off at both ends. Default 0. */
  padding?: number;
  /** Steps added at the end, fewer than stride or dilation. Default 0. */
  outputPadding?: number;
}

abstract class ConvolutionBase extends OptionsModule {
  declare readonly inChannels: number;
  declare readonly outChannels: number;
  declare readonly kernelSize: number;
  declare readonly stride: number;
  declare readonly dilation: number;
  declare readonly groups: number;
  weight: Tensor;
  bias: Tensor | null;

  constructor(options: ConvolutionOptions, transposed: boolean, defaults: object, rules?: Record<string, Check>) {
    const usual = { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, ...defaults };
    super(options, ['inChannels', 'outChannels', 'kernelSize'], usual, rules);
    const { inChannels, outChannels, kernelSize, groups } = this;
    if (inChannels % groups || outChannels % groups) {
      throw new ValueError(
        `${new.target.name}: groups is ${groups}; expected a divisor of inChannels ${inChannels} and outChannels ${outChannels}`,
      );
    }
    const [rows, columns] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    const shape = [rows, columns / groups, kernelSize];
    const bound = 1 / Math.sqrt(shape[1] * kernelSize);
    this.weight = uniformParameter(shape, bound);
    this.bias = options.bias === false ? null : uniformParameter([outChannels], bound);
  }

  /** @internal Steps from the first tap to the last. */
  get span(): number {
    return this.dilation * (this.kernelSize - 1);
  }

  protected convolve(op: typeof convolution, x: Tensor, steps: number): Tensor {
    const { stride, dilation, groups, kernelSize: taps, outChannels } = this;
    const shape = [outChannels, steps] as const;
    const y = TensorBase.apply(op, [x, this.weight], { stride, dilation, groups, taps, shape })[0];
    return this.bias ? y.add(this.bias.reshape([outChannels, 1])) : y;
  }
}

/**
 * y[n, o, t] = bias[o] + Σ weight[o, c, j] · x[n, c, t · stride + j · dilation] over the channels c of o's group and taps j, x padded; as
 * torch.nn.Conv1d. Parameters: weight [outChannels, inChannels / groups, kernelSize], bias [outChannels], both from
 * U(-1/√f, 1/√f) with f = inChannels / groups · kernelSize. With padding 'causal' and stride 1 a stream runs it frame by frame.
 */
export class Conv1d extends ConvolutionBase {
  static override readonly name: string = 'Conv1d';
  declare readonly padding: number | 'same' | 'valid' | 'causal';
  declare readonly paddingMode: PaddingMode;

  constructor(options: Conv1dOptions) {
    super(options, false, { paddingMode: 'zeros' }, { padding: PADDING, paddingMode: PADDING_MODES });
    if (this.padding === 'same' && this.stride !== 1) {
      throw new ValueError(`Conv1d: stride is ${this.stride}; expected 1 with padding 'same'`);
    }
  }

  /** [N, C, L] -> [N, outChannels, ⌊(L + padding - dilation · (kernelSize - 1) - 1) / stride⌋ + 1], or both without N. Throws ShapeError. */
  forward(input: TensorLike): Tensor {
    const { span } = this;
    return this.overChannels(input, 'inChannels', (x) => {
      const padded = this.pad(x);
      const rest = padded.shape[2] - span - 1;
      if (rest < 0) this.refuse(x, `${span + 1} steps or more with padding`);
      return this.convolve(convolution, padded, Math.floor(rest / this.stride) + 1);
    });
  }

  /** @internal Steps added in front and behind. */
  ends(): [number, number] {
    const { padding, span } = this;
    if (typeof padding === 'number') return [padding, padding];
    const front = { same: span >> 1, valid: 0, causal: span }[padding];
    return [front, padding === 'same' ? span - front : 0];
  }

  private pad(x: Tensor): Tensor {
    const [front, behind] = this.ends();
    const [N, C, L] = x.shape;
    const mode = this.paddingMode;
    if (!front && !behind) return x;
    if (mode === 'zeros') return concat([zeros([N, C, front]), x, zeros([N, C, behind])], 2);
    const most = { reflect: L - 1, circular: L, replicate: L && Infinity }[mode];
    if (Math.max(front, behind) > most) this.refuse(x, `more steps than mode '${mode}' adds`);
    const length = front + L + behind;
    const source = (at: number) =>
      ({
        reflect: L - 1 - Math.abs(L - 1 - Math.abs(at)),
        circular: (at + L) % L,
        replicate: Math.min(Math.max(at, 0), L - 1),
      })[mode];
    const index = Int32Array.from({ length: N * C * length }, (_, i) => source((i % length) - front));
    return x.gather(2, tensor(index, [N, C, length]));
  }

  override streamLayers(): StreamLayer[] {
    const [front, behind] = this.ends();
    const { stride, padding, paddingMode } = this;
    if (front !== this.span || behind || stride > 1 || (front && paddingMode !== 'zeros')) {
      throw new UnsupportedError(
        `Conv1d.stream: padding is ${padding} (${paddingMode}), stride ${stride}; expected causal (zeros), 1: others wait for steps or skip some`,
      );
    }
    return [convolutionNode(this)];
  }
}

/**
 * The gradient of Conv1d with respect to its input, as a layer (torch.nn.ConvTranspose1d): every input step adds
 * weight · x to kernelSize output steps. Parameters: weight [inChannels, outChannels / groups, kernelSize], bias
 * [outChannels], both from U(-1/√f, 1/√f) with f = outChannels / groups · kernelSize.
 */
export class ConvTranspose1d extends ConvolutionBase {
  static override readonly name: string = 'ConvTranspose1d';
  declare readonly padding: number;
  declare readonly outputPadding: number;

  constructor(options: ConvTranspose1dOptions) {
    super(options, true, { outputPadding: 0 });
    const { outputPadding, stride, dilation } = this;
    if (outputPadding >= Math.max(stride, dilation)) {
      throw new ValueError(`ConvTranspose1d: outputPadding is ${outputPadding}; expected less than stride or dilation`);
    }
  }

  /** [N, C, L] -> [N, outChannels, (L - 1) · stride - 2 · padding + dilation · (kernelSize - 1) + outputPadding + 1]. Throws ShapeError. */
  forward(input: TensorLike): Tensor {
    const { padding, span, outputPadding, stride } = this;
    return this.overChannels(input, 'inChannels', (x) => {
      const L = x.shape[2];
      const full = (L - 1) * stride + span + outputPadding + 1;
      if (L === 0 || full <= 2 * padding) this.refuse(x, `more steps than padding cuts off`);
      const y = this.convolve(transposedConvolution, x, full);
      return padding ? y.slice(2, padding, full - padding) : y;
    });
  }
}

const PADDING_MODES = ['zeros', 'reflect', 'replicate', 'circular'];
const PADDING = [
  (x: unknown) => ['same', 'valid', 'causal'].includes(x as string) || (Number.isInteger(x) && (x as number) >= 0),
  "an integer of at least 0, 'same', 'valid' or 'causal'",
] as const;

import { f32 } from '../engine/memory.js';
import { UnsupportedError, ValueError } from '../errors.js';
import { normalize } from '../ops/normalize.js';
import type { Operand } from '../ops/op.js';
import { between } from '../options.js';
import type { StreamLayer } from '../stream/layer.js';
import { normalizeLayer } from '../stream/normalize-layer.js';
import { TensorBase } from '../tensor/base.js';
import { asTensor, constantParameter, full, tensor } from '../tensor/create.js';
import { noGrad } from '../tensor/grad-mode.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { EPS, OptionsModule } from './options-module.js';

export interface BatchNorm1dOptions {
  /** Channels, C. */
  numFeatures: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Share of a new batch in the running statistics; null: all batches count alike. Default 0.1. */
  momentum?: number | null;
  /** Whether there are weight and bias. Default true. */
  affine?: boolean;
  /** false: there are no running statistics, eval mode uses the batch's. Default true. */
  trackRunningStats?: boolean;
}

/**
 * y = (x - mean) / √(variance + eps) · weight + bias for every channel, as torch.nn.BatchNorm1d (Ioffe, Szegedy 2015): in
 * training with the batch's mean and biased variance, in eval mode with the running ones (of unbiased variance).
 * Parameters: weight (ones), bias (zeros) [C]. Buffers: running_mean (zeros), running_var (ones) [C], num_batches_tracked.
 */
export class BatchNorm1d extends OptionsModule {
  static override readonly name: string = 'BatchNorm1d';
  declare readonly numFeatures: number;
  declare readonly eps: number;
  /** May be changed at any time. */
  declare momentum: number | null;
  declare readonly affine: boolean;
  declare readonly trackRunningStats: boolean;
  weight: Tensor | null;
  bias: Tensor | null;
  declare running_mean: Tensor;
  declare running_var: Tensor;
  declare num_batches_tracked: Tensor;

  constructor(options: BatchNorm1dOptions) {
    super(options, ['numFeatures'], { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true }, RULES);
    const shape = [this.numFeatures];
    this.weight = this.affine ? constantParameter(shape, 1) : null;
    this.bias = this.affine ? constantParameter(shape, 0) : null;
    if (!this.trackRunningStats) return;
    this.registerBuffer('running_mean', full(shape, 0));
    this.registerBuffer('running_var', full(shape, 1));
    this.registerBuffer('num_batches_tracked', full([], 0, { dtype: 'int32' }));
  }

  /** [N, C] or [N, C, L] -> the same shape. Throws ShapeError; ValueError when training on one value per channel. */
  forward(input: TensorLike): Tensor {
    this.checkLive('forward');
    return scope(() => {
      const x = asTensor(input);
      const [N, C, L = 1] = x.shape;
      if (![2, 3].includes(x.shape.length) || C !== this.numFeatures) {
        this.refuse(x, `[batch, ${this.numFeatures}] or [batch, ${this.numFeatures}, seqLen] (= numFeatures)`);
      }
      let z = x.reshape([N, C, L]);
      let map: (Tensor | null)[] = [this.weight, this.bias];
      if (!this.training && this.trackRunningStats) map = this.affineMap();
      else {
        const n = N * L;
        if (n === 1)
          throw new ValueError('BatchNorm1d.forward: expected more than one value per channel when training');
        const observe =
          this.training && this.trackRunningStats ? (stats: Operand) => this.observe(stats, n) : undefined;
        if (observe) this.num_batches_tracked.set(this.num_batches_tracked.item() + 1);
        if (n > 0) {
          const rows = z.transpose(0, 1).reshape([C, n]);
          const [y] = TensorBase.apply(normalize, [rows, null, null], { shape: [n], eps: this.eps, observe });
          z = y.reshape([C, N, L]).transpose(0, 1);
        }
      }
      const [scale, shift] = map.map((p) => p?.reshape([C, 1]));
      return (scale ? z.mul(scale).add(shift!) : z).reshape(x.shape);
    });
  }

  /** Takes mean and biased variance of a batch of n values per channel, float64 [C, 2], into the running statistics. */
  private observe({ block }: Operand, n: number): void {
    const share = this.momentum ?? 1 / this.num_batches_tracked.item();
    const stats = new Float64Array(f32.buffer, block.ptr, 2 * this.numFeatures);
    [this.running_mean, this.running_var].forEach((running, i) => {
      const weight = i ? n / (n - 1) : 1;
      running.set(running.data().map((v, c) => v + share * (stats[2 * c + i] * weight - v)));
    });
  }

  /** Eval mode as scale and shift of every channel. */
  private affineMap(): Tensor[] {
    const scale = (this.weight ?? tensor(1)).div(this.running_var.add(this.eps).sqrt());
    return [scale, (this.bias ?? tensor(0)).sub(this.running_mean.mul(scale))];
  }

  override streamLayers(): StreamLayer[] {
    const { numFeatures: C, trackRunningStats } = this;
    if (!trackRunningStats) {
      throw new UnsupportedError('BatchNorm1d.stream: there are no running statistics');
    }
    return normalizeLayer(this, ['weight', 'bias', 'running_mean', 'running_var'], C, -1, (own) => {
      noGrad(() =>
        scope(() => {
          this.affineMap().forEach((t, i) => {
            f32.set(t.data(), (own >>> 2) + i * C);
          });
        }),
      );
      return [own, own + C * 4];
    });
  }
}

const RULES = {
  eps: EPS,
  momentum: [(x: unknown) => x === null || between(0, 1)(x), 'null or a number from 0 to 1'],
} as const;

// The ABI of the second module: what assembly/onnx/index.ts exports, typed. Conventions as in engine/kernels.ts.
import type { Ptr } from '../engine/kernels.js';

/** Codes of activate(), α and β as ONNX names them. */
export const ACTIVATION = {
  affine: 0, // α·x + β
  leakyRelu: 1, // x < 0 ? α·x : x
  thresholdedRelu: 2, // x > α ? x : 0
  scaledTanh: 3, // α·tanh(β·x)
  hardSigmoid: 4, // max(0, min(1, α·x + β))
  elu: 5, // x < 0 ? α·(e^x - 1) : x
  softsign: 6, // x / (1 + |x|)
  floor: 7,
  ceil: 8,
  round: 9, // halves to even
  sign: 10,
  reciprocal: 11,
  hardSwish: 12, // x · hardSigmoid(x)
  gelu: 13, // x/2 · (1 + erf(x/√2))
  geluTanh: 14, // x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
  sin: 15,
  cos: 16,
} as const;

export interface OnnxKernels {
  /** y = f(x) by ACTIVATION code. y may be x. */
  activate(code: number, x: Ptr, y: Ptr, n: number, alpha: number, beta: number): void;
  /**
   * Writes col [count, channels · kernelH · kernelW]: what the windows at output positions first … see of x [channels, H, W], zeros
   * beyond it. back 1: the other way, adds the rows of col to x.
   * sizes: int32 [channels, H, W, kernelH, kernelW, strideH, strideW, dilationH, dilationW, padH, padW, outW].
   */
  im2col(x: Ptr, col: Ptr, first: number, count: number, sizes: Ptr, back: number): void;
  /**
   * Writes y [planes, outH, outW]: of each window of x [planes, H, W] the maximum (mode 0), the average over what lies inside x (1), or over what
   * lies before endH, endW, padding counted (2). index, unless 0: int32, where each maximum lies: plane·H·W + h·byRow + w·byColumn.
   * sizes: int32 [H, W, kernelH, kernelW, strideH, strideW, dilationH, dilationW, padH, padW, endH, endW, outH, outW].
   */
  pool(mode: number, x: Ptr, y: Ptr, index: Ptr, planes: number, sizes: Ptr, byRow: number, byColumn: number): void;
  /** int32, wrapping: c [m, n] = a [m, k] · b [k, n]. */
  gemmInt(a: Ptr, b: Ptr, c: Ptr, m: number, n: number, k: number): void;
}

// Convolutions in one and two dimensions: windows become rows, and a product with the packed weights gives [positions, channels].
import { kernels } from '../../engine/engine.js';
import { ShapeError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shape.js';
import { type Call, needFloat, type Operator } from '../call.js';
import { type ElementType, isFloat } from '../element-types.js';
import { onnxKernels } from '../engine.js';
import type { Value } from '../value.js';
import { type Windows, windowsOf } from './windows.js';

/** Floats of windows held at once: they stay in the second-level cache. */
const BLOCK = 65536;

function conv(call: Call): void {
  const [x, w] = [call.in(0), call.in(1)];
  needFloat(x);
  needFloat(w);
  const bias = call.opt(2);
  if (bias && bias.size !== w.shape[0]) throw new ShapeError(`bias is ${formatShape(bias.shape)}`);
  convolve(call, [x.ptr, w.ptr], x.type, bias?.ptr ?? 0);
}

/** Inputs 0 and 1, whose elements (without zero points, scaled) lie at these addresses, to output 0. Not floats: exact in int32. */
export function convolve(call: Call, [from, weights]: readonly number[], type: ElementType, bias: number): void {
  const [x, w] = [call.in(0), call.in(1)];
  const groups = call.int('group', 1);
  const [N, C] = x.shape;
  const M = w.shape[0];
  const channels = C / groups;
  const width = M / groups;
  const fits = w.shape.length === x.shape.length && w.shape[1] === channels && Number.isInteger(width) && groups > 0;
  if (!fits)
    throw new ShapeError(`weights are ${formatShape(w.shape)} in ${groups} groups for ${formatShape(x.shape)}`);
  const s = windowsOf(call, x.shape, call.ints('kernel_shape') ?? w.shape.slice(2));
  if (sizeOf(s.kernel) !== sizeOf(w.shape.slice(2)))
    throw new ShapeError(`kernel_shape is not that of ${formatShape(w.shape)}`);
  const y = call.out([N, M, ...s.shape], type);
  const K = channels * sizeOf(s.kernel);
  if (y.size === 0) return;
  const floats = isFloat(type);
  const bytes = floats ? kernels().packedBytes(width, K) : width * K * 4;
  const packed = floats
    ? call.derived(w, `conv ${groups} ${weights}`, (groups * bytes) / 4, (to) => {
        for (let g = 0; g < groups; g++)
          kernels().packTransposed(weights + g * width * K * 4, K, width, K, to + g * bytes);
      })
    : transposed(call, weights, [groups, width, K]);
  slide(call, y, s, { from, packed, bytes, bias, floats, groups, channels, width, K });
}

interface Slide {
  readonly from: number;
  /** Weights of each group, `bytes` apart. */
  readonly packed: number;
  readonly bytes: number;
  readonly bias: number;
  readonly floats: boolean;
  readonly groups: number;
  /** Input and output channels of a group, and elements of a window. */
  readonly channels: number;
  readonly width: number;
  readonly K: number;
}

/** A block of positions after the other: its windows as rows, their product with the weights, turned to the channels of y. */
function slide(call: Call, y: Value, s: Windows, o: Slide): void {
  const { from, packed, bytes, bias, floats, groups, channels, width, K } = o;
  const L = sizeOf(s.out);
  const sizes = call.words([channels, ...s.size, ...s.kernel, ...s.stride, ...s.dilation, ...s.before, s.out[1]]);
  const count = Math.min(L, Math.max(1, Math.floor(BLOCK / K)));
  const col = call.scratch(count * K);
  const rows = call.scratch(count * width);
  const order = [
    [1, width],
    [L, 1],
  ];
  // A last block may be shorter.
  const [whole, rest] = [count, L % count || count].map((n) => call.strided([width, n], order));
  const plane = sizeOf(s.size);
  // One position, or one channel, is in order already.
  const direct = L === 1 || width === 1;
  const images = y.shape[0] * groups;
  call.step(() => {
    for (let i = 0; i < images; i++) {
      const weights = packed + (i % groups) * bytes;
      const b = bias && bias + (i % groups) * width * 4;
      for (let first = 0; first < L; first += count) {
        const n = Math.min(count, L - first);
        const t = n === count ? whole : rest;
        const to = y.ptr + (i * width * L + first) * 4;
        const result = direct ? to : rows;
        onnxKernels().im2col(from + i * channels * plane * 4, col, first, n, sizes, 0);
        if (floats) kernels().linear(col, weights, b, result, n, width, K);
        else onnxKernels().gemmInt(col, weights, result, n, width, K);
        if (!direct) kernels().copyStrided(rows, to, t[0], t[1], t[2], t[3], 0);
      }
    }
  });
}

/** [groups, width, K] -> [groups, K, width]. */
function transposed(call: Call, from: number, [groups, width, K]: number[]): number {
  const to = call.scratch(groups * width * K);
  call.copy(from, [width * K, 1, K], to, [width * K, width, 1], [groups, K, width]);
  return to;
}

export const convolutions: Record<string, Operator> = { Conv: conv };

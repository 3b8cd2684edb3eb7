// Windows that slide over one or two dimensions: what convolutions and pools share.
import { ShapeError, UnsupportedError } from '../../errors.js';
import { formatShape, type Shape } from '../../shape.js';
import type { Call } from '../call.js';

/** Always two dimensions: one of a sequence is the second, beside a height of 1. */
export interface Windows {
  /** Input and output sizes. */
  readonly size: readonly [number, number];
  readonly out: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Before and after. */
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
  /** The output's spatial dimensions as ONNX has them: one or two. */
  readonly shape: readonly number[];
}

type Pair = readonly [number, number];

/** Reads strides, dilations, pads or auto_pad. x is [N, C, (H,) W]; `ceil`: pools may count a window that begins inside. */
export function windowsOf(call: Call, x: Shape, kernel: readonly number[], ceil = false): Windows {
  const spatial = x.slice(2);
  const rank = spatial.length;
  if (rank < 1 || rank > 2)
    throw new UnsupportedError(`input is ${formatShape(x)}; expected one or two dimensions after [N, C]`);
  const read = (name: string, length: number, usual: number) => {
    const list = call.ints(name) ?? new Array<number>(length).fill(usual);
    const least = name === 'pads' ? Number.NEGATIVE_INFINITY : 1;
    if (list.length !== length || list.some((n) => !(n >= least)))
      throw new ShapeError(`${name} is ${formatShape(list)}`);
    return list;
  };
  const pair = (list: readonly number[], missing: number): Pair =>
    rank === 1 ? [missing, list[0]] : [list[0], list[1]];
  const auto = call.text('auto_pad', 'NOTSET');
  const pads = auto === 'VALID' ? new Array<number>(2 * rank).fill(0) : read('pads', 2 * rank, 0);
  const size = pair(spatial, 1);
  const span = pair(kernel, 1);
  const stride = pair(read('strides', rank, 1), 1);
  const dilation = pair(read('dilations', rank, 1), 1);
  if (kernel.length !== rank || kernel.some((n) => !(n >= 1))) throw new ShapeError(`kernel is ${formatShape(kernel)}`);
  let before = pair(pads.slice(0, rank), 0);
  let after = pair(pads.slice(rank), 0);
  const both = (f: (d: 0 | 1) => number): Pair => [f(0), f(1)];
  if (auto.startsWith('SAME')) {
    const whole = both((d) => {
      const out = Math.ceil(size[d] / stride[d]);
      return Math.max(0, (out - 1) * stride[d] + (span[d] - 1) * dilation[d] + 1 - size[d]);
    });
    before = both((d) => (auto === 'SAME_UPPER' ? Math.floor(whole[d] / 2) : Math.ceil(whole[d] / 2)));
    after = both((d) => whole[d] - before[d]);
  }
  const out = both((d) => {
    const room = size[d] + before[d] + after[d] - (span[d] - 1) * dilation[d] - 1;
    const n = (ceil ? Math.ceil : Math.floor)(room / stride[d]) + 1;
    // The last window must begin inside the input or the padding before it.
    return Math.max(0, ceil && (n - 1) * stride[d] >= size[d] + before[d] ? n - 1 : n);
  });
  return { size, out, kernel: span, stride, dilation, before, after, shape: rank === 1 ? [out[1]] : out };
}

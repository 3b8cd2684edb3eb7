// Maxima and averages of windows, or of all there is of a channel.
import { kernels } from '../../engine/engine.js';
import { REDUCE } from '../../engine/kernels.js';
import { FormatError } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import { type Call, needFloat, type Operator } from '../call.js';
import { onnxKernels } from '../engine.js';
import { asFloat } from './elementwise.js';
import { windowsOf } from './windows.js';

function pool(mode: 0 | 1): Operator {
  return (call) => {
    const x = call.in(0);
    const kernel = call.ints('kernel_shape');
    if (!kernel) throw new FormatError('kernel_shape is missing');
    const s = windowsOf(call, x.shape, kernel, call.int('ceil_mode') !== 0);
    const [N, C] = x.shape;
    const padded = mode === 1 && call.int('count_include_pad') !== 0;
    const [H, W] = s.size;
    const [endH, endW] = padded ? [H + s.after[0], W + s.after[1]] : s.size;
    const sizes = call.words([H, W, ...s.kernel, ...s.stride, ...s.dilation, ...s.before, endH, endW, ...s.out]);
    const y = call.out([N, C, ...s.shape]);
    const index = mode === 0 && call.wants(1) ? call.out(y.shape, 'int64', 1).ptr : 0;
    const [byRow, byColumn] = call.int('storage_order') !== 0 ? [1, H] : [W, 1];
    // int8 and uint8 by way of floats, exactly.
    const from = asFloat(call, x).ptr;
    const code = padded ? 2 : mode;
    call.step(() => {
      onnxKernels().pool(code, from, y.ptr, index, N * C, sizes, byRow, byColumn);
      if (x.dtype === 'int32') kernels().floatToInt(y.ptr, y.ptr, y.size);
    });
  };
}

function globalPool(op: number): Operator {
  return (call: Call) => {
    const x = call.in(0);
    needFloat(x);
    const y = call.out(x.shape.map((n, d) => (d < 2 ? n : 1)));
    const n = sizeOf(x.shape.slice(2));
    call.step(() => kernels().reduce(op, x.ptr, y.ptr, y.size, n, 1));
  };
}

export const pools: Record<string, Operator> = {
  MaxPool: pool(0),
  AveragePool: pool(1),
  GlobalMaxPool: globalPool(REDUCE.max),
  GlobalAveragePool: globalPool(REDUCE.mean),
};

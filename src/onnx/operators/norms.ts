// Normalisations: composed of sums over rows and products broadcast along rows or channels.
import { kernels } from '../../engine/engine.js';
import { BINARY, REDUCE, UNARY } from '../../engine/kernels.js';
import { ShapeError, UnsupportedError } from '../../errors.js';
import { formatShape, type Shape, sizeOf, stridesOf } from '../../shape.js';
import { broadcastStrides, type Call, needFloat, type Operator } from '../call.js';
import { onnxKernels } from '../engine.js';
import { ACTIVATION } from '../kernels.js';
import type { Value } from '../value.js';

/** y = a op b over `shape`; y contiguous, a and b addresses with strides. y may be a where a is contiguous. */
export function broadcast(
  call: Call,
  op: keyof typeof BINARY,
  [a, aStrides]: readonly [number, readonly number[]],
  [b, bStrides]: readonly [number, readonly number[]],
  y: number,
  shape: Shape,
): void {
  if (sizeOf(shape) === 0) return;
  const [rank, sizes, p, q] = call.strided(shape, [aStrides, bStrides]);
  call.step(() => kernels().binaryBroadcast(BINARY[op], a, b, y, rank, sizes, p, q));
}

/** y [outer, n] = (x - mean) / √(variance + epsilon) of each row; mean and 1/√… to addresses [outer]. */
function standardize(call: Call, x: number, y: number, mean: number, inverse: number, [outer, n]: Shape): void {
  const squares = call.scratch(outer * n);
  const epsilon = call.float('epsilon', 1e-5);
  const [row, each] = [
    [1, 0],
    [n, 1],
  ];
  call.step(() => kernels().reduce(REDUCE.mean, x, mean, outer, n, 1));
  broadcast(call, 'sub', [x, each], [mean, row], y, [outer, n]);
  call.step(() => {
    kernels().binary(BINARY.mul, y, y, squares, outer * n);
    kernels().reduce(REDUCE.mean, squares, inverse, outer, n, 1);
    kernels().binaryScalar(BINARY.add, inverse, epsilon, inverse, outer);
    kernels().unary(UNARY.sqrt, inverse, inverse, outer);
    onnxKernels().activate(ACTIVATION.reciprocal, inverse, inverse, outer, 0, 0);
  });
  broadcast(call, 'mul', [y, each], [inverse, row], y, [outer, n]);
}

/** [N, C, rest] of a tensor with channels second. */
function channels({ shape }: Value, ...parameters: (Value | null)[]): [number, number, number] {
  const [N, C = 1] = shape;
  for (const p of parameters)
    if (p && p.size !== C) throw new ShapeError(`parameter is ${formatShape(p.shape)}; expected [${C}]`);
  return [N ?? 1, C, sizeOf(shape.slice(2))];
}

/** To `to`: the factor of each channel, then the offsets; parameters are scale, bias, mean, variance. */
export function scaleAndShift([scale, bias, mean, variance]: Value[], epsilon: number, to: number): void {
  const C = scale.size;
  const offset = to + C * 4;
  kernels().binaryScalar(BINARY.add, variance.ptr, epsilon, to, C);
  kernels().unary(UNARY.sqrt, to, to, C);
  kernels().binary(BINARY.div, scale.ptr, to, to, C);
  kernels().binary(BINARY.mul, mean.ptr, to, offset, C);
  kernels().binary(BINARY.sub, bias.ptr, offset, offset, C);
}

/** y = x · factor + offset, with one factor and offset a channel, and what they come from known once and for all in most models. */
function batchNormalization(call: Call): void {
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => call.in(i));
  needFloat(x);
  if (call.int('training_mode') !== 0 || call.wants(1) || call.int('spatial', 1) === 0)
    throw new UnsupportedError('training_mode or spatial 0; expected inference by channel');
  const shape = channels(x, scale, bias, mean, variance);
  const [, C, rest] = shape;
  const epsilon = call.float('epsilon', 1e-5);
  const y = call.out(x.shape);
  const parameters = [scale, bias, mean, variance];
  const factor = call.derivedFrom(parameters, `norm ${epsilon}`, 2 * C, (to) => scaleAndShift(parameters, epsilon, to));
  const own = stridesOf(shape);
  broadcast(call, 'mul', [x.ptr, own], [factor, [0, 1, 0]], y.ptr, shape);
  broadcast(call, 'add', [y.ptr, own], [factor + C * 4, [0, 1, 0]], y.ptr, [shape[0], C, rest]);
}

function instanceNormalization(call: Call): void {
  const [x, scale, bias] = [call.in(0), call.in(1), call.in(2)];
  needFloat(x);
  const shape = channels(x, scale, bias);
  const [N, C, rest] = shape;
  const y = call.out(x.shape);
  standardize(call, x.ptr, y.ptr, call.scratch(N * C), call.scratch(N * C), [N * C, rest]);
  const own = stridesOf(shape);
  broadcast(call, 'mul', [y.ptr, own], [scale.ptr, [0, 1, 0]], y.ptr, shape);
  broadcast(call, 'add', [y.ptr, own], [bias.ptr, [0, 1, 0]], y.ptr, shape);
}

/** Over the dimensions from axis on; mean and 1/√(variance + epsilon) are outputs too. */
function layerNormalization(call: Call): void {
  const [x, scale, bias] = [call.in(0), call.in(1), call.opt(2)];
  needFloat(x);
  const { shape } = x;
  const axis = call.axis(call.int('axis', -1), shape.length);
  const outer = sizeOf(shape.slice(0, axis));
  const y = call.out(shape);
  const kept = shape.map((n, d) => (d < axis ? n : 1));
  const [mean, inverse] = [1, 2].map((i) => (call.wants(i) ? call.out(kept, 'float32', i).ptr : call.scratch(outer)));
  standardize(call, x.ptr, y.ptr, mean, inverse, [outer, sizeOf(shape.slice(axis))]);
  const own = stridesOf(shape);
  broadcast(call, 'mul', [y.ptr, own], [scale.ptr, broadcastStrides(scale.shape, shape)], y.ptr, shape);
  if (bias) broadcast(call, 'add', [y.ptr, own], [bias.ptr, broadcastStrides(bias.shape, shape)], y.ptr, shape);
}

export const norms: Record<string, Operator> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
};

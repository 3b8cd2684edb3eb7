// Whole numbers for floats: x ≈ (q - zero point) · scale. Each step is one rounding of float32, so a loop here is exact.
import { kernels } from '../../engine/engine.js';
import { BINARY } from '../../engine/kernels.js';
import { f32, i32 } from '../../engine/memory.js';
import { ShapeError, UnsupportedError } from '../../errors.js';
import { formatShape, type Shape, sizeOf, stridesOf } from '../../shape.js';
import { broadcastStrides, type Call, needFloat, type Operator } from '../call.js';
import { type ElementType, elementType, limitsOf } from '../element-types.js';
import type { Value } from '../value.js';
import { convolve } from './conv.js';
import { batched, productShape } from './matmul.js';

/** The whole number next to x, halves to the even one. */
export function nearestEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** Stores x at the nearest number that `type` has. */
function saturating(type: ElementType): (x: number) => number {
  const [low, high] = limitsOf(type);
  return (x) => Math.min(Math.max(x, low), high);
}

/** A parameter that is one number, or one for each index of dimension `axis`: repeated for every element of `shape`. */
function spread(call: Call, p: Value | null, axis: number, shape: Shape): number {
  if (!p) return 0;
  if (call.int('block_size') !== 0)
    throw new UnsupportedError('block_size; expected one scale, or one for each index of axis');
  if (p.size !== 1 && (p.shape.length !== 1 || p.size !== shape[axis]))
    throw new ShapeError(`scale or zero point is ${formatShape(p.shape)} for axis ${axis} of ${formatShape(shape)}`);
  const to = call.scratch(sizeOf(shape));
  call.copy(p.ptr, broadcastStrides(aligned(shape, axis, p), shape), to, stridesOf(shape), shape);
  return to;
}

function axisOf(call: Call, x: Value, scale: Value): number {
  return scale.size === 1 ? 0 : call.axis(call.int('axis', 1), x.shape.length);
}

function quantizeLinear(call: Call): void {
  const [x, scale, zero] = [call.in(0), call.in(1), call.opt(2)];
  const wanted = call.int('output_dtype');
  const type = zero?.type ?? (wanted ? elementType(wanted, 'output_dtype') : 'uint8');
  const y = call.out(x.shape, type);
  const axis = axisOf(call, x, scale);
  const [scales, zeros] = [spread(call, scale, axis, x.shape), spread(call, zero, axis, x.shape)];
  const store = saturating(type);
  const view = x.dtype === 'float32';
  call.step(() => {
    for (let i = 0; i < x.size; i++) {
      const value = (view ? f32 : i32)[(x.ptr >>> 2) + i];
      const q = nearestEven(Math.fround(value / f32[(scales >>> 2) + i]));
      i32[(y.ptr >>> 2) + i] = store(q + (zeros && i32[(zeros >>> 2) + i]));
    }
  });
}

function dequantizeLinear(call: Call): void {
  const [x, scale, zero] = [call.in(0), call.in(1), call.opt(2)];
  const y = call.out(x.shape, scale.type);
  const axis = axisOf(call, x, scale);
  const scales = spread(call, scale, axis, x.shape);
  const shifted = centred(call, x, zero, axis);
  call.step(() => {
    kernels().intToFloat(shifted, y.ptr, y.size);
    kernels().binary(BINARY.mul, y.ptr, scales, y.ptr, y.size);
  });
}

/** To uint8, by the range of the numbers, 0 in it. */
function dynamicQuantizeLinear(call: Call): void {
  const x = call.in(0);
  needFloat(x);
  const y = call.out(x.shape, 'uint8');
  const scale = call.out([], 'float32', 1);
  const zero = call.out([], 'uint8', 2);
  const store = saturating('uint8');
  call.step(() => {
    let [low, high] = [0, 0];
    for (let i = 0, at = x.ptr >>> 2; i < x.size; i++) {
      low = Math.min(low, f32[at + i]);
      high = Math.max(high, f32[at + i]);
    }
    const step = high === low ? 1 : Math.fround(Math.fround(high - low) / 255);
    const point = nearestEven(store(Math.fround(-low / step)));
    f32[scale.ptr >>> 2] = step;
    i32[zero.ptr >>> 2] = point;
    for (let i = 0; i < x.size; i++)
      i32[(y.ptr >>> 2) + i] = store(nearestEven(Math.fround(f32[(x.ptr >>> 2) + i] / step)) + point);
  });
}

/** The shape of a parameter that is one number, or one for each index of dimension `at` of `shape`. */
function aligned(shape: Shape, at: number, { size }: Value): Shape {
  return shape.map((_, d) => (d === at ? size : 1));
}

/** x - zero point; a zero point for each row (of a left side) or column is a dimension `at` of its own. */
function centred(call: Call, x: Value, zero: Value | null, at: number): number {
  if (!zero || x.size === 0) return x.ptr;
  const to = call.scratch(x.size);
  const from = zero.shape.length === x.shape.length ? zero.shape : aligned(x.shape, at, zero);
  const [rank, shape, p, q] = call.strided(x.shape, [stridesOf(x.shape), broadcastStrides(from, x.shape)]);
  call.step(() => kernels().binaryBroadcastInt(BINARY.sub, x.ptr, zero.ptr, to, rank, shape, p, q));
  return to;
}

/** (a - its zero point) · (b - its zero point) to y: int32. */
function wholeMatmul(call: Call, [a, aZero, b, bZero]: (Value | null)[], to: (shape: Shape) => number): Shape {
  const [left, right] = [a as Value, b as Value];
  const s = productShape(left, right);
  const p = centred(call, left, aZero, left.shape.length - 2);
  const q = centred(call, right, bZero, right.shape.length - 1);
  const y = to(s.shape);
  batched(call, 'int32', [p, q, y], s.offsets(), [s.m, s.n, s.k]);
  return s.shape;
}

function matMulInteger(call: Call): void {
  wholeMatmul(call, [call.in(0), call.opt(2), call.in(1), call.opt(3)], (shape) => call.out(shape, 'int32').ptr);
}

/** a, b and y each have a scale and a zero point; b's may be one for each column. */
function qLinearMatMul(call: Call): void {
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => call.in(i));
  let sums = 0;
  const shape = wholeMatmul(call, [a, aZero, b, bZero], (s) => (sums = call.scratch(sizeOf(s))));
  const y = call.out(shape, yZero.type);
  const store = saturating(y.type);
  const columns = bScale.size;
  call.step(() => {
    const [p, q, r] = [f32[aScale.ptr >>> 2], bScale.ptr >>> 2, f32[yScale.ptr >>> 2]];
    const zero = i32[yZero.ptr >>> 2];
    for (let i = 0; i < y.size; i++) {
      const factor = Math.fround(Math.fround(p * f32[q + (i % columns)]) / r);
      const value = Math.fround(Math.fround(i32[(sums >>> 2) + i]) * factor);
      i32[(y.ptr >>> 2) + i] = store(nearestEven(value) + zero);
    }
  });
}

function convInteger(call: Call): void {
  const [x, w] = [call.in(0), call.in(1)];
  convolve(call, [centred(call, x, call.opt(2), -1), centred(call, w, call.opt(3), 0)], 'int32', 0);
}

export const quantized: Record<string, Operator> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  ConvInteger: convInteger,
  QLinearMatMul: qLinearMatMul,
};

// One element in, or two, one out. Floats run in kernels; whole numbers and truth values, which models compute shapes with, in loops here.
import { kernels } from '../../engine/engine.js';
import { BINARY, UNARY } from '../../engine/kernels.js';
import { f32, i32 } from '../../engine/memory.js';
import { UnsupportedError } from '../../errors.js';
import { broadcastShapes, type Shape, sameShape, stridesOf } from '../../shape.js';
import { narrow, widen } from '../../weights/half-floats.js';
import { broadcastStrides, type Call, needFloat, type Operator } from '../call.js';
import { bytesOf, type ElementType, elementType, isFloat, isHalf, storeAs } from '../element-types.js';
import type { Value } from '../value.js';

/** The live view that holds x's elements; from x.ptr >>> 2 on. */
export function viewOf(x: Value): Float32Array | Int32Array {
  return x.dtype === 'float32' ? f32 : i32;
}

/** y = fn(x), in a loop: exact functions only. */
export function mapped(call: Call, x: Value, y: Value, fn: (x: number) => number): void {
  const n = x.size;
  call.step(() => {
    const from = viewOf(x);
    const to = viewOf(y);
    const a = x.ptr >>> 2;
    const b = y.ptr >>> 2;
    for (let i = 0; i < n; i++) to[b + i] = fn(from[a + i]);
  });
}

/** y[i] = fn(a, b, i) with broadcasting, in a loop: exact functions only. */
export function zipped(
  call: Call,
  a: Value,
  b: Value,
  y: Value,
  fn: (a: number, b: number, i: number) => number,
): void {
  const left = call.expanded(a, y.shape) >>> 2;
  const right = call.expanded(b, y.shape) >>> 2;
  const n = y.size;
  call.step(() => {
    const p = viewOf(a);
    const q = viewOf(b);
    const to = viewOf(y);
    const at = y.ptr >>> 2;
    for (let i = 0; i < n; i++) to[at + i] = fn(p[left + i], q[right + i], i);
  });
}

/** y = a op b on floats, with broadcasting. y may be a where a has its shape. */
export function floatBinary(call: Call, op: keyof typeof BINARY, a: Value, b: Value, y: Value): void {
  const code = BINARY[op];
  const n = y.size;
  const [p, q, r] = [a.ptr, b.ptr, y.ptr];
  if (sameShape(a.shape, y.shape) && b.size === 1) call.step(() => kernels().binaryScalar(code, p, f32[q >>> 2], r, n));
  else if (sameShape(a.shape, b.shape)) call.step(() => kernels().binary(code, p, q, r, n));
  else if (n > 0) {
    const [rank, shape, x, z] = call.strided(y.shape, [
      broadcastStrides(a.shape, y.shape),
      broadcastStrides(b.shape, y.shape),
    ]);
    call.step(() => kernels().binaryBroadcast(code, p, q, r, rank, shape, x, z));
  }
}

function common(a: Value, b: Value): Shape {
  if (a.dtype !== b.dtype) throw new UnsupportedError(`inputs are ${a.type} and ${b.type}; expected one type`);
  return broadcastShapes(a.shape, b.shape, 'inputs');
}

/** Two inputs of one type: floats by kernel, whole numbers by `whole`. */
function arithmetic(op: keyof typeof BINARY, whole: (a: number, b: number) => number): Operator {
  return (call) => {
    const [a, b] = [call.in(0), call.in(1)];
    const y = call.out(common(a, b));
    combine(call, op, whole, a, b, y);
  };
}
function combine(
  call: Call,
  op: keyof typeof BINARY,
  whole: (a: number, b: number) => number,
  a: Value,
  b: Value,
  y: Value,
) {
  const store = storeAs(y.type);
  if (isFloat(y.type)) floatBinary(call, op, a, b, y);
  else zipped(call, a, b, y, (p, q) => store(whole(p, q)));
}

/** Any number of inputs: ((a op b) op c) … */
function variadic(op: keyof typeof BINARY, whole: (a: number, b: number) => number, mean = false): Operator {
  return (call) => {
    const inputs = call.inputs.map((_, i) => call.in(i));
    const y = call.out(inputs.reduce<Shape>((shape, x) => broadcastShapes(shape, x.shape, 'inputs'), []));
    call.copy(inputs[0].ptr, broadcastStrides(inputs[0].shape, y.shape), y.ptr, stridesOf(y.shape), y.shape);
    for (const x of inputs.slice(1)) combine(call, op, whole, y, x, y);
    if (mean) call.step(() => kernels().scale(y.ptr, y.size, 1 / inputs.length));
  };
}

function compare(fn: (a: number, b: number) => boolean): Operator {
  return (call) => {
    const [a, b] = [call.in(0), call.in(1)];
    zipped(call, a, b, call.out(common(a, b), 'bool'), (p, q) => (fn(p, q) ? 1 : 0));
  };
}

/** A kernel for floats; `whole`, where there is one, for whole numbers. */
function unary(op: keyof typeof UNARY, whole?: (x: number) => number): Operator {
  return (call) => {
    const x = call.in(0);
    const y = call.out(x.shape);
    if (whole && !isFloat(x.type)) {
      const store = storeAs(x.type);
      mapped(call, x, y, (v) => store(whole(v)));
    } else {
      needFloat(x);
      call.step(() => kernels().unary(UNARY[op], x.ptr, y.ptr, x.size));
    }
  };
}

/** x^n for whole numbers, exact as long as it fits. */
function wholePower(x: number, n: number): number {
  if (n < 0) return x === 1 ? 1 : x === -1 ? (n % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let i = 0; i < n && Math.abs(result) < 2 ** 53 && result !== 0 && (x !== 1 || i < 1); i++) result *= x;
  return x === -1 ? (n % 2 === 0 ? 1 : -1) : result;
}

/** Cut off towards zero, but for a rounding error just below a whole number. */
function rooted(x: number): number {
  const near = Math.round(x);
  return Math.abs(x - near) <= 1e-6 * Math.abs(x) ? near : Math.trunc(x);
}

function pow(call: Call): void {
  const [x, given] = [call.in(0), call.in(1)];
  const y = call.out(broadcastShapes(x.shape, given.shape, 'inputs'));
  const floats = isFloat(x.type);
  const power = given.size === 1 && call.readable(given) ? given.view()[0] : null;
  // The square is an exact product.
  if (floats && power === 2 && sameShape(x.shape, y.shape)) floatBinary(call, 'mul', x, x, y);
  else if (floats) floatBinary(call, 'pow', x, asFloat(call, given), y);
  else {
    const store = storeAs(x.type);
    const roots = call.make(y.shape, 'float32');
    if (isFloat(given.type)) floatBinary(call, 'pow', asFloat(call, x), given, roots);
    zipped(call, x, given, y, (base, exponent, i) =>
      store(Number.isInteger(exponent) ? wholePower(base, exponent) : rooted(f32[(roots.ptr >>> 2) + i])),
    );
  }
}

/** x itself, or a float copy of it. */
export function asFloat(call: Call, x: Value): Value {
  if (x.dtype === 'float32') return x;
  const y = call.make(x.shape, 'float32');
  call.step(() => kernels().intToFloat(x.ptr, y.ptr, x.size));
  return y;
}

function mod(call: Call): void {
  const [a, b] = [call.in(0), call.in(1)];
  const y = call.out(common(a, b));
  const store = isFloat(y.type) ? (x: number) => x : storeAs(y.type);
  const sign = call.int('fmod') === 0;
  zipped(call, a, b, y, (p, q) => {
    const rest = p % q;
    return store(sign && rest !== 0 && rest < 0 !== q < 0 ? rest + q : rest);
  });
}

function cast(call: Call): void {
  const x = call.in(0);
  convert(call, x, elementType(call.int('to'), 'Cast'));
}

/** Output 0 is x as `type`: floats are cut off towards zero, half floats rounded. */
export function convert(call: Call, x: Value, type: ElementType): void {
  if (isHalf(type)) {
    const from = asFloat(call, x);
    const y = call.out(x.shape, type);
    call.step(() => {
      f32.set(widen(narrow(from.view() as Float32Array, type), type), y.ptr >>> 2);
    });
    return;
  }
  const same = x.dtype === 'float32' ? isFloat(type) : type === 'int64' || type === 'int32' || type === x.type;
  if (same) {
    call.alias(x, x.shape, 0, type);
    return;
  }
  const y = call.out(x.shape, type);
  const store = storeAs(type);
  if (isFloat(type)) call.step(() => kernels().intToFloat(x.ptr, y.ptr, x.size));
  else
    mapped(
      call,
      x,
      y,
      type === 'bool' ? (v) => (v === 0 ? 0 : 1) : (v) => store(bytesOf(type) > 4 ? Math.trunc(v) : cut(v)),
    );
}

/** Towards zero; what int32 cannot hold is its least number, as x86 processors convert. */
function cut(x: number): number {
  return Math.abs(x) < 2 ** 31 ? Math.trunc(x) : -(2 ** 31);
}

function where(call: Call): void {
  const [condition, a, b] = [call.in(0), call.in(1), call.in(2)];
  const y = call.out(broadcastShapes(condition.shape, common(a, b), 'inputs'), a.type);
  const [c, p, q] = [condition, a, b].map((x) => call.expanded(x, y.shape));
  call.step(() => kernels().select(c, p, q, y.ptr, y.size));
}

function clip(call: Call): void {
  const x = call.in(0);
  const y = call.out(x.shape);
  const [low, high] = [call.opt(1), call.opt(2)];
  const floating = isFloat(x.type);
  const attributes = [call.float('min', Number.NEGATIVE_INFINITY), call.float('max', Number.POSITIVE_INFINITY)];
  const bound = (given: Value | null, i: number) => (given ? viewOf(given)[given.ptr >>> 2] : attributes[i]);
  call.step(() => {
    const from = bound(low, 0);
    const to = bound(high, 1);
    if (floating) return kernels().clamp(x.ptr, y.ptr, x.size, from, to);
    for (let i = 0; i < x.size; i++) i32[(y.ptr >>> 2) + i] = Math.min(Math.max(i32[(x.ptr >>> 2) + i], from), to);
  });
}

function dropout(call: Call): void {
  const x = call.in(0);
  if (call.has(2) && call.number(2) !== 0) throw new UnsupportedError('training_mode; expected inference');
  call.alias(x);
  if (!call.wants(1)) return;
  const mask = call.out(x.shape, 'bool', 1);
  // As ONNX Runtime has it.
  const kept = call.opset < 12 ? 0 : 1;
  call.step(() => {
    i32.fill(kept, mask.ptr >>> 2, (mask.ptr >>> 2) + mask.size);
  });
}

export const elementwise: Record<string, Operator> = {
  Add: arithmetic('add', (a, b) => a + b),
  Sub: arithmetic('sub', (a, b) => a - b),
  Mul: (call) => arithmetic('mul', call.in(0).type === 'int32' ? Math.imul : (a, b) => a * b)(call),
  Div: arithmetic('div', (a, b) => Math.trunc(a / b)),
  Max: variadic('max', Math.max),
  Min: variadic('min', Math.min),
  Sum: variadic('add', (a, b) => a + b),
  Mean: variadic('add', (a, b) => a + b, true),
  Pow: pow,
  Mod: mod,
  Equal: compare((a, b) => a === b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
  Xor: compare((a, b) => (a !== 0) !== (b !== 0)),
  Not: (call) => mapped(call, call.in(0), call.out(call.in(0).shape), (x) => (x === 0 ? 1 : 0)),
  Neg: unary('neg', (x) => -x),
  Abs: unary('abs', Math.abs),
  Sqrt: unary('sqrt'),
  Exp: unary('exp'),
  Log: unary('log'),
  Tanh: unary('tanh'),
  Sigmoid: unary('sigmoid'),
  Erf: unary('erf'),
  Softplus: unary('softplus'),
  Relu: unary('relu', (x) => Math.max(x, 0)),
  Cast: cast,
  Where: where,
  Clip: clip,
  Dropout: dropout,
  Identity: (call) => {
    call.alias(call.in(0));
  },
};

// Sums, means, extremes over dimensions; softmax; positions of extremes.
import { kernels } from '../../engine/engine.js';
import { BINARY, REDUCE, UNARY } from '../../engine/kernels.js';
import { i32 } from '../../engine/memory.js';
import { ValueError } from '../../errors.js';
import { formatShape, sizeOf, stridesOf } from '../../shape.js';
import { type Call, needFloat, type Operator } from '../call.js';
import { limitsOf, storeAs } from '../element-types.js';
import type { Value } from '../value.js';
import { viewOf } from './elementwise.js';
import { broadcast } from './norms.js';
import { around, turn } from './shapes.js';

type ReduceName = keyof typeof REDUCE | 'prod';
type Before = 'abs' | 'square' | null;
type After = 'sqrt' | 'log' | null;

const WHOLE: Record<ReduceName, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  mean: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
};

/** The dimensions to reduce, in rising order, and output 0. */
function reduced(call: Call, x: Value): { axes: number[]; y: Value } {
  const given = call.list('axes', 1) ?? [];
  const all = given.length === 0 && call.int('noop_with_empty_axes') === 0;
  const named = given.map((a) => call.axis(a, x.shape.length));
  const axes = x.shape.map((_, d) => d).filter((d) => all || named.includes(d));
  const keep = call.int('keepdims', 1) !== 0;
  const shape = x.shape.flatMap((n, d) => (!axes.includes(d) ? n : keep ? 1 : []));
  return { axes, y: call.out(shape) };
}

/** x with the dimensions `axes` last: its address, and [outer, n, inner] of the reduction. Neighbours stay where they are. */
function arranged(call: Call, x: Value, axes: readonly number[]) {
  const n = sizeOf(axes.map((d) => x.shape[d]));
  const [first, last] = [axes[0] ?? 0, axes.at(-1) ?? -1];
  if (last - first === axes.length - 1 || axes.length === 0)
    return { from: x.ptr, outer: sizeOf(x.shape.slice(0, first)), n, inner: sizeOf(x.shape.slice(last + 1)) };
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const from = call.scratch(x.size);
  turn(call, x, [...kept, ...axes], from);
  return { from, outer: x.size / (n || 1), n, inner: 1 };
}

function reduction(name: ReduceName, before: Before = null, after: After = null): Operator {
  return (call) => {
    const x = call.in(0);
    const { axes, y } = reduced(call, x);
    const sizes = arranged(call, x, axes);
    if (after === 'log') needFloat(x);
    if (x.dtype === 'float32' && name !== 'prod') reduceFloats(call, name, before, after, sizes, y);
    else reduceByLoop(call, name, before, after, x, sizes, y);
  };
}

interface Sizes {
  from: number;
  outer: number;
  n: number;
  inner: number;
}

function reduceFloats(call: Call, name: keyof typeof REDUCE, before: Before, after: After, s: Sizes, y: Value): void {
  const { outer, n, inner } = s;
  const size = outer * n * inner;
  let { from } = s;
  if (before) {
    const to = call.scratch(size);
    const x = from;
    if (before === 'abs') call.step(() => kernels().unary(UNARY.abs, x, to, size));
    else call.step(() => kernels().binary(BINARY.mul, x, x, to, size));
    from = to;
  }
  call.step(() => kernels().reduce(REDUCE[name], from, y.ptr, outer, n, inner));
  if (after) call.step(() => kernels().unary(UNARY[after], y.ptr, y.ptr, y.size));
}

/** Whole numbers, and products: each step is exact or rounded once, so a loop here has the same bits everywhere. */
function reduceByLoop(call: Call, name: ReduceName, before: Before, after: After, x: Value, s: Sizes, y: Value): void {
  const { from, outer, n, inner } = s;
  const store = x.dtype === 'float32' ? Math.fround : storeAs(y.type);
  const fn = WHOLE[name];
  const value = before === 'abs' ? Math.abs : before === 'square' ? (v: number) => v * v : (v: number) => v;
  const [least, most] = limitsOf(y.type);
  const start = { sum: 0, mean: 0, prod: 1, max: least, min: most }[name];
  call.step(() => {
    const view = viewOf(x);
    for (let i = 0; i < outer * inner; i++) {
      const at = (from >>> 2) + Math.floor(i / inner) * n * inner + (i % inner);
      let sum = start;
      for (let k = 0; k < n; k++) sum = store(fn(sum, value(view[at + k * inner])));
      // Storing an integer cuts the root off.
      view[(y.ptr >>> 2) + i] =
        name === 'mean' ? Math.trunc(sum / n) : after === 'sqrt' ? Math.sqrt(sum) : n > 0 ? sum : store(sum);
    }
  });
}

/** log Σ exp(x - max) + max. */
function logSumExp(call: Call): void {
  const x = call.in(0);
  needFloat(x);
  const { axes, y } = reduced(call, x);
  const { from, outer, n, inner } = arranged(call, x, axes);
  const [max, shifted] = [call.scratch(y.size), call.scratch(x.size)];
  const shape = [outer, n, inner];
  call.step(() => kernels().reduce(REDUCE.max, from, max, outer, n, inner));
  broadcast(call, 'sub', [from, stridesOf(shape)], [max, [inner, 0, 1]], shifted, shape);
  call.step(() => {
    kernels().unary(UNARY.exp, shifted, shifted, x.size);
    kernels().reduce(REDUCE.sum, shifted, y.ptr, outer, n, inner);
    kernels().unary(UNARY.log, y.ptr, y.ptr, y.size);
    kernels().binary(BINARY.add, y.ptr, max, y.ptr, y.size);
  });
}

/** Before opset 13 the dimensions from axis on count as one. */
function softmax(log: 0 | 1): Operator {
  return (call) => {
    const x = call.in(0);
    needFloat(x);
    const old = call.opset < 13;
    const axis = call.axis(call.int('axis', old ? 1 : -1), Math.max(x.shape.length, 1));
    const { outer, n, inner } = around(x.shape.length === 0 ? [1] : x.shape, axis);
    const y = call.out(x.shape);
    if (old) call.step(() => kernels().softmax(x.ptr, y.ptr, outer, n * inner, 1, log));
    else call.step(() => kernels().softmax(x.ptr, y.ptr, outer, n, inner, log));
  };
}

function position(better: (a: number, b: number) => boolean): Operator {
  return (call) => {
    const x = call.in(0);
    const axis = call.axis(call.int('axis'), x.shape.length);
    const { outer, n, inner } = around(x.shape, axis);
    const last = call.int('select_last_index') !== 0;
    const keep = call.int('keepdims', 1) !== 0;
    const shape = x.shape.flatMap((m, d) => (d !== axis ? [m] : keep ? [1] : []));
    const y = call.out(shape, 'int64');
    if (n === 0) throw new ValueError(`nothing to choose from in ${formatShape(x.shape)}`);
    call.step(() => {
      const view = viewOf(x);
      for (let i = 0; i < outer * inner; i++) {
        const at = (x.ptr >>> 2) + Math.floor(i / inner) * n * inner + (i % inner);
        let best = 0;
        for (let k = 1; k < n; k++) {
          const [a, b] = [view[at + k * inner], view[at + best * inner]];
          // The first NaN comes before all.
          if (better(a, b) || (last && a === b) || (Number.isNaN(a) && !Number.isNaN(b))) best = k;
        }
        i32[(y.ptr >>> 2) + i] = best;
      }
    });
  };
}

export const reduce: Record<string, Operator> = {
  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceMax: reduction('max'),
  ReduceMin: reduction('min'),
  ReduceProd: reduction('prod'),
  ReduceL1: reduction('sum', 'abs'),
  ReduceL2: reduction('sum', 'square', 'sqrt'),
  ReduceSumSquare: reduction('sum', 'square'),
  ReduceLogSum: reduction('sum', null, 'log'),
  ReduceLogSumExp: logSumExp,
  Softmax: softmax(0),
  LogSoftmax: softmax(1),
  ArgMax: position((a, b) => a > b),
  ArgMin: position((a, b) => a < b),
};

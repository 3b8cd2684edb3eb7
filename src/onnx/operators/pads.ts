// Pad: a constant around, or rows of the input again.
import { ShapeError, UnsupportedError } from '../../errors.js';
import { formatShape, stridesOf } from '../../shape.js';
import type { Call, Operator } from '../call.js';
import type { Value } from '../value.js';
import { viewOf } from './elementwise.js';
import { byDimension, takeRows } from './shapes.js';

function pad(call: Call): void {
  const x = call.in(0);
  const rank = x.shape.length;
  const axes = call.has(3) ? call.numbers(3).map((a) => call.axis(a, rank)) : x.shape.map((_, d) => d);
  const given = call.list('pads', 1) ?? [];
  if (given.length !== 2 * axes.length)
    throw new ShapeError(`pads is ${formatShape(given)} for ${formatShape(x.shape)}`);
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  axes.forEach((d, i) => {
    before[d] = given[i];
    after[d] = given[i + axes.length];
  });
  const mode = call.text('mode', 'constant');
  const to = x.shape.map((n, d) => n + before[d] + after[d]);
  const y = call.out(to);
  if (mode === 'constant') padConstant(call, x, y, before);
  else padMirrored(call, x, y, before, mode);
}

function padConstant(call: Call, x: Value, y: Value, before: readonly number[]): void {
  const value = call.opt(2);
  const fixed = call.float('value');
  call.step(() => {
    const fill = value ? viewOf(value)[value.ptr >>> 2] : fixed;
    viewOf(y).fill(fill, y.ptr >>> 2, (y.ptr >>> 2) + y.size);
  });
  const [own, strides] = [stridesOf(x.shape), stridesOf(y.shape)];
  let [from, to] = [x.ptr, y.ptr];
  const kept = x.shape.map((n, d) => {
    from += Math.max(0, -before[d]) * own[d] * 4;
    to += Math.max(0, before[d]) * strides[d] * 4;
    return Math.max(0, Math.min(n + Math.min(0, before[d]), y.shape[d] - Math.max(0, before[d])));
  });
  call.copy(from, own, to, strides, kept);
}

/** Each dimension takes its rows by an index list. */
function padMirrored(call: Call, x: Value, y: Value, before: readonly number[], mode: string): void {
  const moved = (n: number, d: number) => before[d] !== 0 || y.shape[d] !== n;
  byDimension(call, x, y, x.shape.map(moved), (d, from, to, sizes) => {
    const index = Array.from({ length: sizes.count }, (_, k) => source(k - before[d], sizes.n, mode));
    takeRows(call, from, call.words(index), to, sizes);
  });
}

function source(at: number, n: number, mode: string): number {
  if (n === 0) throw new ShapeError('nothing to repeat in an empty dimension');
  if (mode === 'edge') return Math.min(Math.max(at, 0), n - 1);
  if (mode === 'wrap') return ((at % n) + n) % n;
  if (mode !== 'reflect') throw new UnsupportedError(`mode is ${mode}; expected constant, reflect, edge or wrap`);
  if (n === 1) return 0;
  const round = 2 * (n - 1);
  const folded = ((at % round) + round) % round;
  return folded < n ? folded : round - folded;
}

export const pads: Record<string, Operator> = { Pad: pad };

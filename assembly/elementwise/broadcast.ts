// Binary operations on broadcast or otherwise strided operands; out is contiguous.
import { Op } from './codes';
import { map2, STAND, splatFrom, WALK } from './map';

export function binaryBroadcast(
  op: i32,
  a: usize,
  b: usize,
  out: usize,
  rank: i32,
  shape: usize,
  aStrides: usize,
  bStrides: usize,
): void {
  walk(Op.ADD + op, a, b, out, rank, shape, aStrides, bStrides);
}

export function binaryBroadcastInt(
  op: i32,
  a: usize,
  b: usize,
  out: usize,
  rank: i32,
  shape: usize,
  aStrides: usize,
  bStrides: usize,
): void {
  walk(Op.ADD_INT + op, a, b, out, rank, shape, aStrides, bStrides);
}

/** One dimension; returns the address behind what was written. */
function walk(
  op: i32,
  a: usize,
  b: usize,
  out: usize,
  rank: i32,
  shape: usize,
  aStrides: usize,
  bStrides: usize,
): usize {
  if (rank == 0) {
    map2(op, a, WALK, b, WALK, out, 1);
    return out + 4;
  }
  const n = load<i32>(shape);
  const aStride = <usize>load<i32>(aStrides);
  const bStride = <usize>load<i32>(bStrides);
  if (rank == 1) {
    row(op, a, aStride, b, bStride, out, n);
    return out + ((<usize>n) << 2);
  }
  for (let i = 0; i < n; i++) {
    out = walk(op, a, b, out, rank - 1, shape + 4, aStrides + 4, bStrides + 4);
    a += aStride << 2;
    b += bStride << 2;
  }
  return out;
}

// Sixteen elements at a time: fewer would stall the vector loads on the scalar stores just before them.
const CHUNK = 16;
const STAGED = memory.data(128, 16);

function row(op: i32, a: usize, aStride: usize, b: usize, bStride: usize, out: usize, n: i32): void {
  if (aStride <= 1 && bStride <= 1) {
    if (aStride == 0) a = splatFrom(0, a);
    if (bStride == 0) b = splatFrom(1, b);
    return map2(op, a, 0 - aStride, b, 0 - bStride, out, n);
  }
  for (let at = 0; at < n; at += CHUNK) {
    const count = min(CHUNK, n - at);
    stage(STAGED, a, aStride, count);
    stage(STAGED + 64, b, bStride, count);
    map2(op, STAGED, WALK, STAGED + 64, WALK, out, count);
    a += (aStride * CHUNK) << 2;
    b += (bStride * CHUNK) << 2;
    out += CHUNK << 2;
  }
}

function stage(to: usize, from: usize, stride: usize, count: i32): void {
  for (const end = to + ((<usize>count) << 2); to < end; to += 4) {
    store<u32>(to, load<u32>(from));
    from += stride << 2;
  }
}

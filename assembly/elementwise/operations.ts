// Elementwise kernels on contiguous operands of one shape. Every `out` is written and may be an operand.
import { below } from '../simd/below';
import { Op } from './codes';
import { map1, map2, map3, STAND, splat, WALK } from './map';

export function unary(op: i32, x: usize, y: usize, n: i32): void {
  map1(op, x, y, n);
}

export function unaryBackward(op: i32, saved: usize, dy: usize, dx: usize, n: i32): void {
  if (op == Op.NEG) map1(Op.NEG, dy, dx, n);
  else map2(Op.ABS_BACKWARD - Op.ABS + op, saved, WALK, dy, WALK, dx, n);
}

export function unaryInt(op: i32, x: usize, y: usize, n: i32): void {
  map1(Op.NEG_INT + op, x, y, n);
}

export function binary(op: i32, a: usize, b: usize, out: usize, n: i32): void {
  map2(Op.ADD + op, a, WALK, b, WALK, out, n);
}

export function binaryScalar(op: i32, a: usize, b: f32, out: usize, n: i32): void {
  op += Op.ADD;
  if (op == Op.POW) {
    // As torch: the two common exponents are one exactly rounded operation.
    if (b == 2) return map2(Op.MUL, a, WALK, a, WALK, out, n);
    if (b == 0.5) return map1(Op.SQRT, a, out, n);
  }
  map2(op, a, WALK, splat(0, b), STAND, out, n);
}

export function binaryBackward(op: i32, side: i32, a: usize, b: usize, dOut: usize, out: usize, n: i32): void {
  op += Op.ADD;
  if (op == Op.POW) return map3(Op.POW_BASE_BACKWARD + side, a, b, WALK, dOut, WALK, out, n);
  // The side that loses where it is smaller comes first.
  const swap = (side != 0) != (op == Op.MIN);
  map3(Op.EXTREMUM_BACKWARD, swap ? b : a, swap ? a : b, WALK, dOut, WALK, out, n);
}

export function clamp(x: usize, out: usize, n: i32, low: f32, high: f32): void {
  map3(Op.CLAMP, x, splat(0, low), STAND, splat(1, high), STAND, out, n);
}

/** open 1: no gradient at the bounds themselves. */
export function clampBackward(x: usize, dOut: usize, dx: usize, n: i32, low: f32, high: f32, open: i32): void {
  if (open) {
    low = -below(-low);
    high = below(high);
  }
  const bounds = splat(0, low);
  splat(1, high);
  map3(Op.CLAMP_BACKWARD, x, dOut, WALK, bounds, STAND, dx, n);
}

export function select(condition: usize, a: usize, b: usize, out: usize, n: i32): void {
  map3(Op.SELECT, condition, a, WALK, b, WALK, out, n);
}

export function accumulate(x: usize, y: usize, n: i32): void {
  map2(Op.ADD, y, WALK, x, WALK, y, n);
}

export function scale(y: usize, n: i32, factor: f32): void {
  map2(Op.MUL, y, WALK, splat(0, factor), STAND, y, n);
}

export function intToFloat(x: usize, y: usize, n: i32): void {
  map1(Op.INT_TO_FLOAT, x, y, n);
}

export function floatToInt(x: usize, y: usize, n: i32): void {
  map1(Op.FLOAT_TO_INT, x, y, n);
}

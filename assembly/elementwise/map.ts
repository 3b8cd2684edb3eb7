// The loops of all elementwise kernels: one per operation (a call or a branch per vector would cost as much as an
// addition), generated from one template per number of operands. The elements left over at the end go through the
// same loop, staged in a whole vector, so a result never depends on its position.
import { loadPart, storePart } from '../simd/parts';
import { bends } from './bends';
import { Op } from './codes';
import { backwardLane, binaryLane, ternaryLane, unaryLane } from './lanes';

/** Masks of an operand's offset: it walks along the elements, or stands on one vector. */
// @ts-ignore: decorator
@inline
export const WALK: usize = -1;
// @ts-ignore: decorator
@inline
export const STAND: usize = 0;

const STAGE = memory.data(64, 16);

// @ts-ignore: decorator
@inline
function unaryLoop(op: i32, a: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, unaryLane(op, v128.load(a + i)));
}
// @ts-ignore: decorator
@inline
function binaryLoop(op: i32, a: usize, aMask: usize, b: usize, bMask: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, binaryLane(op, v128.load(a + (i & aMask)), v128.load(b + (i & bMask))));
  }
}
// @ts-ignore: decorator
@inline
function backwardLoop(op: i32, a: usize, b: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, backwardLane(op, v128.load(a + i), v128.load(b + i)));
}
// @ts-ignore: decorator
@inline
function ternaryLoop(
  op: i32,
  a: usize,
  b: usize,
  bMask: usize,
  c: usize,
  cMask: usize,
  out: usize,
  bytes: usize,
): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, ternaryLane(op, v128.load(a + i), v128.load(b + (i & bMask)), v128.load(c + (i & cMask))));
  }
}
function clampBackwardLoop(a: usize, b: usize, bounds: usize, out: usize, bytes: usize): void {
  const low = v128.load(bounds);
  const high = v128.load(bounds, 16);
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(a + i);
    v128.store(out + i, v128.and(v128.load(b + i), v128.and(f32x4.ge(x, low), f32x4.le(x, high))));
  }
}

function mapUnary(op: i32, a: usize, out: usize, bytes: usize): void {
  switch (op) {
    case Op.NEG: unaryLoop(Op.NEG, a, out, bytes); break;
    case Op.ABS: unaryLoop(Op.ABS, a, out, bytes); break;
    case Op.SQRT: unaryLoop(Op.SQRT, a, out, bytes); break;
    case Op.EXP: unaryLoop(Op.EXP, a, out, bytes); break;
    case Op.LOG: unaryLoop(Op.LOG, a, out, bytes); break;
    case Op.TANH: unaryLoop(Op.TANH, a, out, bytes); break;
    case Op.SIGMOID: unaryLoop(Op.SIGMOID, a, out, bytes); break;
    case Op.RELU: unaryLoop(Op.RELU, a, out, bytes); break;
    case Op.NEG_INT: unaryLoop(Op.NEG_INT, a, out, bytes); break;
    case Op.ABS_INT: unaryLoop(Op.ABS_INT, a, out, bytes); break;
    case Op.INT_TO_FLOAT: unaryLoop(Op.INT_TO_FLOAT, a, out, bytes); break;
    case Op.FLOAT_TO_INT: unaryLoop(Op.FLOAT_TO_INT, a, out, bytes); break;
    default: bends(op, a, 0, out, bytes);
  }
}

function mapBinary(op: i32, a: usize, aMask: usize, b: usize, bMask: usize, out: usize, bytes: usize): void {
  switch (op) {
    case Op.ADD: binaryLoop(Op.ADD, a, aMask, b, bMask, out, bytes); break;
    case Op.SUB: binaryLoop(Op.SUB, a, aMask, b, bMask, out, bytes); break;
    case Op.MUL: binaryLoop(Op.MUL, a, aMask, b, bMask, out, bytes); break;
    case Op.DIV: binaryLoop(Op.DIV, a, aMask, b, bMask, out, bytes); break;
    case Op.POW: binaryLoop(Op.POW, a, aMask, b, bMask, out, bytes); break;
    case Op.MAX: binaryLoop(Op.MAX, a, aMask, b, bMask, out, bytes); break;
    case Op.MIN: binaryLoop(Op.MIN, a, aMask, b, bMask, out, bytes); break;
    case Op.SQUARED_ERROR: binaryLoop(Op.SQUARED_ERROR, a, aMask, b, bMask, out, bytes); break;
    case Op.ADD_INT: binaryLoop(Op.ADD_INT, a, aMask, b, bMask, out, bytes); break;
    case Op.SUB_INT: binaryLoop(Op.SUB_INT, a, aMask, b, bMask, out, bytes); break;
    case Op.MUL_INT: binaryLoop(Op.MUL_INT, a, aMask, b, bMask, out, bytes); break;
    case Op.MAX_INT: binaryLoop(Op.MAX_INT, a, aMask, b, bMask, out, bytes); break;
    case Op.MIN_INT: binaryLoop(Op.MIN_INT, a, aMask, b, bMask, out, bytes); break;
    case Op.ABS_BACKWARD: backwardLoop(Op.ABS_BACKWARD, a, b, out, bytes); break;
    case Op.SQRT_BACKWARD: backwardLoop(Op.SQRT_BACKWARD, a, b, out, bytes); break;
    case Op.EXP_BACKWARD: backwardLoop(Op.EXP_BACKWARD, a, b, out, bytes); break;
    case Op.LOG_BACKWARD: backwardLoop(Op.LOG_BACKWARD, a, b, out, bytes); break;
    case Op.TANH_BACKWARD: backwardLoop(Op.TANH_BACKWARD, a, b, out, bytes); break;
    case Op.SIGMOID_BACKWARD: backwardLoop(Op.SIGMOID_BACKWARD, a, b, out, bytes); break;
    case Op.RELU_BACKWARD: backwardLoop(Op.RELU_BACKWARD, a, b, out, bytes); break;
    default: bends(op, a, b, out, bytes);
  }
}

function mapTernary(op: i32, a: usize, b: usize, bMask: usize, c: usize, cMask: usize, out: usize, n: usize): void {
  switch (op) {
    case Op.CLAMP: ternaryLoop(Op.CLAMP, a, b, bMask, c, cMask, out, n); break;
    case Op.CLAMP_BACKWARD: clampBackwardLoop(a, b, c, out, n); break;
    case Op.SELECT: ternaryLoop(Op.SELECT, a, b, bMask, c, cMask, out, n); break;
    case Op.POW_BASE_BACKWARD: ternaryLoop(Op.POW_BASE_BACKWARD, a, b, bMask, c, cMask, out, n); break;
    case Op.POW_EXPONENT_BACKWARD: ternaryLoop(Op.POW_EXPONENT_BACKWARD, a, b, bMask, c, cMask, out, n); break;
    case Op.EXTREMUM_BACKWARD: ternaryLoop(Op.EXTREMUM_BACKWARD, a, b, bMask, c, cMask, out, n); break;
    case Op.SQUARED_ERROR_BACKWARD: ternaryLoop(Op.SQUARED_ERROR_BACKWARD, a, b, bMask, c, cMask, out, n); break;
  }
}

/** out[i] = op(a[i]). out may be a. */
export function map1(op: i32, a: usize, out: usize, n: i32): void {
  const bytes: usize = (n & ~3) << 2;
  mapUnary(op, a, out, bytes);
  const rest = n & 3;
  if (rest == 0) return;
  v128.store(STAGE, loadPart(a + bytes, rest, f32x4.splat(0)));
  mapUnary(op, STAGE, STAGE, 16);
  storePart(out + bytes, v128.load(STAGE), rest);
}

/** out[i] = op(a[i], b[i]); an operand whose mask is STAND is one vector (see splat). out may be a or b. */
export function map2(op: i32, a: usize, aMask: usize, b: usize, bMask: usize, out: usize, n: i32): void {
  const bytes: usize = (n & ~3) << 2;
  mapBinary(op, a, aMask, b, bMask, out, bytes);
  const rest = n & 3;
  if (rest == 0) return;
  a = staged(a, aMask, bytes, rest, 0);
  b = staged(b, bMask, bytes, rest, 16);
  mapBinary(op, a, STAND, b, STAND, STAGE, 16);
  storePart(out + bytes, v128.load(STAGE), rest);
}

/** out[i] = op(a[i], b[i], c[i]). out may be any of them. */
export function map3(op: i32, a: usize, b: usize, bMask: usize, c: usize, cMask: usize, out: usize, n: i32): void {
  const bytes: usize = (n & ~3) << 2;
  mapTernary(op, a, b, bMask, c, cMask, out, bytes);
  const rest = n & 3;
  if (rest == 0) return;
  a = staged(a, WALK, bytes, rest, 0);
  b = staged(b, bMask, bytes, rest, 16);
  c = staged(c, cMask, bytes, rest, 32);
  mapTernary(op, a, b, STAND, c, STAND, STAGE, 16);
  storePart(out + bytes, v128.load(STAGE), rest);
}

function staged(p: usize, mask: usize, bytes: usize, rest: i32, slot: usize): usize {
  if (mask == STAND) return p;
  v128.store(STAGE + slot, loadPart(p + bytes, rest, f32x4.splat(0)));
  return STAGE + slot;
}

const SPLATS = memory.data(64, 16);

/** Fills vector `slot` (0 to 3) with a float and returns its address, for an operand that stands. */
export function splat(slot: usize, value: f32): usize {
  v128.store(SPLATS + (slot << 4), f32x4.splat(value));
  return SPLATS + (slot << 4);
}

/** Likewise with the 4 bytes at p. */
export function splatFrom(slot: usize, p: usize): usize {
  v128.store(SPLATS + (slot << 4), v128.load32_splat(p));
  return SPLATS + (slot << 4);
}

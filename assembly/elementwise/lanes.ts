// One vector of every elementwise operation. `op` is a literal wherever these are called, so of each switch one case
// stays.
import { exp4, sigmoid4, tanh4 } from '../simd/activations';
import { log4 } from '../simd/log';
import { Op } from './codes';
import { pow4, powBaseBackward, powExponentIsFlat } from './pow';

// Read with load32_splat: a splat of a literal is rebuilt at every use.
const ONE = memory.data<f32>([1], 16);
const HALF = memory.data<f32>([0.5], 16);

// @ts-ignore: decorator
@inline
function one(): v128 {
  return v128.load32_splat(ONE);
}

// @ts-ignore: decorator
@inline
export function unaryLane(op: i32, a: v128): v128 {
  switch (op) {
    case Op.NEG: return f32x4.neg(a);
    case Op.ABS: return f32x4.abs(a);
    case Op.SQRT: return f32x4.sqrt(a);
    case Op.EXP: return exp4(a);
    case Op.LOG: return log4(a);
    case Op.TANH: return tanh4(a);
    case Op.SIGMOID: return sigmoid4(a);
    case Op.RELU: return f32x4.pmax(a, f32x4.splat(0)); // pmax(a, …) is a unless a < …: keeps NaN
    case Op.NEG_INT: return i32x4.neg(a);
    case Op.ABS_INT: return i32x4.abs(a);
    case Op.INT_TO_FLOAT: return f32x4.convert_i32x4_s(a);
    default: return i32x4.trunc_sat_f32x4_s(a);
  }
}

// @ts-ignore: decorator
@inline
export function binaryLane(op: i32, a: v128, b: v128): v128 {
  switch (op) {
    case Op.ADD: return f32x4.add(a, b);
    case Op.SUB: return f32x4.sub(a, b);
    case Op.MUL: return f32x4.mul(a, b);
    case Op.DIV: return f32x4.div(a, b);
    case Op.POW: return pow4(a, b);
    case Op.MAX: return f32x4.max(a, b);
    case Op.MIN: return f32x4.min(a, b);
    case Op.ADD_INT: return i32x4.add(a, b);
    case Op.SUB_INT: return i32x4.sub(a, b);
    case Op.MUL_INT: return i32x4.mul(a, b);
    case Op.MAX_INT: return i32x4.max_s(a, b);
    case Op.MIN_INT: return i32x4.min_s(a, b);
    default: return squaredError(a, b);
  }
}

/** dy · f'(…) from the saved x or y (see UNARY), in torch's order of operations. */
// @ts-ignore: decorator
@inline
export function backwardLane(op: i32, saved: v128, dy: v128): v128 {
  switch (op) {
    case Op.ABS_BACKWARD: return f32x4.mul(dy, sign(saved));
    case Op.SQRT_BACKWARD: return f32x4.div(dy, f32x4.add(saved, saved));
    case Op.EXP_BACKWARD: return f32x4.mul(dy, saved);
    case Op.LOG_BACKWARD: return f32x4.div(dy, saved);
    case Op.TANH_BACKWARD: return f32x4.mul(dy, f32x4.sub(one(), f32x4.mul(saved, saved)));
    case Op.SIGMOID_BACKWARD: return f32x4.mul(f32x4.mul(dy, f32x4.sub(one(), saved)), saved);
    default: return v128.andnot(dy, f32x4.le(saved, f32x4.splat(0)));
  }
}

// @ts-ignore: decorator
@inline
export function ternaryLane(op: i32, a: v128, b: v128, c: v128): v128 {
  switch (op) {
    case Op.CLAMP: return f32x4.min(f32x4.max(a, b), c);
    case Op.SELECT: return v128.bitselect(b, c, i32x4.ne(a, i32x4.splat(0)));
    case Op.POW_BASE_BACKWARD: return powBaseBackward(a, b, c);
    case Op.POW_EXPONENT_BACKWARD:
      return v128.andnot(f32x4.mul(c, f32x4.mul(pow4(a, b), log4(a))), powExponentIsFlat(a, b));
    case Op.EXTREMUM_BACKWARD: return extremumBackward(a, b, c);
    default: {
      const d = f32x4.sub(a, b);
      return f32x4.mul(c, f32x4.add(d, d));
    }
  }
}

// @ts-ignore: decorator
@inline
function squaredError(a: v128, b: v128): v128 {
  const d = f32x4.sub(a, b);
  return f32x4.mul(d, d);
}

/** -1, 0 or 1; 0 for NaN, as torch.sgn. */
// @ts-ignore: decorator
@inline
function sign(x: v128): v128 {
  const zero = f32x4.splat(0);
  return f32x4.convert_i32x4_s(i32x4.sub(f32x4.lt(x, zero), f32x4.gt(x, zero)));
}

/** NaN compares false, so it passes the gradient to both sides, as torch does. */
// @ts-ignore: decorator
@inline
function extremumBackward(a: v128, b: v128, c: v128): v128 {
  const halved = v128.bitselect(f32x4.mul(c, v128.load32_splat(HALF)), c, f32x4.eq(a, b));
  return v128.andnot(halved, f32x4.lt(a, b));
}

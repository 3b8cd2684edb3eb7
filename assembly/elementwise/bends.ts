// erf, elu, softplus and their derivatives, in one loop: rarer than what has a loop of its own (map.ts), and what they are made of is large.
import { exp4, expm1Negative } from '../simd/activations';
import { erfExponent } from '../simd/erf';
import { log4 } from '../simd/log';
import { Op } from './codes';

const ONE = memory.data<f32>([1], 16);
const TWO_OVER_ROOT_PI = memory.data<f32>([1.1283791670955126], 16);

/** out = f(x), or where dy is given dy · f(x), f then being the derivative. */
export function bends(op: i32, x: usize, dy: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const y = bend(op, v128.load(x + i));
    v128.store(out + i, dy ? f32x4.mul(y, v128.load(dy + i)) : y);
  }
}

// @ts-ignore: decorator
@inline
function bend(op: i32, x: v128): v128 {
  const zero = f32x4.splat(0);
  const magnitude = f32x4.abs(x);
  let exponent = f32x4.neg(magnitude);
  if (op == Op.ERF) exponent = erfExponent(magnitude);
  else if (op == Op.ERF_BACKWARD) exponent = f32x4.neg(f32x4.mul(x, x));
  else if (op != Op.SOFTPLUS && op != Op.SOFTPLUS_BACKWARD) exponent = f32x4.pmin(x, zero);
  if (op == Op.ERF || op == Op.ELU) {
    const m = expm1Negative(exponent);
    if (op == Op.ELU) return f32x4.add(f32x4.max(x, zero), m);
    return v128.bitselect(x, f32x4.neg(m), i32x4.splat(<i32>0x80000000));
  }
  const e = exp4(exponent);
  if (op == Op.ELU_BACKWARD) return e;
  if (op == Op.ERF_BACKWARD) return f32x4.mul(e, v128.load32_splat(TWO_OVER_ROOT_PI));
  const one = v128.load32_splat(ONE);
  const u = f32x4.add(one, e);
  // sigmoid x, without overflow
  if (op == Op.SOFTPLUS_BACKWARD) return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, zero)), u);
  // max(x, 0) + log(1 + e), where log(1 + e) = e·log(u) / (u - 1) with u = 1 + e rounded (Kahan), and e itself where u is 1.
  const ratio = f32x4.div(e, f32x4.sub(u, one));
  const log1p = v128.bitselect(e, f32x4.mul(log4(u), ratio), f32x4.eq(u, one));
  return f32x4.add(f32x4.max(x, zero), log1p);
}

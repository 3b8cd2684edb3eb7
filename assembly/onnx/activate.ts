// Functions of one operand, with two constants α and β. Codes: ACTIVATION of src/onnx/kernels.ts.
import { expm1Negative, tanh4 } from '../simd/activations';
import { erfExponent } from '../simd/erf';
import { loadTail, storeTail } from '../simd/lanes';
import { sine4 } from './special';

const CONSTANTS = memory.data<f32>([1, 0.5, 0.7071067811865476, 0.7978845608028654, 0.044715], 16);

// @ts-ignore: decorator
@inline
function constant(k: usize): v128 {
  return v128.load32_splat(CONSTANTS + (k << 2));
}

export function activate(code: i32, x: usize, y: usize, n: i32, alpha: f32, beta: f32): void {
  const a = f32x4.splat(alpha);
  const b = f32x4.splat(beta);
  const whole: usize = (n & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(y + i, lane(code, v128.load(x + i), a, b));
  const rest = n & 3;
  if (rest != 0) storeTail(y + whole, lane(code, loadTail(x + whole, rest), a, b), rest);
}

function lane(code: i32, x: v128, a: v128, b: v128): v128 {
  const zero = f32x4.splat(0);
  const one = constant(0);
  switch (code) {
    case 0: return f32x4.add(f32x4.mul(a, x), b);
    case 1: return v128.bitselect(f32x4.mul(a, x), x, f32x4.lt(x, zero));
    case 2: return v128.and(x, f32x4.gt(x, a));
    case 3: return f32x4.mul(a, tanh4(f32x4.mul(b, x)));
    case 4: return hardSigmoid(x, a, b);
    case 5: return v128.bitselect(f32x4.mul(a, expm1Negative(f32x4.pmin(x, zero))), x, f32x4.lt(x, zero));
    case 6: return f32x4.div(x, f32x4.add(one, f32x4.abs(x)));
    case 7: return f32x4.floor(x);
    case 8: return f32x4.ceil(x);
    case 9: return f32x4.nearest(x);
    case 10: return sign(x);
    case 11: return f32x4.div(one, x);
    case 12: return f32x4.mul(x, hardSigmoid(x, a, b));
    case 13: return gelu(x, erf(f32x4.mul(x, constant(2))));
    case 14: return gelu(x, tanh4(f32x4.mul(constant(3), f32x4.add(x, f32x4.mul(constant(4), f32x4.mul(x, f32x4.mul(x, x)))))));
    case 15: return sine4(x, 0);
    case 16: return sine4(x, 1);
    default: return x;
  }
}

// @ts-ignore: decorator
@inline
function hardSigmoid(x: v128, a: v128, b: v128): v128 {
  return f32x4.max(f32x4.splat(0), f32x4.min(constant(0), f32x4.add(f32x4.mul(a, x), b)));
}

/** -1, 0 or 1, and NaN for NaN. */
function sign(x: v128): v128 {
  const zero = f32x4.splat(0);
  const y = f32x4.convert_i32x4_s(i32x4.sub(f32x4.lt(x, zero), f32x4.gt(x, zero)));
  return v128.bitselect(y, x, f32x4.eq(x, x));
}

/** As UNARY.erf of the first module. */
function erf(x: v128): v128 {
  const magnitude = expm1Negative(erfExponent(f32x4.abs(x)));
  return v128.bitselect(x, f32x4.neg(magnitude), i32x4.splat(<i32>0x80000000));
}

/** x/2 · (1 + y). */
// @ts-ignore: decorator
@inline
function gelu(x: v128, y: v128): v128 {
  return f32x4.mul(f32x4.mul(x, constant(1)), f32x4.add(constant(0), y));
}

// Natural logarithm of four float32 lanes.
//
// Method and coefficients: fdlibm's e_logf.c (Sun Microsystems 1993, float version by Ian Lance Taylor; coefficients as
// in FreeBSD's msun). x = 2^k·m with m in [√½, √2), f = m - 1, s = f / (2 + f), log(1 + f) = f - s·(f - R(s²)).
// Largest error seen over 2^23 arguments of all magnitudes, either build: 0.83 ulp (at 1.4046).
import { madd } from './lanes';

// Read with load32_splat: a splat of a literal is rebuilt at every use (2.5 times slower on V8 of Node 24).
const FLOATS = memory.data<f32>([
  0.66666662693, // 0: L1
  0.40000972152, // 1: L2
  0.28498786688, // 2: L3
  0.24279078841, // 3: L4
  0.69313812256, // 4: ln 2, high part: 17 bits, so k times it is exact
  9.0580006145e-6, // 5: ln 2, low part
  0.5, // 6
  1, // 7
  2, // 8
  8388608, // 9: 2^23 makes denormals normal
  1.17549435e-38, // 10: the smallest normal number
  Infinity, // 11
], 16);
const INTS = memory.data<i32>([
  0x3f800000 - 0x3f3504f3, // 0: moves √½ to a power of two
  0x3f3504f3, // 1: √½
  0x007fffff, // 2: mantissa
  127, // 3: exponent bias
  23, // 4
], 16);

// @ts-ignore: decorator
@inline
function float(k: usize): v128 {
  return v128.load32_splat(FLOATS + (k << 2));
}
// @ts-ignore: decorator
@inline
function int(k: usize): v128 {
  return v128.load32_splat(INTS + (k << 2));
}

/** log x: -∞ at ±0, NaN below, ∞ at ∞, NaN at NaN; denormals are exact. */
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, float(10));
  const normal = v128.bitselect(f32x4.mul(x, float(9)), x, tiny);
  const bits = i32x4.add(normal, int(0));
  const exponent = i32x4.sub(i32x4.sub(i32x4.shr_u(bits, 23), int(3)), v128.and(tiny, int(4)));
  const k = f32x4.convert_i32x4_s(exponent);
  const f = f32x4.sub(i32x4.add(v128.and(bits, int(2)), int(1)), float(7));
  const s = f32x4.div(f, f32x4.add(f, float(8)));
  const z = f32x4.mul(s, s);
  const w = f32x4.mul(z, z);
  const odd = f32x4.mul(z, madd(w, float(2), float(0)));
  const r = madd(w, madd(w, float(3), float(1)), odd);
  const half = f32x4.mul(float(6), f32x4.mul(f, f));
  const low = f32x4.sub(madd(s, f32x4.add(half, r), f32x4.mul(k, float(5))), half);
  const y = madd(k, float(4), f32x4.add(low, f));
  // x > 0 and finite in all lanes, the usual case.
  if (i32x4.all_true(v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, float(11))))) return y;
  return special(x, y);
}

// √x has the wanted value at ∞, NaN and below zero.
function special(x: v128, y: v128): v128 {
  const positive = f32x4.gt(x, f32x4.splat(0));
  const usual = v128.and(positive, f32x4.lt(x, float(11)));
  const zero = f32x4.eq(x, f32x4.splat(0));
  return v128.bitselect(y, v128.bitselect(f32x4.neg(float(11)), f32x4.sqrt(x), zero), usual);
}

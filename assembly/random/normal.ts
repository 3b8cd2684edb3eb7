// Standard normal numbers by Box-Muller, in float64 without any function of the host: the same bits on every engine
// and build.

// Taylor coefficients. |x| ≤ π/4: sin is off by at most 7e-12, cos by 4e-13; far below half a float32 ulp (3e-8 of
// the value).
const SIN = memory.data<f64>([-1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800]);
const COS = memory.data<f64>([-0.5, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600]);
// artanh s = s (1 + s²/3 + s⁴/5 + …), |s| ≤ 0.172: the first term left out is 1.3e-12 of the value.
const ARTANH = memory.data<f64>([1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13]);

/** 1 + c0 z + c1 z² + … */
function polynomial(coefficients: usize, count: i32, z: f64): f64 {
  let y = 0.0;
  for (let k = count - 1; k >= 0; k--) y = y * z + load<f64>(coefficients + ((<usize>k) << 3));
  return y * z + 1;
}

/** ln of a positive normal number: x = m·2^k with m in [√½, √2), ln m = 2 artanh((m - 1) / (m + 1)). */
function log(x: f64): f64 {
  const bits = reinterpret<u64>(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  const k = <f64>(<i32>(bits >> 52) - 1023);
  const m = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
  const s = (m - 1) / (m + 1);
  return k * 0.6931471805599453 + 2 * s * polynomial(ARTANH, 6, s * s);
}

/**
 * Two normal numbers from two uint32, in lanes 0 and 1. u = (a + 1)·2^-32 in (0, 1] gives the radius √(-2 ln u), at
 * most 6.66; b·2π/2^32 is the angle, reduced to a quadrant exactly, on the integer.
 */
function boxMuller(a: u32, b: u32): v128 {
  const radius = sqrt<f64>(-2 * log((<f64>a + 1) * 2.3283064365386963e-10));
  const turned = b + 0x20000000;
  const x = <f64>(<i32>(turned & 0x3fffffff) - 0x20000000) * 1.4629180792671596e-9;
  const sine = radius * x * polynomial(SIN, 5, x * x);
  const cosine = radius * polynomial(COS, 6, x * x);
  const quadrant = turned >> 30;
  const c = quadrant & 1 ? sine : cosine;
  const s = quadrant & 1 ? cosine : sine;
  const first = quadrant == 1 || quadrant == 2 ? -c : c;
  return f64x2.replace_lane(f64x2.splat(first), 1, quadrant >= 2 ? -s : s);
}

/** mean + std·z for the four uint32 of a block: z0, z1 from words 0, 1 (cosine, sine), z2, z3 from words 2, 3. */
export function normal4(bits: v128, mean: f64, std: f64): v128 {
  const a = boxMuller(i32x4.extract_lane(bits, 0), i32x4.extract_lane(bits, 1));
  const b = boxMuller(i32x4.extract_lane(bits, 2), i32x4.extract_lane(bits, 3));
  const factor = f64x2.splat(std);
  const offset = f64x2.splat(mean);
  const low = f32x4.demote_f64x2_zero(f64x2.add(offset, f64x2.mul(factor, a)));
  const high = f32x4.demote_f64x2_zero(f64x2.add(offset, f64x2.mul(factor, b)));
  return v128.shuffle<f64>(low, high, 0, 2);
}

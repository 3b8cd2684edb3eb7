// exp, tanh and sigmoid of four lanes. Bounds are the largest errors seen over all magnitudes by
// tests/assembly/activations.test.ts: exp 1.0, sigmoid 2.5, tanh 2.6, e^y - 1 0.8 units in the last place.
// Constants are loaded with load32_splat from a table: V8 rebuilds f32x4.splat(literal) at every use (measured 2.5× slower).
import { madd } from './lanes';

// exp(r) = 1 + r + r²·P(r) for |r| ≤ ln2/2: Cephes' expf (S. L. Moshier), as are the two parts of ln 2.
const TABLE = memory.data<f32>([
  1.44269504088896341, // 0: 1 / ln 2
  -0.693359375, // 4: ln 2, high part: n·high is exact for |n| < 2^13
  2.12194440e-4, // 8: low part
  1.9875691500e-4, // 12: P, highest power first
  1.3981999507e-3, // 16
  8.3334519073e-3, // 20
  4.1665795894e-2, // 24
  1.6666665459e-1, // 28
  5.0000001201e-1, // 32
  1.0, // 36
  88.8, // 40: exp is infinite beyond
  -104.0, // 44: exp is 0 beyond
  2.88539008177792681, // 48: 2 / ln 2
  10.0, // 52: tanh(x) = 1 in float32 from 9.1 on
  88.0, // 56: sigmoid's argument is bounded from here, where 2^n is 0,
  -89.0, // 60: to here, where 2^n is infinite
  12583039.0, // 64: 1.5·2^23 + 127. A number below 2^22 added to it is rounded to the nearest integer n, and its bits then hold n + 127 in the last place.
  -1.44269504088896341, // 68: sigmoid's: -1 / ln 2,
  0.693359375, // 72: ln 2,
  -2.12194440e-4, // 76
  -1.3981999507e-3, // 80: and the other half of -P(-s)
  -4.1665795894e-2, // 84
  -5.0000001201e-1, // 88
  -0.0, // 92: the sign
  -88.0, // 96: from here 2^n is 0
  2.0, // 100
]);

// @ts-ignore: decorator
@inline
function constant(offset: usize): v128 {
  return v128.load32_splat(TABLE + offset);
}

/**
 * r + r²·P(r) = exp(r) - 1 for |r| ≤ ln2/2. Pairs of powers beside each other (Estrin): what an activation waits for is its longest chain, not its
 * number of operations.
 */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  const r2 = f32x4.mul(r, r);
  const high = madd(constant(12), r, constant(16));
  const middle = madd(constant(20), r, constant(24));
  const low = madd(constant(28), r, constant(32));
  return madd(r2, madd(madd(high, r2, middle), r2, low), r);
}

/** x - n·ln 2 in two parts. */
// @ts-ignore: decorator
@inline
function reduce(x: v128, n: v128): v128 {
  return madd(n, constant(8), madd(n, constant(4), x));
}

/** x / ln 2 rounded to the nearest integer n, as n + 127 + 1.5·2^23: i32x4.nearest and i32x4.trunc_sat are 10 instructions of x64, this is 2. */
// @ts-ignore: decorator
@inline
function biasedPower(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, constant(0)), constant(64));
}

/** That n as a float. */
// @ts-ignore: decorator
@inline
function powerOf(biased: v128): v128 {
  return f32x4.sub(biased, constant(64));
}

/** 2^n for n from -126 to 127: what is above the last nine bits leaves at the top. */
// @ts-ignore: decorator
@inline
function powerOfTwo(biased: v128): v128 {
  return i32x4.shl(biased, 23);
}

/** e^x. 0 and ∞ at the ends, denormals on the way, NaN stays NaN. */
export function exp4(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, constant(40)), constant(44));
  const biased = biasedPower(bounded);
  const q = f32x4.add(expm1Reduced(reduce(bounded, powerOf(biased))), constant(36));
  // 2^n in two factors: n reaches 128 and -150, beyond one exponent's range.
  const whole = i32x4.sub(biased, constant(64));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(q, powerOfTwo(i32x4.add(half, i32x4.splat(127)))), powerOfTwo(i32x4.sub(biased, half)));
}

/** e^y - 1 for y ≤ 0, with its last digits near 0 as well. */
// @ts-ignore: decorator
@inline
export function expm1Negative(y: v128): v128 {
  const bounded = f32x4.pmax(y, constant(96));
  const biased = biasedPower(bounded);
  const n = powerOf(biased);
  const scale = powerOfTwo(biased);
  return madd(scale, expm1Reduced(reduce(bounded, n)), f32x4.sub(scale, constant(36)));
}

/** 1 / (1 + e^-x): 0 below -88.4, where the true value is denormal. e^-x = 2^n·(1 - (s - s²·P(-s))) with n = -x / ln 2 rounded and s = x + n·ln 2. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = constant(36);
  const bounded = f32x4.pmax(f32x4.pmin(x, constant(56)), constant(60));
  const biased = madd(bounded, constant(68), constant(64));
  const n = powerOf(biased);
  const s = madd(n, constant(76), madd(n, constant(72), bounded));
  const s2 = f32x4.mul(s, s);
  const high = madd(constant(12), s, constant(80));
  const middle = madd(constant(20), s, constant(84));
  const low = madd(constant(28), s, constant(88));
  const rest = madd(s2, madd(madd(high, s2, middle), s2, low), s);
  return f32x4.div(one, madd(powerOfTwo(biased), f32x4.sub(one, rest), one));
}

/** With E = e^(2|x|) - 1, which keeps its relative precision near 0: tanh |x| = E / (E + 2); the sign is put back. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const one = constant(36);
  const magnitude = f32x4.pmin(f32x4.abs(x), constant(52));
  const biased = madd(magnitude, constant(48), constant(64));
  const scale = powerOfTwo(biased);
  const rest = expm1Reduced(reduce(f32x4.add(magnitude, magnitude), powerOf(biased)));
  const E = madd(scale, rest, f32x4.sub(scale, one));
  const result = f32x4.div(E, f32x4.add(E, constant(100)));
  return v128.or(result, v128.and(x, constant(92)));
}

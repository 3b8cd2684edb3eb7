// x^y of float32, by AssemblyScript's own powf (musl's, Szabolcs Nagy: float64 inside, 0.52 ulp), compiled into the
// module: no engine's Math.pow takes part.

/** C's and torch's powf. JavaScript's rule, which the library follows, makes 1^NaN and (±1)^±∞ NaN; in C they are 1. */
function pow(x: f32, y: f32): f32 {
  if (x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  return NativeMathf.pow(x, y);
}

export function pow4(x: v128, y: v128): v128 {
  let z = f32x4.splat(pow(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  z = f32x4.replace_lane(z, 1, pow(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  z = f32x4.replace_lane(z, 2, pow(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(z, 3, pow(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}

/** c · ∂(a^b)/∂a = c · b · a^(b-1), 0 where b is 0. */
export function powBaseBackward(a: v128, b: v128, c: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.eq(b, f32x4.splat(0));
  return v128.andnot(f32x4.mul(c, f32x4.mul(b, pow4(a, f32x4.sub(b, one)))), zero);
}

/** The places where a is 0 and b ≥ 0: the gradient with respect to b, c · a^b · ln a, is 0 there. */
export function powExponentIsFlat(a: v128, b: v128): v128 {
  const zero = f32x4.splat(0);
  return v128.and(f32x4.eq(a, zero), f32x4.ge(b, zero));
}

// Four float32 lanes. The only file that knows the relaxed build from the baseline build.

/** a·b + c. Relaxed: one fused rounding where the CPU has it; baseline: a rounded product, then a rounded sum. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Loads `count` (1 to 3) floats, the other lanes are zeros: tails are computed as the body is, and nothing is read past the end. */
// @ts-ignore: decorator
@inline
export function loadTail(p: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(p);
  let v = v128.load64_zero(p);
  if (count == 3) v = v128.load32_lane(p + 8, v, 2);
  return v;
}

/** Stores the first `count` (1 to 3) lanes. */
// @ts-ignore: decorator
@inline
export function storeTail(p: usize, v: v128, count: i32): void {
  if (count == 1) {
    v128.store32_lane(p, v, 0);
    return;
  }
  v128.store64_lane(p, v, 0);
  if (count == 3) v128.store32_lane(p + 8, v, 2);
}

/** Loads `count` floats: a constant 4 is a plain load, the branch vanishes. */
// @ts-ignore: decorator
@inline
export function loadLanes(p: usize, count: i32): v128 {
  return count == 4 ? v128.load(p) : loadTail(p, count);
}

// @ts-ignore: decorator
@inline
export function storeLanes(p: usize, v: v128, count: i32): void {
  if (count == 4) v128.store(p, v);
  else storeTail(p, v, count);
}

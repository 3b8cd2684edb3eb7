// Four float32 lanes. The only file that knows the relaxed build from the baseline build.

/**
 * a·b + c. Relaxed: one fused rounding where the CPU has it; baseline: a rounded product, then a rounded sum.
 *
 * Both builds are one compiled template: relaxed_min and relaxed_max, which nothing else here may use, hold the places of product and
 * sum, and bindings/builds.ts writes into them either mul and add, or nothing and relaxed_madd (a and b stay on the stack for it).
 */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_max(f32x4.relaxed_min(a, b), c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// 1 + 2^-12, and minus its rounded square.
const PROBE = memory.data<f32>([1.000244140625, -1.00048828125], 16);

/** Whether madd rounds once, here and now: JavaScriptCore runs the relaxed build and rounds twice. */
export function fused(): bool {
  const x = v128.load32_splat(PROBE);
  return v128.any_true(madd(x, x, v128.load32_splat(PROBE + 4)));
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

/**
 * Stores the first `count` lanes, a constant 4 is a plain store. Where a vector is loaded whole all the same, its other lanes are whatever lies
 * behind (src/engine/memory.ts leaves room at the end) and go nowhere.
 */
// @ts-ignore: decorator
@inline
export function storeLanes(p: usize, v: v128, count: i32): void {
  if (count == 4) v128.store(p, v);
  else storeTail(p, v, count);
}

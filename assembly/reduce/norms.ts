// Numbers about a whole block.

import { loadLanes } from '../simd/parts';
import { promoteHigh } from './strand';

export function sumSquares(x: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4) {
    const v = loadLanes(x, min(4, n), f32x4.splat(0));
    const a = f64x2.promote_low_f32x4(v);
    const b = promoteHigh(v);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    x += 16;
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}

/** x - x is 0 for finite x, NaN otherwise. */
export function hasNonFinite(x: usize, n: i32): i32 {
  let differences = f32x4.splat(0);
  for (; n > 0; n -= 4) {
    const v = loadLanes(x, min(4, n), f32x4.splat(0));
    differences = f32x4.add(differences, f32x4.sub(v, v));
    x += 16;
  }
  return <i32>v128.any_true(f32x4.ne(differences, differences));
}

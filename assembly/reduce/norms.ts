// Numbers about a whole block.
import { loadStaged, promoteHigh, stage } from './strand';

export function sumSquares(x: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const count = (n + 3) >> 2;
  stage(0, x, 16, count, ((n - 1) & 3) + 1, f32x4.splat(0));
  for (let k = 1; k <= count; k++) {
    const v = loadStaged(0, x, k == count);
    const a = f64x2.promote_low_f32x4(v);
    const b = promoteHigh(v);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    x += 16;
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}

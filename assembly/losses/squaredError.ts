// (x - y)² and its gradient.
import { Op } from '../elementwise/codes';
import { map2, map3, STAND, splatFrom, WALK } from '../elementwise/map';

export function squaredError(x: usize, y: usize, out: usize, n: i32): void {
  map2(Op.SQUARED_ERROR, x, WALK, y, WALK, out, n);
}

/** scaleStride is 0 (one factor) or 1. */
export function squaredErrorBackward(x: usize, y: usize, scale: usize, scaleStride: i32, dx: usize, n: i32): void {
  if (scaleStride) map3(Op.SQUARED_ERROR_BACKWARD, x, y, WALK, scale, WALK, dx, n);
  else map3(Op.SQUARED_ERROR_BACKWARD, x, y, WALK, splatFrom(0, scale), STAND, dx, n);
}

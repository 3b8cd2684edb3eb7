// The error function of four float32 lanes: erf |x| = 1 - e^-(|x|·Q(|x|)), which needs no second formula near 0 because e^y - 1 keeps its
// digits there.
//
// Q(t) = -ln(erfc t) / t, degree 7 on [0, 4], fitted for the smallest largest relative error of erf (Lawson's weighted least squares): 3.6e-8.
// Largest error seen over all magnitudes (tests/assembly/activations.test.ts): 2.7 units in the last place.
import { madd } from './lanes';

const Q = memory.data<f32>([
  4.070758950547315e-05, -0.00038099809898994863, 0.0012517392169684172, 0.00020572665380313993, -0.019321724772453308,
  0.10281441360712051, 0.6366164684295654, 1.128379225730896,
]);
const END = memory.data<f32>([4.0]); // erf is 1 in float32 from 3.92 on

/** -t·Q(t) of t = |x|: erf |x| = 1 - e^that. */
// @ts-ignore: decorator
@inline
export function erfExponent(magnitude: v128): v128 {
  const t = f32x4.pmin(magnitude, v128.load32_splat(END));
  let q = v128.load32_splat(Q);
  for (let k: usize = 4; k < 32; k += 4) q = madd(q, t, v128.load32_splat(Q + k));
  return f32x4.neg(f32x4.mul(t, q));
}

// Rows [m, n] brought to mean 0 and variance 1, times weight, plus bias: layer and batch normalisation. Two elements at a time in
// float64: where rows are short the gradient is the small difference of large numbers.

const ZEROS = memory.data<f32>([0, 0], 16);
const ONES = memory.data<f32>([1, 1], 16);

/** Two float32, or the last one of an odd row. */
// @ts-ignore: decorator
@inline
function two(p: usize, isOne: bool): v128 {
  return isOne ? v128.load32_zero(p) : v128.load64_zero(p);
}
// @ts-ignore: decorator
@inline
function storeTwo(p: usize, v: v128, isOne: bool): void {
  if (isOne) v128.store32_lane(p, v, 0);
  else v128.store64_lane(p, v, 0);
}
// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The mean of x - center or of its square: in two passes, for Σ x² would lose the digits of mean². */
function moment(x: usize, center: f64, square: bool, n: i32): f64 {
  const c = f64x2.splat(center);
  const end = x + (<usize>(n & ~1) << 2);
  let all = f64x2.splat(0);
  for (; x < end; x += 8) {
    const d = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x)), c);
    all = f64x2.add(all, square ? f64x2.mul(d, d) : d);
  }
  let total = lanes(all);
  if (n & 1) {
    const d = <f64>load<f32>(x) - center;
    total += square ? d * d : d;
  }
  return total / n;
}

/** (x - mean) · scale, not yet rounded. */
// @ts-ignore: decorator
@inline
function standard(x: v128, mean: v128, scale: v128): v128 {
  return f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(x), mean), scale);
}

/**
 * y = (x - mean) · scale · weight + bias. Product and sum are float32, rounded one by one in either build, as tensors' mul and
 * add do it.
 */
export function normalize(x: usize, weight: usize, bias: usize, y: usize, m: i32, n: i32, eps: f32, stats: usize): void {
  const bytes = <usize>n << 2;
  const wMask: usize = weight ? <usize>-1 : 0;
  const bMask: usize = bias ? <usize>-1 : 0;
  if (!weight) weight = ONES;
  if (!bias) bias = ZEROS;
  let mean: f64 = 0;
  let scale: f64 = 1;
  for (; m > 0; m--, x += bytes, y += bytes) {
    if (eps >= 0) {
      mean = moment(x, 0, false, n);
      const variance = moment(x, mean, true, n);
      scale = 1 / Math.sqrt(variance + eps);
      if (stats) {
        store<f64>(stats, mean);
        store<f64>(stats, variance, 8);
        stats += 16;
      }
    }
    for (let i: usize = 0; i < bytes; i += 8) {
      const isOne = i + 4 == bytes;
      const z = f32x4.demote_f64x2_zero(standard(two(x + i, isOne), f64x2.splat(mean), f64x2.splat(scale)));
      const v = f32x4.mul(z, two(weight + (i & wMask), isOne));
      storeTwo(y + i, f32x4.add(v, two(bias + (i & bMask), isOne)), isOne);
    }
  }
}

/** dx = scale · (g - mean(g) - z · mean(g · z)) with g = dy · weight, z = (x - mean) · scale; and dWeight = dy · z (may be dx: not wanted). */
export function normalizeBackward(
  x: usize,
  weight: usize,
  dy: usize,
  stats: usize,
  dx: usize,
  dWeight: usize,
  m: i32,
  n: i32,
  eps: f32,
): void {
  const bytes = <usize>n << 2;
  const wMask: usize = weight ? <usize>-1 : 0;
  if (!weight) weight = ONES;
  for (; m > 0; m--, x += bytes, dy += bytes, dx += bytes, dWeight += bytes, stats += 16) {
    const mean = v128.load64_splat(stats);
    const scale = f64x2.splat(1 / Math.sqrt(load<f64>(stats, 8) + eps));
    let meanG = f64x2.splat(0);
    let meanZ = meanG;
    // The first pass sums, the second writes.
    for (let pass = 0; pass < 2; pass++) {
      for (let i: usize = 0; i < bytes; i += 8) {
        const isOne = i + 4 == bytes;
        const d = f64x2.promote_low_f32x4(two(dy + i, isOne));
        const g = f64x2.mul(d, f64x2.promote_low_f32x4(two(weight + (i & wMask), isOne)));
        const z = standard(two(x + i, isOne), mean, scale);
        if (pass == 0) {
          meanG = f64x2.add(meanG, g);
          meanZ = f64x2.add(meanZ, f64x2.mul(g, z));
        } else {
          storeTwo(dWeight + i, f32x4.demote_f64x2_zero(f64x2.mul(d, z)), isOne);
          const rest = f64x2.sub(f64x2.sub(g, meanG), f64x2.mul(z, meanZ));
          storeTwo(dx + i, f32x4.demote_f64x2_zero(f64x2.mul(scale, rest)), isOne);
        }
      }
      if (pass == 0) {
        meanG = f64x2.splat(lanes(meanG) / n);
        meanZ = f64x2.splat(lanes(meanZ) / n);
      }
    }
  }
}

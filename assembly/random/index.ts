// Random numbers: RandomKernels of src/engine/kernels.ts. No madd here: both builds give the same bits.
import { storeLanes } from '../reduce/strand';
import { normal4 } from './normal';
import { philox } from './philox';

// @ts-ignore: decorator
@inline
function counterOf(low: u32, high: u32): u64 {
  return (<u64>high << 32) | <u64>low;
}

/** bits >>> 8 · 2^-24: exact, in [0, 1). */
// @ts-ignore: decorator
@inline
function fraction(bits: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), f32x4.splat(5.9604644775390625e-8));
}

export function randomBits(out: usize, n: i32, key0: u32, key1: u32, counter0: u32, counter1: u32): void {
  let counter = counterOf(counter0, counter1);
  for (; n > 0; n -= 4) {
    storeLanes(out, philox(counter++, key0, key1), min(4, n));
    out += 16;
  }
}

/** Rounding could reach `high`: the largest float below it stands in (or low, where the interval is empty). */
export function randomUniform(out: usize, n: i32, low: f64, high: f64, key0: u32, key1: u32, counter0: u32, counter1: u32): void {
  let counter = counterOf(counter0, counter1);
  const start = f32x4.splat(<f32>low);
  const range = f32x4.splat(<f32>(high - low));
  const last = f32x4.splat(max<f32>(<f32>low, below(<f32>high)));
  for (; n > 0; n -= 4) {
    const value = f32x4.add(start, f32x4.mul(range, fraction(philox(counter++, key0, key1))));
    storeLanes(out, f32x4.pmin(value, last), min(4, n));
    out += 16;
  }
}

function below(x: f32): f32 {
  if (x == 0) return -1.401298464324817e-45;
  return reinterpret<f32>(reinterpret<i32>(x) + (x > 0 ? -1 : 1));
}

export function randomNormal(out: usize, n: i32, mean: f64, std: f64, key0: u32, key1: u32, counter0: u32, counter1: u32): void {
  let counter = counterOf(counter0, counter1);
  for (; n > 0; n -= 4) {
    storeLanes(out, normal4(philox(counter++, key0, key1), mean, std), min(4, n));
    out += 16;
  }
}

export function dropoutMask(out: usize, n: i32, p: f64, key0: u32, key1: u32, counter0: u32, counter1: u32): void {
  let counter = counterOf(counter0, counter1);
  const threshold = f32x4.splat(<f32>p);
  const kept = f32x4.splat(<f32>(1 / (1 - p)));
  for (; n > 0; n -= 4) {
    const dropped = f32x4.lt(fraction(philox(counter++, key0, key1)), threshold);
    storeLanes(out, v128.andnot(kept, dropped), min(4, n));
    out += 16;
  }
}

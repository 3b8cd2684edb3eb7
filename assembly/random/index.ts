// Random numbers: RandomKernels of src/engine/kernels.ts. No madd here: both builds give the same bits.
import { below } from '../simd/below';
import { storePart } from '../simd/parts';
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

const enum Kind {
  BITS,
  UNIFORM,
  NORMAL,
  DROPOUT,
}

/** One loop for all: what a block costs is philox. a, b: low, range; mean, std; p, the kept value. */
function fill(kind: Kind, out: usize, n: i32, a: f64, b: f64, last: f32, key0: u32, key1: u32, counter: u64): void {
  const x = f32x4.splat(<f32>a);
  const y = f32x4.splat(<f32>b);
  const z = f32x4.splat(last);
  for (; n > 0; n -= 4) {
    let v = philox(counter++, key0, key1);
    if (kind == Kind.NORMAL) v = normal4(v, a, b);
    else if (kind == Kind.UNIFORM) v = f32x4.pmin(f32x4.add(x, f32x4.mul(y, fraction(v))), z);
    else if (kind == Kind.DROPOUT) v = v128.andnot(y, f32x4.lt(fraction(v), x));
    if (n >= 4) v128.store(out, v);
    else storePart(out, v, n);
    out += 16;
  }
}

export function randomBits(out: usize, n: i32, key0: u32, key1: u32, counter0: u32, counter1: u32): void {
  fill(Kind.BITS, out, n, 0, 0, 0, key0, key1, counterOf(counter0, counter1));
}

/** Rounding could reach `high`: the largest float below it stands in (or low, where the interval is empty). */
export function randomUniform(
  out: usize,
  n: i32,
  low: f64,
  high: f64,
  key0: u32,
  key1: u32,
  counter0: u32,
  counter1: u32,
): void {
  const last = max<f32>(<f32>low, below(<f32>high));
  fill(Kind.UNIFORM, out, n, low, high - low, last, key0, key1, counterOf(counter0, counter1));
}

export function randomNormal(
  out: usize,
  n: i32,
  mean: f64,
  std: f64,
  key0: u32,
  key1: u32,
  counter0: u32,
  counter1: u32,
): void {
  fill(Kind.NORMAL, out, n, mean, std, 0, key0, key1, counterOf(counter0, counter1));
}

export function dropoutMask(out: usize, n: i32, p: f64, key0: u32, key1: u32, counter0: u32, counter1: u32): void {
  fill(Kind.DROPOUT, out, n, p, 1 / (1 - p), 0, key0, key1, counterOf(counter0, counter1));
}

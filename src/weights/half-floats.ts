// float16 (IEEE 754 binary16) and bfloat16 against float32, on bit patterns: no engine's own arithmetic is involved.
// To narrow is to round to nearest, ties to even; beyond the largest finite number lies ∞; a NaN stays a NaN.

export type HalfFloat = 'float16' | 'bfloat16';

const INFINITY_32 = 0x7f800000;
/** 65520: halfway between float16's largest number, 65504, and the 65536 it has no room for. */
const OVERFLOW_16 = 0x477ff000;
/** 2^-14, the smallest normal float16. */
const NORMAL_16 = 0x38800000;
/** 2^-25, half of the smallest subnormal float16: a tie that goes to zero. */
const UNDERFLOW_16 = 0x33000000;

export function narrow(values: Float32Array, to: HalfFloat): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  if (to === 'float16') for (let i = 0; i < out.length; i++) out[i] = float16Bits(bits[i]);
  else for (let i = 0; i < out.length; i++) out[i] = bfloat16Bits(bits[i]);
  return out;
}

/** Exact: float32 holds every value of both. */
export function widen(bits: Uint16Array, from: HalfFloat): Float32Array {
  const out = new Float32Array(bits.length);
  const outBits = new Uint32Array(out.buffer);
  if (from === 'float16') for (let i = 0; i < bits.length; i++) outBits[i] = float32Bits(bits[i]);
  else for (let i = 0; i < bits.length; i++) outBits[i] = bits[i] << 16;
  return out;
}

function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > INFINITY_32) return sign | 0x7e00 | ((size >>> 13) & 0x1ff);
  if (size >= OVERFLOW_16) return sign | 0x7c00;
  if (size >= NORMAL_16) return sign | roundOff(size - (112 << 23), 13);
  if (size <= UNDERFLOW_16) return sign;
  // Subnormal: a multiple of 2^-24. The significand counts 2^(exponent - 150), so it loses 126 - exponent bits.
  return sign | roundOff((size & 0x7fffff) | 0x800000, 126 - (size >>> 23));
}

function bfloat16Bits(bits: number): number {
  const size = bits & 0x7fffffff;
  if (size > INFINITY_32) return (bits >>> 16) | 0x40;
  return ((bits >>> 16) & 0x8000) | roundOff(size, 16);
}

/** `n` without its last `count` bits, to nearest, ties to even. A carry moves into the exponent, as it should. */
function roundOff(n: number, count: number): number {
  const kept = n >>> count;
  return (n + ((1 << (count - 1)) - 1) + (kept & 1)) >>> count;
}

function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  let fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | INFINITY_32 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21;
  fraction = (fraction << shift) & 0x3ff;
  return sign | ((113 - shift) << 23) | (fraction << 13);
}

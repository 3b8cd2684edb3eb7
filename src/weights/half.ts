// float16 and bfloat16 as float32 and back, by exact integer arithmetic on the bits.

const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(x: number): number {
  scratch.setFloat32(0, x);
  return scratch.getUint32(0);
}
function floatOf(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** The value of float16 bits (1 sign, 5 exponent, 10 mantissa). */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  // 2^-24 is the unit of subnormals; powers of two are exact.
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return floatOf(((half & 0x8000) << 16) | ((exponent + 112) << 23) | (mantissa << 13));
}

/** The nearest float16's bits (ties to even); too large is ∞, NaN stays NaN. */
export function toFloat16(x: number): number {
  const bits = bitsOf(x);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to ∞
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // Subnormal: a whole number of 2^-24, rounded to even.
  const units = floatOf(magnitude) * 2 ** 24;
  const floor = Math.floor(units);
  const rest = units - floor;
  return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
}

export function fromBfloat16(bits: number): number {
  return floatOf(bits << 16);
}

/** The nearest bfloat16's bits (ties to even); NaN stays NaN. */
export function toBfloat16(x: number): number {
  const bits = bitsOf(x);
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

import { describe, expect, test } from 'vitest';
import { type HalfFloat, narrow, widen } from '../../src/weights/half-floats.js';

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);
const FORMATS = {
  float16: { fractionBits: 10, bias: 15, infinity: 0x7c00 },
  bfloat16: { fractionBits: 7, bias: 127, infinity: 0x7f80 },
};

/** The definition of a binary floating-point number, in float64. */
function numberOf(bits: number, format: HalfFloat): number {
  const { fractionBits, bias, infinity } = FORMATS[format];
  const sign = bits & 0x8000 ? -1 : 1;
  const size = bits & 0x7fff;
  if (size >= infinity) return size > infinity ? NaN : sign * Infinity;
  const exponent = size >> fractionBits;
  const fraction = (size & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  return sign * (exponent === 0 ? 2 ** (1 - bias) * fraction : 2 ** (exponent - bias) * (1 + fraction));
}

const bitsOf = (value: number) => new Int32Array(Float32Array.of(value).buffer)[0];
const fromBits = (bits: number) => new Float32Array(Int32Array.of(bits).buffer)[0];

describe.each(['float16', 'bfloat16'] as const)('%s', (format) => {
  const { infinity } = FORMATS[format];

  test('widens every pattern to the value its definition gives', () => {
    const wide = widen(ALL, format);
    for (const bits of ALL) {
      if (!Object.is(wide[bits], numberOf(bits, format))) expect.fail(`0x${bits.toString(16)} became ${wide[bits]}`);
    }
  });

  test('narrows every widened pattern back to itself; NaNs stay NaNs and keep their payload, quiet', () => {
    const back = narrow(widen(ALL, format), format);
    const quiet = infinity | (format === 'float16' ? 0x200 : 0x40);
    for (const bits of ALL) {
      const expected = (bits & 0x7fff) > infinity ? bits | quiet : bits;
      if (back[bits] !== expected) expect.fail(`0x${bits.toString(16)} became 0x${back[bits].toString(16)}`);
    }
  });

  test('rounds to the nearest at and around the midpoint of every two neighbours, ties to even', () => {
    // The neighbour of the largest finite number is the power of two after it, which is written as ∞.
    const top = format === 'float16' ? 65536 : 2 ** 128;
    const inputs: number[] = [];
    const expected: number[] = [];
    for (let low = 0; low < infinity; low++) {
      const high = low + 1;
      const middle = (numberOf(low, format) + (high === infinity ? top : numberOf(high, format))) / 2;
      const bits = bitsOf(middle);
      expect(fromBits(bits)).toBe(middle);
      inputs.push(fromBits(bits - 1), middle, fromBits(bits + 1));
      expected.push(low, low % 2 === 0 ? low : high, high);
    }
    const positive = narrow(Float32Array.from(inputs), format);
    const negative = narrow(
      Float32Array.from(inputs, (x) => -x),
      format,
    );
    expect([...positive]).toEqual(expected);
    expect([...negative]).toEqual(expected.map((bits) => bits | 0x8000));
  });

  test('what lies beyond becomes ∞, what lies below becomes a signed zero', () => {
    const tiny = fromBits(1);
    expect([...narrow(Float32Array.of(3.4028234e38, -3.4028234e38, Infinity, -Infinity, tiny, -tiny), format)]).toEqual(
      [infinity, infinity | 0x8000, infinity, infinity | 0x8000, 0, 0x8000],
    );
  });
});

// Comparison of float32 results with float64 expectations, and numbers to test on.

/** |actual - expected| ≤ relative·|expected| + absolute everywhere; NaN equals NaN, infinities themselves. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  absolute: number,
  what: string,
): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} values, not ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const error = Math.abs(actual[i] - expected[i]);
    const allowed = relative * Math.abs(expected[i]) + absolute;
    if (!(error <= allowed)) {
      throw new Error(`${what}: [${i}] is ${actual[i]}, expected ${expected[i]} (error ${error}, allowed ${allowed})`);
    }
  }
}

/** Numbers that every kernel must treat as float32 arithmetic does. */
export const SPECIALS = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  1e-38,
  3.4e38,
  -3.4e38,
  88.8,
  -104,
  0.5,
  2,
].map(Math.fround);

/** Lengths around the vector width, its multiples and off them. */
export const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 67, 101];

/** A small generator (mulberry32) of float32 numbers in [low, high). */
export function numbers(seed: number): (count: number, low?: number, high?: number) => Float32Array {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return (count, low = -2, high = 2) => Float32Array.from({ length: count }, () => low + (high - low) * next());
}

// gated's random generator in plain arithmetic: Philox4x32-10 (Salmon et al., SC 2011). With seed s it draws what manualSeed(s) does, but from
// a counter of its own: which examples an epoch gets does not hang on what the model has drawn, and needs no engine.

const TWO32 = 2 ** 32;
const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const WEYL = [0x9e3779b9, 0xbb67ae85] as const;

/** The high 32 bits of a · b (uint32 both), from exact products of 16 bits. */
function mulHigh(a: number, b: number): number {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const low = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(low / 65536)) >>> 0;
}

function block(counter: number, stream: number, seed: number): number[] {
  let [x0, x1, x2, x3] = [counter >>> 0, Math.floor(counter / TWO32), stream, 0];
  let [k0, k1] = [seed >>> 0, Math.floor(seed / TWO32)];
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, high1] = [mulHigh(MULTIPLIERS[0], x0), mulHigh(MULTIPLIERS[1], x2)];
    const [low0, low1] = [Math.imul(MULTIPLIERS[0], x0) >>> 0, Math.imul(MULTIPLIERS[1], x2) >>> 0];
    [x0, x1, x2, x3] = [(high1 ^ x1 ^ k0) >>> 0, low1, (high0 ^ x3 ^ k1) >>> 0, low0];
    [k0, k1] = [(k0 + WEYL[0]) >>> 0, (k1 + WEYL[1]) >>> 0];
  }
  return [x0, x1, x2, x3];
}

/** 0 … n - 1 in random order (Fisher-Yates), drawn from block 0 on of one of 2³² streams; stream 0 has manualSeed's numbers. */
export function permutation(n: number, seed: number, stream: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  let bits: number[] = [];
  for (let i = n - 1; i > 0; i--) {
    if (i % 4 === 3 || bits.length === 0) bits = block(i >>> 2, stream, seed);
    const j = Math.floor((bits[i % 4] / TWO32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

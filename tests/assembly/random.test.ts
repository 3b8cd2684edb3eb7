import { describe, expect, test } from 'vitest';
import { availableBuilds, type Build } from './builds.js';
import { LENGTHS } from './expectClose.js';

const builds = availableBuilds();

function bitsOf(build: Build, n: number, key: number[], counter: number[]): Uint32Array {
  build.reset();
  const out = build.allocate(n);
  build.kernels.randomBits(out, n, key[0], key[1], counter[0], counter[1]);
  build.checkGuards();
  return new Uint32Array(build.readInts(out, n).buffer);
}

const hex = (words: Uint32Array) => [...words].map((w) => w.toString(16).padStart(8, '0')).join(' ');

/** Philox4x32-10 in plain BigInt, for counters the kernel's 64 bits cannot express. */
function philox(counter: bigint[], key: bigint[]): string {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map((w) => w.toString(16).padStart(8, '0')).join(' ');
}

// Random123's kat_vectors. The kernel's counter has zeros in its upper half, so it meets the first vector itself; the
// oracle above meets all three, and the kernel meets the oracle.
test('the oracle meets the published vectors', () => {
  const ones = 0xffffffffn;
  expect(philox([0n, 0n, 0n, 0n], [0n, 0n])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  expect(philox([ones, ones, ones, ones], [ones, ones])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  expect(philox([0x243f6a88n, 0x85a308d3n, 0x13198a2en, 0x03707344n], [0xa4093822n, 0x299f31d0n])).toBe(
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  );
});

describe.each(builds)('random ($name)', (build) => {
  const { kernels } = build;

  test('randomBits is Philox4x32-10', () => {
    expect(hex(bitsOf(build, 4, [0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    for (const [key, counter] of [
      [
        [0xffffffff, 0xffffffff],
        [0xffffffff, 0xffffffff],
      ],
      [
        [0xa4093822, 0x299f31d0],
        [0x243f6a88, 0x85a308d3],
      ],
    ]) {
      const expected = philox([BigInt(counter[0]), BigInt(counter[1]), 0n, 0n], key.map(BigInt));
      expect(hex(bitsOf(build, 4, key, counter))).toBe(expected);
    }
  });

  test('the counter carries into its upper word', () => {
    const both = bitsOf(build, 8, [1, 2], [0xffffffff, 6]);
    expect(hex(both.subarray(4))).toBe(hex(bitsOf(build, 4, [1, 2], [0, 7])));
  });

  test.each(LENGTHS)('a prefix does not depend on the length: %i', (n) => {
    const all = bitsOf(build, 104, [5, 6], [7, 0]);
    expect(bitsOf(build, n, [5, 6], [7, 0])).toEqual(all.slice(0, n));
    build.reset();
    const normal = build.allocate(n);
    const long = build.allocate(104);
    kernels.randomNormal(normal, n, 0, 1, 5, 6, 7, 0);
    kernels.randomNormal(long, 104, 0, 1, 5, 6, 7, 0);
    build.checkGuards();
    expect(build.readFloats(normal, n)).toEqual(build.readFloats(long, n));
  });

  test('randomUniform: exactly low + range·(bits >>> 8)·2^-24 in float32', () => {
    const n = 1001;
    const words = bitsOf(build, n, [9, 8], [0, 0]);
    const out = build.allocate(n);
    kernels.randomUniform(out, n, -0.25, 0.5, 9, 8, 0, 0);
    const expected = Float32Array.from(words, (w) => Math.fround(-0.25 + Math.fround(0.75 * ((w >>> 8) * 2 ** -24))));
    expect(build.readFloats(out, n)).toEqual(expected);
  });

  test('randomUniform stays below high where rounding would reach it, and takes an empty interval', () => {
    build.reset();
    const n = 1 << 17;
    const out = build.allocate(n);
    // One float lies between: half of all sums round up to high without the bound.
    kernels.randomUniform(out, n, 1, 1 + 2 ** -22, 1, 1, 0, 0);
    expect(Math.max(...build.readFloats(out, 1000))).toBe(1 + 2 ** -23);
    kernels.randomUniform(out, n, 3, 3, 1, 1, 0, 0);
    expect(new Set(build.readFloats(out, n))).toEqual(new Set([3]));
    kernels.randomUniform(out, n, -1, 0, 1, 1, 0, 0);
    expect(build.readFloats(out, n).every((u) => u >= -1 && u < 0)).toBe(true);
  });

  // 2^18 draws: the mean of k-th powers has a standard error below 2^-9 times the root of the 2k-th moment; 4 of them.
  test('moments of the uniform and normal distributions', () => {
    build.reset();
    const n = 1 << 18;
    const out = build.allocate(n);
    const moments = (values: Float32Array) =>
      [1, 2, 3, 4].map((k) => values.reduce((sum, v) => sum + v ** k, 0) / values.length);
    kernels.randomUniform(out, n, 0, 1, 3, 4, 0, 0);
    moments(build.readFloats(out, n)).forEach((m, k) => {
      expect(Math.abs(m - 1 / (k + 2))).toBeLessThan((4 * Math.sqrt(1 / (2 * k + 3))) / 512);
    });
    kernels.randomNormal(out, n, 0, 1, 3, 4, 0, 0);
    const exact = [0, 1, 0, 3];
    const doubled = [1, 3, 15, 105];
    moments(build.readFloats(out, n)).forEach((m, k) => {
      expect(Math.abs(m - exact[k])).toBeLessThan((4 * Math.sqrt(doubled[k])) / 512);
    });
  });

  // Own log, sin and cos are good to about 1e-11, so all but the rounding to float32 (2^-24 of the value) agrees.
  test('randomNormal is Box-Muller', () => {
    const n = 4000;
    const words = bitsOf(build, n, [11, 12], [0, 0]);
    const out = build.allocate(n);
    kernels.randomNormal(out, n, 0.5, 2, 11, 12, 0, 0);
    const actual = build.readFloats(out, n);
    for (let i = 0; i < n; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[i] + 1) * 2 ** -32));
      const angle = words[i + 1] * 2 * Math.PI * 2 ** -32;
      for (const [k, wave] of [Math.cos(angle), Math.sin(angle)].entries()) {
        const exact = 0.5 + 2 * radius * wave;
        expect(Math.abs(actual[i + k] - exact)).toBeLessThanOrEqual(2 ** -24 * Math.abs(exact) + 1e-9);
      }
    }
  });

  // Standard error of the rate at 2^17 draws: at most 1/724; 4 of them.
  test.each([0, 0.1, 0.5, 0.9, 1])('dropoutMask drops at the rate %f', (p) => {
    build.reset();
    const n = (1 << 17) + 3;
    const out = build.allocate(n);
    kernels.dropoutMask(out, n, p, 21, 22, 5, 0);
    build.checkGuards();
    const mask = build.readFloats(out, n);
    const dropped = mask.filter((v) => v === 0).length;
    expect(mask.every((v) => v === 0 || v === Math.fround(1 / (1 - p)))).toBe(true);
    if (p === 0 || p === 1) expect(dropped).toBe(p * n);
    else expect(Math.abs(dropped / n - p)).toBeLessThan(4 / 724);
  });
});

test('all builds give the same normal numbers, bit for bit', () => {
  const results = builds.map((build) => {
    build.reset();
    const out = build.allocate(1000);
    build.kernels.randomNormal(out, 1000, 0, 1, 1, 2, 3, 4);
    return build.readInts(out, 1000);
  });
  for (const result of results) expect(result).toEqual(results[0]);
});

import { describe, expect, test } from 'vitest';
import { UNARY } from '../../src/engine/kernels.js';
import { availableBuilds } from './builds.js';

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Distance between neighbouring floats at x. */
function ulp(x: number): number {
  float[0] = Math.abs(x);
  const here = float[0];
  bits[0]++;
  return float[0] - here;
}

function maxUlps(x: Float32Array, y: Float32Array): number {
  let worst = 0;
  for (let i = 0; i < x.length; i++) {
    const exact = Math.log(x[i]);
    worst = Math.max(worst, Math.abs(y[i] - exact) / ulp(exact));
  }
  return worst;
}

describe.each(availableBuilds())('log4 ($name)', (build) => {
  const log = (values: ArrayLike<number>): Float32Array => {
    build.reset();
    const x = build.floats(values);
    const y = build.allocate(values.length);
    build.kernels.unary(UNARY.log, x, y, values.length);
    build.checkGuards();
    return build.readFloats(y, values.length);
  };

  // fdlibm bounds its algorithm by 1 ulp; the rest of 1.5 is for the order of operations, which madd changes.
  test('within 1.5 ulp over all positive floats, sampled', () => {
    const count = 1 << 19;
    const x = new Float32Array(count);
    new Uint32Array(x.buffer).forEach((_, i, words) => {
      words[i] = 0x00800000 + i * Math.floor((0x7f800000 - 0x00800000) / count);
    });
    expect(maxUlps(x, log(x))).toBeLessThanOrEqual(1.5);
  });

  test('within 1.5 ulp near 1 and on denormals', () => {
    const x = new Float32Array(1 << 17);
    new Uint32Array(x.buffer).forEach((_, i, words) => {
      words[i] = i < 1 << 16 ? 0x3f780000 + i * 16 : 1 + (i - (1 << 16)) * 127;
    });
    expect(maxUlps(x, log(x))).toBeLessThanOrEqual(1.5);
  });

  test('special values', () => {
    expect([...log([0, -0, -1, -1e-45, -Infinity, Infinity, NaN, 1])]).toEqual([
      -Infinity,
      -Infinity,
      NaN,
      NaN,
      NaN,
      Infinity,
      NaN,
      0,
    ]);
  });
});

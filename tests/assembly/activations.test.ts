// exp, tanh, sigmoid against float64 over all magnitudes: the bounds that assembly/simd/activations.ts states.
import { describe, expect, test } from 'vitest';
import { UNARY } from '../../src/engine/kernels.js';
import { availableBuilds } from './builds.js';
import { erf } from './float64.js';

/** The distance between two neighbouring float32 at |x|. */
function ulp(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 2 ** -126) return 2 ** -149;
  return 2 ** (Math.floor(Math.log2(magnitude)) - 23);
}

/** 200,000 arguments: every exponent, both signs, random mantissas; and a dense grid where the functions bend. */
const ARGUMENTS = (() => {
  const words = new Uint32Array(200_000);
  let x = 1;
  for (let i = 0; i < words.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    words[i] = x;
  }
  const any = Array.from(new Float32Array(words.buffer)).filter((v) => Number.isFinite(v));
  const grid = Array.from({ length: 100_000 }, (_, i) => Math.fround((i - 50_000) / 1000));
  return Float32Array.from([...any, ...grid]);
})();

const FUNCTIONS = {
  exp: { exact: Math.exp, bound: 1.0 },
  sigmoid: { exact: (x: number) => 1 / (1 + Math.exp(-x)), bound: 2.5 },
  tanh: { exact: Math.tanh, bound: 2.6 },
  erf: { exact: erf, bound: 3 },
  elu: { exact: (x: number) => (x > 0 ? x : Math.expm1(x)), bound: 1.2 },
  softplus: { exact: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), bound: 3 },
} as const;

describe.each(availableBuilds())('$name build', (build) => {
  const run = (name: keyof typeof FUNCTIONS, x: Float32Array): Float32Array => {
    build.reset();
    const y = build.allocate(x.length);
    build.kernels.unary(UNARY[name], build.floats(x), y, x.length);
    build.checkGuards();
    return build.readFloats(y, x.length);
  };

  test.each(Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[])('%s stays within its bound', (name) => {
    const { exact, bound } = FUNCTIONS[name];
    const y = run(name, ARGUMENTS);
    let most = 0;
    for (let i = 0; i < y.length; i++) {
      const want = exact(ARGUMENTS[i]);
      // e^-x overflows where sigmoid is denormal: 0 there, as torch's, is off by less than the smallest normal number.
      if (name === 'sigmoid' && want < 2 ** -126 && y[i] <= 2 ** -126) continue;
      const error = Math.fround(want) === y[i] ? 0 : Math.abs(y[i] - want) / ulp(want);
      if (!(error <= most)) most = error;
    }
    expect(most).toBeLessThanOrEqual(bound);
    expect(most).toBeGreaterThan(0.3);
  });

  test('special values', () => {
    const x = Float32Array.of(
      0,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      200,
      -200,
      1e-45,
      -1e-45,
    );
    const grain = Math.fround(1e-45);
    expect([...run('exp', x)]).toEqual([
      1,
      1,
      Number.POSITIVE_INFINITY,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      0,
      1,
      1,
    ]);
    expect([...run('sigmoid', x)]).toEqual([0.5, 0.5, 1, 0, Number.NaN, 1, 0, 0.5, 0.5]);
    expect([...run('tanh', x)]).toEqual([0, -0, 1, -1, Number.NaN, 1, -1, grain, -grain]);
    expect([...run('erf', x)]).toEqual([0, -0, 1, -1, Number.NaN, 1, -1, grain, -grain]);
    expect([...run('elu', x)]).toEqual([0, 0, Number.POSITIVE_INFINITY, -1, Number.NaN, 200, -1, grain, -grain]);
    const ln2 = Math.fround(Math.LN2);
    const softplus = [ln2, ln2, Number.POSITIVE_INFINITY, 0, Number.NaN, 200, 0, ln2, ln2];
    expect([...run('softplus', x)]).toEqual(softplus);
  });

  test('tanh is odd and never beyond ±1; sigmoid never beyond 0 and 1', () => {
    const y = run('tanh', ARGUMENTS);
    expect(
      run(
        'tanh',
        ARGUMENTS.map((x) => -x),
      ),
    ).toEqual(y.map((v) => -v));
    expect(y.every((v) => Math.abs(v) <= 1)).toBe(true);
    expect(run('sigmoid', ARGUMENTS).every((v) => v >= 0 && v <= 1)).toBe(true);
  });
});

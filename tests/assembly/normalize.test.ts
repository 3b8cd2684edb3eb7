// Kernel normalize and its backward, and the plan's nodes for norms and causal convolutions, on every build.
import { describe, expect, test } from 'vitest';
import { PLAN_NODE_FIELDS, PLAN_OPS } from '../../src/engine/kernels.js';
import { availableBuilds, type Build } from './builds.js';
import { expectClose, LENGTHS, numbers } from './expectClose.js';

const EPS = Math.fround(1e-3);
/** Rows of n: (x - mean) / √(variance + eps) and what it was made of, in float64. */
function standard(x: ArrayLike<number>, n: number, eps = EPS) {
  const rows = Array.from({ length: x.length / n }, (_, r) => Array.from({ length: n }, (_, i) => x[r * n + i]));
  return rows.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / n;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    const scale = 1 / Math.sqrt(variance + eps);
    return { mean, variance, scale, z: row.map((v) => (v - mean) * scale) };
  });
}
const words = (build: Build, at: number, length: number) =>
  new Float64Array(build.memory.buffer.slice(at, at + length * 8));

describe.each(availableBuilds())('normalize ($name)', (build) => {
  const { kernels } = build;
  const sizes = LENGTHS.filter((n) => n > 0).flatMap((n) => [1, 3].map((m) => [m, n]));

  test.each(sizes)('[%i, %i], with and without weight, bias and stats', (m, n) => {
    const make = numbers(n * 7 + m);
    const [x, w, b] = [make(m * n, 2, 5), make(n), make(n)];
    const rows = standard(x, n);
    for (const [weight, bias, stats] of [
      [0, 0, 0],
      [1, 0, 1],
      [0, 1, 1],
      [1, 1, 0],
    ]) {
      // biome-ignore format: a table
      build.reset();
      const [px, pw, pb, y, s] = [
        build.floats(x),
        build.floats(w),
        build.floats(b),
        build.allocate(m * n),
        build.allocate(m * 4),
      ];
      kernels.normalize(px, weight && pw, bias && pb, y, m, n, EPS, stats && s);
      build.checkGuards();
      const want = rows.flatMap(({ z }) => z.map((v, i) => v * (weight ? w[i] : 1) + (bias ? b[i] : 0)));
      expectClose(build.readFloats(y, m * n), want, 2 ** -22, 2 ** -22, 'y');
      if (!stats) continue;
      expectClose(
        words(build, s, m * 2),
        rows.flatMap((r) => [r.mean, r.variance]),
        2 ** -40,
        2 ** -45,
        'stats',
      );
    }
  });

  test.each(sizes)('backward [%i, %i]', (m, n) => {
    const make = numbers(n * 5 + m);
    const [x, w, dy] = [make(m * n), make(n), make(m * n)];
    const rows = standard(x, n);
    for (const weight of [0, 1]) {
      build.reset();
      const [px, pw, pdy, y, s] = [
        build.floats(x),
        build.floats(w),
        build.floats(dy),
        build.allocate(m * n),
        build.allocate(m * 4),
      ];
      const [dx, dw] = [build.allocate(m * n), build.allocate(m * n)];
      kernels.normalize(px, 0, 0, y, m, n, EPS, s);
      kernels.normalizeBackward(px, weight && pw, pdy, s, dx, dw, m, n, EPS);
      build.checkGuards();
      const want = rows.flatMap(({ z, scale }, r) => {
        const g = z.map((_, i) => dy[r * n + i] * (weight ? w[i] : 1));
        const mean = g.reduce((a, v) => a + v, 0) / n;
        const along = g.reduce((a, v, i) => a + v * z[i], 0) / n;
        return g.map((v, i) => scale * (v - mean - z[i] * along));
      });
      expectClose(build.readFloats(dx, m * n), want, 2 ** -23, 2 ** -40, 'dx');
      expectClose(
        build.readFloats(dw, m * n),
        rows.flatMap(({ z }, r) => z.map((v, i) => v * dy[r * n + i])),
        2 ** -23,
        2 ** -60,
        'dWeight',
      );
      const alone = build.readFloats(dx, m * n);
      kernels.normalizeBackward(px, weight && pw, pdy, s, dx, dx, m, n, EPS);
      expect(build.readFloats(dx, m * n)).toEqual(alone);
    }
  });

  test('eps below 0: weight and bias alone, rounded as two operations; NaN stays in its row', () => {
    build.reset();
    const make = numbers(3);
    const [x, w, b] = [make(15), make(5), make(5)];
    const y = build.allocate(15);
    const [px, pw, pb] = [x, w, b].map((v) => build.floats(v));
    kernels.normalize(px, pw, pb, y, 3, 5, -1, 0);
    expect([...build.readFloats(y, 15)]).toEqual(
      [...x].map((v, i) => Math.fround(Math.fround(v * w[i % 5]) + b[i % 5])),
    );
    x[7] = NaN;
    kernels.normalize(build.floats(x), pw, pb, y, 3, 5, EPS, 0);
    expect([...build.readFloats(y, 15)].map(Number.isNaN)).toEqual(
      Array.from({ length: 15 }, (_, i) => i >= 5 && i < 10),
    );
    build.checkGuards();
  });

  test.each([
    [1, 1, 1, 1, 1, 1],
    [2, 3, 3, 1, 1, 5],
    [3, 4, 2, 3, 2, 6],
    [1, 6, 3, 2, 6, 6],
    [2, 9, 5, 1, 3, 33],
    [4, 17, 1, 1, 1, 9],
  ])(
    'a plan of a convolution: %i rows, %i channels, %i taps, dilation %i, %i groups, %i out',
    (rows, C, taps, dilation, groups, Co) => {
      const before = (taps - 1) * dilation;
      const [n, k] = [Co / groups, (C / groups) * taps];
      const make = numbers(C * 3 + taps);
      const [w, b] = [make(Co * k), make(Co)];
      const frames = Array.from({ length: before + 4 }, () => make(rows * C));
      build.reset();
      const bytes = kernels.packedBytes(n, k);
      const packed = build.allocate((groups * bytes) / 4);
      const pw = build.floats(w);
      for (let g = 0; g < groups; g++) kernels.packTransposed(pw + g * n * k * 4, k, n, k, packed + g * bytes);
      const x = build.floats(new Float32Array(rows * C));
      const state = build.floats(new Float32Array(rows * before * C));
      const y = build.allocate(rows * Co);
      const args = build.ints([
        x,
        state,
        build.allocate(rows * C * taps),
        packed,
        build.floats(b),
        y,
        rows,
        C,
        taps,
        dilation,
        groups,
        Co,
      ]);
      const plan = build.ints(Object.assign(new Array(PLAN_NODE_FIELDS).fill(0), [PLAN_OPS.convolution, args]));
      frames.forEach((frame, t) => {
        new Float32Array(build.memory.buffer, x, rows * C).set(frame);
        kernels.runPlan(plan, 1);
        build.checkGuards();
        const want = Array.from({ length: rows * Co }, (_, i) => {
          const [r, o] = [Math.floor(i / Co), i % Co];
          let sum = b[o];
          for (let c = 0; c < C / groups; c++) {
            for (let j = 0; j < taps; j++) {
              const from = frames[t - (taps - 1 - j) * dilation]?.[r * C + Math.floor(o / n) * (C / groups) + c] ?? 0;
              sum += from * w[o * k + c * taps + j];
            }
          }
          return sum;
        });
        expectClose(build.readFloats(y, rows * Co), want, 2 ** -20, 2 ** -20, `step ${t}`);
      });
      const kept = Array.from({ length: rows }, (_, r) =>
        frames.slice(frames.length - before).map((f) => [...f.subarray(r * C, (r + 1) * C)]),
      );
      if (before) expect([...build.readFloats(state, rows * before * C)]).toEqual(kept.flat(2));
    },
  );
});

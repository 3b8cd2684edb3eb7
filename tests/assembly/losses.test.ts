import { describe, expect, test } from 'vitest';
import { availableBuilds } from './builds.js';
import { expectClose, LENGTHS, numbers } from './expectClose.js';

/** exp at 1 ulp, its argument's rounding, log at 1.5 ulp, two products. */
const RELATIVE = 8 * 2 ** -23;

interface Case {
  m: number;
  c: number;
  logits: Float32Array;
  targets: Int32Array;
  weight: Float32Array | null;
  ignoreIndex: number;
  smoothing: number;
}

const classWeight = (k: Case, c: number) => (k.weight ? k.weight[c] : 1);

/** torch.nn.functional.cross_entropy, reduction 'none', in float64, from its documented formula. */
function rowLoss(k: Case, logits: ArrayLike<number>, r: number): number {
  const target = k.targets[r];
  if (target === k.ignoreIndex) return 0;
  const row = Array.from({ length: k.c }, (_, c) => logits[r * k.c + c]);
  const max = Math.max(...row);
  const logSum = max + Math.log(row.reduce((sum, v) => sum + Math.exp(v - max), 0));
  const hard = classWeight(k, target) * (logSum - row[target]);
  if (k.smoothing === 0) return hard;
  const smooth = row.reduce((sum, v, c) => sum + classWeight(k, c) * (logSum - v), 0);
  return (1 - k.smoothing) * hard + (k.smoothing / k.c) * smooth;
}

/** Central differences of rowLoss in float64; their own error is about 1e-9 at h = 1e-5. */
function gradients(k: Case, scale: (r: number) => number): Float64Array {
  const x = Float64Array.from(k.logits);
  const h = 1e-5;
  return x.map((value, i) => {
    const r = Math.floor(i / k.c);
    if (value === -Infinity) return 0;
    x[i] = value + h;
    const up = rowLoss(k, x, r);
    x[i] = value - h;
    const down = rowLoss(k, x, r);
    x[i] = value;
    return (scale(r) * (up - down)) / (2 * h);
  });
}

function makeCase(c: number, weighted: boolean, smoothing: number): Case {
  const m = 6;
  const draw = numbers(c);
  const logits = draw(m * c, -5, 5);
  const targets = Int32Array.from({ length: m }, (_, r) => (r * 5) % c);
  targets[2] = -100;
  return { m, c, logits, targets, weight: weighted ? draw(c, 0, 2) : null, ignoreIndex: -100, smoothing };
}

describe.each(availableBuilds())('losses ($name)', (build) => {
  const { kernels } = build;
  const run = (k: Case, scale: number[]) => {
    const [x, t, w] = [build.floats(k.logits), build.ints(k.targets), k.weight ? build.floats(k.weight) : 0];
    const [losses, logSum, d] = [build.allocate(k.m), build.allocate(k.m), build.allocate(k.m * k.c)];
    const s = build.floats(scale);
    const sizes = [k.m, k.c, k.ignoreIndex, k.smoothing] as const;
    const counted = kernels.crossEntropy(x, t, w, losses, logSum, ...sizes);
    kernels.crossEntropyBackward(x, t, w, logSum, s, scale.length === 1 ? 0 : 1, d, ...sizes);
    build.checkGuards();
    const gradient = build.readFloats(d, k.m * k.c);
    kernels.crossEntropyBackward(x, t, w, logSum, s, scale.length === 1 ? 0 : 1, x, ...sizes);
    expect(build.readFloats(x, k.m * k.c)).toEqual(gradient);
    return { losses: build.readFloats(losses, k.m), counted, gradient };
  };

  test.each(LENGTHS.filter((n) => n > 0))('crossEntropy over %i classes', (c) => {
    for (const weighted of [false, true]) {
      for (const smoothing of [0, 0.1, 1]) {
        build.reset();
        const k = makeCase(c, weighted, smoothing);
        const scale = [0.25, 1, 2, -1, 0, 3];
        const { losses, counted, gradient } = run(k, scale);
        const what = `weighted ${weighted}, smoothing ${smoothing}`;
        const expected = Array.from({ length: k.m }, (_, r) => rowLoss(k, k.logits, r));
        expectClose(losses, expected, RELATIVE, 2 ** -22, what);
        const total = k.targets.reduce((sum, t) => sum + (t === k.ignoreIndex ? 0 : classWeight(k, t)), 0);
        expect(Math.abs(counted - total)).toBeLessThan(1e-12);
        // p - 1 cancels: absolute 2^-22 of the largest scale · weight (6), with 1e-8 for the differences.
        expectClose(
          gradient,
          gradients(k, (r) => scale[r]),
          RELATIVE,
          6 * 2 ** -22 + 1e-8,
          `${what}, gradient`,
        );
        const shared = run(k, [0.5]).gradient;
        expectClose(
          shared,
          gradients(k, () => 0.5),
          RELATIVE,
          2 ** -22 + 1e-8,
          `${what}, one scale`,
        );
      }
    }
  });

  test('large logits lose no digits', () => {
    build.reset();
    const k = makeCase(9, false, 0);
    k.logits = k.logits.map((v) => v + 4096);
    const { losses, gradient } = run(k, [1]);
    const expected = Array.from({ length: k.m }, (_, r) => rowLoss(k, k.logits, r));
    expectClose(losses, expected, RELATIVE, 2 ** -22, 'loss');
    // Near 4096 the float64 differences are worse: 4096 · 2^-52 / h.
    expectClose(
      gradient,
      gradients(k, () => 1),
      RELATIVE,
      2 ** -22 + 2e-7,
      'gradient',
    );
  });

  test('-∞: no NaN where the target is finite, ∞ where it is not; smoothing sees ∞, as in torch', () => {
    build.reset();
    const k = makeCase(5, false, 0);
    for (const i of [4, 9, 24]) k.logits[i] = -Infinity;
    k.targets.set([0, 4, -100, 1, 4, 2]);
    const { losses, gradient } = run(k, [1]);
    const expected = Array.from({ length: k.m }, (_, r) => rowLoss(k, k.logits, r));
    expect(expected[1]).toBe(Infinity);
    expectClose(losses, expected, RELATIVE, 2 ** -22, 'loss');
    expect(gradient.some(Number.isNaN)).toBe(false);
    expect([gradient[4], gradient[9]]).toEqual([0, -1]);
    const smoothed = run({ ...k, smoothing: 0.1 }, [1]);
    expect(smoothed.losses[0]).toBe(Infinity);
    expect(smoothed.gradient.some(Number.isNaN)).toBe(false);
    k.logits.fill(-Infinity, 0, 5);
    expect(run(k, [1]).losses[0]).toBeNaN();
  });

  test('an ignored row of NaN has loss 0 and gradient 0; ignoreIndex may be a class', () => {
    build.reset();
    const k = { ...makeCase(5, true, 0.1), ignoreIndex: 3 };
    k.targets.set([3, 0, 3, 4, 1, 2]);
    k.logits.fill(NaN, 0, 5);
    const { losses, gradient, counted } = run(k, [1]);
    expect(losses[0]).toBe(0);
    expect(gradient.slice(0, 5)).toEqual(new Float32Array(5));
    const w = k.weight as Float32Array;
    expect(counted).toBeCloseTo(w[0] + w[4] + w[1] + w[2], 12);
  });

  test.each(LENGTHS)('squaredError of %i', (n) => {
    build.reset();
    const draw = numbers(n);
    const [x, y, s] = [draw(n), draw(n), draw(n)];
    const [px, py, ps, out] = [build.floats(x), build.floats(y), build.floats(s), build.allocate(n)];
    kernels.squaredError(px, py, out, n);
    const d = x.map((v, i) => v - y[i]);
    expect(build.readFloats(out, n)).toEqual(d.map((v) => v * v));
    kernels.squaredErrorBackward(px, py, ps, 1, out, n);
    expect(build.readFloats(out, n)).toEqual(d.map((v, i) => s[i] * (2 * v)));
    if (n === 0) return;
    kernels.squaredErrorBackward(px, py, ps, 0, out, n);
    build.checkGuards();
    expect(build.readFloats(out, n)).toEqual(d.map((v) => s[0] * (2 * v)));
  });
});

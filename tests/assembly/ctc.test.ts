// The CTC kernel against the sum over all alignments, in float64.
import { describe, expect, test } from 'vitest';
import { availableBuilds } from './builds.js';
import { expectClose, numbers } from './expectClose.js';

interface Case {
  steps: number;
  classes: number;
  labels: number[];
  blank: number;
}

/** What a sequence of classes reads as: repeats merged, blanks dropped. */
const collapse = (path: readonly number[], blank: number) =>
  path.filter((c, t) => c !== blank && c !== path[t - 1]).join();

/** p(labels), and for each step and class the part of it that goes through there. */
function bruteForce({ steps, classes, labels, blank }: Case, logProbs: ArrayLike<number>) {
  let total = 0;
  const through = new Float64Array(steps * classes);
  for (let code = 0; code < classes ** steps; code++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(code / classes ** t) % classes);
    if (collapse(path, blank) !== labels.join()) continue;
    const p = Math.exp(path.reduce((sum, c, t) => sum + logProbs[t * classes + c], 0));
    total += p;
    path.forEach((c, t) => {
      through[t * classes + c] += p;
    });
  }
  return { loss: -Math.log(total), gradient: through.map((p, i) => Math.exp(logProbs[i]) - p / total) };
}

const CASES: Case[] = [
  { steps: 1, classes: 2, labels: [1], blank: 0 },
  { steps: 1, classes: 3, labels: [], blank: 2 },
  { steps: 4, classes: 3, labels: [], blank: 0 },
  { steps: 5, classes: 3, labels: [1, 2], blank: 0 },
  { steps: 5, classes: 3, labels: [1, 1], blank: 0 },
  { steps: 6, classes: 4, labels: [0, 3, 0], blank: 2 },
  { steps: 6, classes: 3, labels: [2, 2, 1, 1], blank: 0 },
  { steps: 7, classes: 3, labels: [0, 1, 0, 0], blank: 2 },
  { steps: 4, classes: 5, labels: [1, 2, 3, 4], blank: 0 },
];

describe.each(availableBuilds())('ctc ($name)', (build) => {
  const { kernels } = build;
  /** The sequence at place n of `batch`; the others are shorter by one step, of one label. */
  const run = (c: Case, logProbs: Float32Array, { batch = 1, n = 0, zeroInfinity = 0 } = {}) => {
    const { steps, classes, labels, blank } = c;
    build.reset();
    const all = new Float32Array(steps * batch * classes).fill(-1);
    for (let t = 0; t < steps; t++) {
      all.set(logProbs.subarray(t * classes, (t + 1) * classes), (t * batch + n) * classes);
    }
    const other = blank === 0 ? 1 : 0;
    const rows = Array.from({ length: batch }, (_, i) => (i === n ? labels : [other]));
    const lengths = rows.map((_, i) => (i === n ? steps : Math.max(0, steps - 1)));
    const counts = rows.map((row) => row.length);
    const most = Math.max(...counts);
    const inputs = [build.floats(all), build.ints(lengths), build.ints(rows.flat()), build.ints(counts)] as const;
    const sizes = [batch, classes, blank, zeroInfinity] as const;
    const [alone, losses, gradient] = [build.allocate(batch), build.allocate(batch), build.allocate(all.length)];
    kernels.ctc(...inputs, ...sizes, alone, 0, build.allocate(2 * (2 * most + 1)));
    kernels.ctc(...inputs, ...sizes, losses, gradient, build.allocate(kernels.ctcBytes(steps, most) / 4));
    build.checkGuards();
    expect(build.readFloats(alone, batch)).toEqual(build.readFloats(losses, batch));
    const d = build.readFloats(gradient, all.length);
    const bits = build.readInts(gradient, all.length);
    for (let i = 0; i < all.length; i++) {
      const [t, row] = [Math.floor(i / classes / batch), Math.floor(i / classes) % batch];
      if (t >= lengths[row]) expect(bits[i], 'steps beyond the length are not written').toBe(0x7fc0dead);
    }
    const own = Float32Array.from(
      { length: steps * classes },
      (_, i) => d[(Math.floor(i / classes) * batch + n) * classes + (i % classes)],
    );
    return { loss: build.readFloats(losses, batch)[n], gradient: own };
  };

  test.each(CASES)('$steps steps of $classes, labels $labels, blank $blank', (c) => {
    const logProbs = numbers(c.steps)(c.steps * c.classes, -3, 0.5);
    const want = bruteForce(c, logProbs);
    for (const [batch, n] of [
      [1, 0],
      [3, 1],
    ]) {
      const got = run(c, logProbs, { batch, n });
      // A correction of 2^-24 a step, and the sums of exp, relative 2^-23 each.
      expectClose([got.loss], [want.loss], 2 ** -23, c.steps * 2 ** -23, 'loss');
      expectClose(got.gradient, want.gradient, 2 ** -22, c.steps * 2 ** -22, 'gradient');
    }
  });

  test('nothing aligns: infinite', () => {
    for (const [steps, labels] of [
      [1, [1, 2]],
      [2, [1, 1]],
      [0, [1]],
    ] as [number, number[]][]) {
      const { loss, gradient } = run({ steps, classes: 3, labels, blank: 0 }, new Float32Array(steps * 3).fill(-1));
      expect(loss).toBe(Infinity);
      expect(gradient.every(Number.isNaN)).toBe(true);
      const zero = run({ steps, classes: 3, labels, blank: 0 }, new Float32Array(steps * 3), { zeroInfinity: 1 });
      expect(zero.loss).toBe(0);
      expect(zero.gradient.every((d) => d === 0)).toBe(true);
    }
    expect(run({ steps: 0, classes: 3, labels: [], blank: 0 }, new Float32Array(0)).loss).toBe(-0);
  });

  test('an impossible class: neither loss nor gradient is NaN', () => {
    const c = { steps: 4, classes: 3, labels: [1], blank: 0 };
    const logProbs = Float32Array.from({ length: 12 }, (_, i) => (i % 3 === 2 || i === 0 ? -Infinity : -0.7));
    const want = bruteForce(c, logProbs);
    const got = run(c, logProbs);
    expectClose([got.loss], [want.loss], 2 ** -22, 0, 'loss');
    expectClose(got.gradient, want.gradient, 2 ** -22, 2 ** -21, 'gradient');
  });

  test('NaN goes through', () => {
    const { loss, gradient } = run(
      { steps: 3, classes: 2, labels: [1], blank: 0 },
      new Float32Array(6).fill(Number.NaN),
    );
    expect(loss).toBeNaN();
    expect(gradient.every(Number.isNaN)).toBe(true);
  });

  test('long sequences lose no digits: 1000 equal steps', () => {
    // Every alignment has probability 2^-1000; of 1 label there are steps · (steps + 1) / 2.
    const steps = 1000;
    const logProbs = new Float32Array(2 * steps).fill(-Math.LN2);
    const { loss } = run({ steps, classes: 2, labels: [1], blank: 0 }, logProbs);
    const exact = steps * -Math.fround(-Math.LN2) - Math.log((steps * (steps + 1)) / 2);
    expect(Math.abs(loss - exact)).toBeLessThan(exact * 2 ** -24);
  });
});

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
  /** One sequence among `batch`, at place n. */
  const run = (c: Case, logProbs: Float32Array, batch = 1, n = 0) => {
    const { steps, classes, labels } = c;
    build.reset();
    const all = new Float32Array(steps * batch * classes).fill(Number.NaN);
    for (let t = 0; t < steps; t++)
      all.set(logProbs.subarray(t * classes, (t + 1) * classes), (t * batch + n) * classes);
    const [x, ids] = [build.floats(all), build.ints(labels)];
    const gradient = build.floats(all);
    const work = build.allocate(kernels.ctcBytes(steps, labels.length) / 4);
    const row = build.allocate(2 * (2 * labels.length + 1));
    const at = n * classes * 4;
    const args = [x + at, batch * classes, steps, classes, ids, labels.length, c.blank] as const;
    const alone = kernels.ctc(...args, 0, row);
    const loss = kernels.ctc(...args, gradient + at, work);
    build.checkGuards();
    expect(alone).toBe(loss);
    const d = build.readFloats(gradient, all.length);
    const own = Float32Array.from({ length: steps * classes }, (_, i) => {
      const place = (Math.floor(i / classes) * batch + n) * classes + (i % classes);
      const value = d[place];
      d[place] = Number.NaN;
      return value;
    });
    expect(d.every(Number.isNaN), 'nothing is written to other sequences').toBe(true);
    return { loss, gradient: own };
  };

  test.each(CASES)('$steps steps of $classes, labels $labels, blank $blank', (c) => {
    const logProbs = numbers(c.steps)(c.steps * c.classes, -3, 0.5);
    const want = bruteForce(c, logProbs);
    for (const [batch, n] of [
      [1, 0],
      [3, 1],
    ]) {
      const got = run(c, logProbs, batch, n);
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
      expect(run({ steps, classes: 3, labels, blank: 0 }, new Float32Array(steps * 3).fill(-1)).loss).toBe(Infinity);
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

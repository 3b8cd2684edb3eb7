import { describe, expect, test } from 'vitest';
import { PARAMETER_ROW } from '../../src/engine/kernels.js';
import { availableBuilds, type Build } from './builds.js';
import { expectClose, LENGTHS, numbers } from './expectClose.js';

/**
 * Float64 references of torch.optim over a few steps. A step rounds a handful of times at 2^-24 of its operands, which
 * are at most 2 (parameters) and lr · 10; over STEPS steps that is 8 · 2^-24 · 2 each.
 */
const STEPS = 5;
const ABSOLUTE = STEPS * 16 * 2 ** -24;

interface SgdOptions {
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
}

function sgd(p: Float64Array, buffer: Float64Array, gradient: ArrayLike<number>, o: SgdOptions, first: boolean): void {
  for (let i = 0; i < p.length; i++) {
    let d = gradient[i] + o.weightDecay * p[i];
    if (o.momentum) {
      buffer[i] = first ? d : o.momentum * buffer[i] + (1 - o.dampening) * d;
      d = o.nesterov ? d + o.momentum * buffer[i] : buffer[i];
    }
    p[i] -= o.lr * d;
  }
}

function adam(
  p: Float64Array,
  m: Float64Array,
  v: Float64Array,
  gradient: ArrayLike<number>,
  t: number,
  weightDecay: number,
  decoupled: boolean,
  largest?: Float64Array,
): void {
  for (let i = 0; i < p.length; i++) {
    if (decoupled) p[i] *= 1 - ADAM.lr * weightDecay;
    const d = gradient[i] + (decoupled ? 0 : weightDecay * p[i]);
    m[i] = ADAM.beta1 * m[i] + (1 - ADAM.beta1) * d;
    v[i] = ADAM.beta2 * v[i] + (1 - ADAM.beta2) * d * d;
    const mHat = m[i] / (1 - ADAM.beta1 ** t);
    if (largest) largest[i] = Math.max(largest[i], v[i]);
    const vHat = (largest ?? v)[i] / (1 - ADAM.beta2 ** t);
    p[i] -= (ADAM.lr * mHat) / (Math.sqrt(vHat) + ADAM.eps);
  }
}
/** A table of one row. */
function row(build: Build, addresses: number[], n: number, a = 0, b = 0): number {
  const at = build.floats(new Float32Array(PARAMETER_ROW));
  const words = new Int32Array(build.memory.buffer, at, PARAMETER_ROW);
  words.set(addresses);
  words[5] = n;
  new Float32Array(build.memory.buffer, at, PARAMETER_ROW).set([a, b], 6);
  return at;
}

const ADAM = { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8 };

const sgdCases: SgdOptions[] = [
  { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false },
  { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0.01, nesterov: false },
  { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01, nesterov: false },
  { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: true },
];

describe.each(availableBuilds())('optimizers ($name)', (build) => {
  const { kernels } = build;

  test.each(sgdCases)('sgdSteps %j', (o) => {
    for (const n of LENGTHS) {
      build.reset();
      const draw = numbers(n);
      const start = draw(n, -1, 1);
      const [p, g, b] = [build.floats(start), build.allocate(n), o.momentum ? build.allocate(n) : 0];
      const expected = Float64Array.from(start);
      const buffer = new Float64Array(n);
      for (let step = 0; step < STEPS; step++) {
        const gradient = draw(n);
        new Float32Array(build.memory.buffer, g, n).set(gradient);
        const first = step === 0;
        sgd(expected, buffer, gradient, o, first);
        const rows = row(build, [p, g, b], n, first ? 1 : 0);
        kernels.sgdSteps(rows, 1, 1, o.lr, o.momentum, o.dampening, o.weightDecay, o.nesterov ? 1 : 0);
        expect(build.readFloats(g, n)).toEqual(gradient);
      }
      build.checkGuards();
      expectClose(build.readFloats(p, n), expected, 0, ABSOLUTE, `parameter, ${n}`);
      if (b) expectClose(build.readFloats(b, n), buffer, 0, ABSOLUTE, `buffer, ${n}`);
    }
  });

  test.each([
    [0, false, false],
    [0.1, false, true],
    [0.1, true, false],
  ])('adamSteps, weightDecay %f, decoupled %j, amsgrad %j', (weightDecay, decoupled, amsgrad) => {
    for (const n of LENGTHS) {
      build.reset();
      const draw = numbers(n + 1);
      const start = draw(n, -1, 1);
      const [p, g] = [build.floats(start), build.allocate(n)];
      const [m, v] = [build.floats(new Float32Array(n)), build.floats(new Float32Array(n))];
      const expected = Float64Array.from(start);
      const [em, ev, emax] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
      const largest = amsgrad ? build.floats(new Float32Array(n)) : 0;
      const { lr, beta1, beta2, eps } = ADAM;
      for (let t = 1; t <= STEPS; t++) {
        // Falling gradients: the largest average of squares is not the last one.
        const gradient = draw(n).map((x) => (amsgrad ? x / t : x));
        if (n > 1 && weightDecay === 0) gradient[1] = 0;
        new Float32Array(build.memory.buffer, g, n).set(gradient);
        adam(expected, em, ev, gradient, t, weightDecay, decoupled, amsgrad ? emax : undefined);
        const root = Math.sqrt(1 - beta2 ** t);
        const stepSize = lr / (1 - beta1 ** t);
        const rows = row(build, [p, g, m, v, largest], n, stepSize, root);
        kernels.adamSteps(rows, 1, 1, lr, beta1, beta2, eps, weightDecay, decoupled ? 1 : 0);
        expect(build.readFloats(g, n)).toEqual(gradient);
      }
      build.checkGuards();
      // A zero gradient moves nothing: 0 / (0 + eps).
      if (n > 1 && weightDecay === 0) expect(build.readFloats(p, n)[1]).toBe(start[1]);
      expectClose(build.readFloats(p, n), expected, 0, ABSOLUTE, `parameter, ${n}`);
      expectClose(build.readFloats(m, n), em, 0, ABSOLUTE, `m, ${n}`);
      expectClose(build.readFloats(v, n), ev, 8 * STEPS * 2 ** -24, 1e-38, `v, ${n}`);
    }
  });

  test.each([
    { keep: 0.9, take: 0.1, weightDecay: 0, centered: false, momentum: 0 },
    { keep: 0.9, take: 0.1, weightDecay: 0.1, centered: true, momentum: 0.8 },
    { keep: 1, take: 1, weightDecay: 0.1, centered: false, momentum: 0 },
  ])('rmspropSteps %j', (o) => {
    const [lr, eps] = [0.01, 0.1];
    for (const n of LENGTHS) {
      build.reset();
      const draw = numbers(n + 2);
      const start = draw(n, -1, 1);
      const zeros = () => build.floats(new Float32Array(n));
      const [p, g, v] = [build.floats(start), build.allocate(n), zeros()];
      const [a, b] = [o.centered ? zeros() : 0, o.momentum ? zeros() : 0];
      const expected = Float64Array.from(start);
      const [ev, ea, eb] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
      for (let step = 0; step < STEPS; step++) {
        const gradient = draw(n);
        new Float32Array(build.memory.buffer, g, n).set(gradient);
        for (let i = 0; i < n; i++) {
          const d = gradient[i] + o.weightDecay * expected[i];
          ev[i] = o.keep * ev[i] + o.take * d * d;
          ea[i] = o.keep * ea[i] + o.take * d;
          const change = d / (Math.sqrt(ev[i] - (o.centered ? ea[i] ** 2 : 0)) + eps);
          eb[i] = o.momentum * eb[i] + change;
          expected[i] -= lr * (o.momentum ? eb[i] : change);
        }
        const rows = row(build, [p, g, v, a, b], n, lr);
        kernels.rmspropSteps(rows, 1, 1, o.keep, o.take, eps, o.weightDecay, o.momentum);
        expect(build.readFloats(g, n)).toEqual(gradient);
      }
      build.checkGuards();
      expectClose(build.readFloats(p, n), expected, 0, ABSOLUTE, `parameter, ${n}`);
      expectClose(build.readFloats(v, n), ev, 8 * STEPS * 2 ** -24, 1e-38, `squares, ${n}`);
      if (a) expectClose(build.readFloats(a, n), ea, 0, ABSOLUTE, `averages, ${n}`);
    }
  });

  test('tables of several rows, uphill, tails of every length: as row by row downhill on the negated gradient, bit for bit', () => {
    build.reset();
    const sizes = [5, 1, 64, 3];
    const draw = numbers(9);
    const table: number[] = [];
    const pairs = sizes.map((n) => {
      const [start, gradient] = [draw(n, -1, 1), draw(n)];
      const [up, down] = [0, 1].map(() => [0, 1].map(() => build.floats(new Float32Array(n))));
      const [a, b] = [build.floats(start), build.floats(start)];
      table.push(...[a, build.floats(gradient), ...up, 0, n, 0, 0]);
      const rows = row(build, [b, build.floats(gradient.map((x) => -x)), ...down], n, 0.01, 0.5);
      kernels.adamSteps(rows, 1, 1, 0.01, 0.9, 0.99, 1e-8, 0, 0);
      return { n, a, b };
    });
    const at = build.floats(new Float32Array(table.length));
    const words = new Int32Array(build.memory.buffer, at, table.length);
    words.set(table);
    const floats = new Float32Array(build.memory.buffer, at, table.length);
    sizes.forEach((_, i) => {
      floats.set([0.01, 0.5], i * PARAMETER_ROW + 6);
    });
    kernels.adamSteps(at, sizes.length, -1, 0.01, 0.9, 0.99, 1e-8, 0, 0);
    build.checkGuards();
    for (const { n, a, b } of pairs) expect(build.readFloats(a, n)).toEqual(build.readFloats(b, n));
  });
});

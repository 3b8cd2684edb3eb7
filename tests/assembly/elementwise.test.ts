import { describe, expect, test } from 'vitest';
import { BINARY, UNARY } from '../../src/engine/kernels.js';
import { availableBuilds } from './builds.js';
import { expectClose, LENGTHS, numbers, SPECIALS } from './expectClose.js';
import { erf } from './float64.js';

const f = Math.fround;
/** Correctly rounded single operations must agree bit for bit. */
const EXACT = 0;
/** exp, tanh, sigmoid, log, pow: at most 3 ulp of 2^-23 (tanh is the widest, 2.44), plus the smallest normal number. */
const TRANSCENDENTAL = 3 * 2 ** -23;
/** Gradient formulas: up to three roundings of 2^-24, or a cancellation 1 - y² whose y is exact. */
const THREE_ROUNDINGS = 4 * 2 ** -24;

type UnaryName = keyof typeof UNARY;
type BinaryName = keyof typeof BINARY;

const unary: Record<UnaryName, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: (x) => f(Math.sqrt(x)),
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  relu: (x) => Math.max(x, 0),
  erf,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};
const unaryTolerance = (name: UnaryName) => (['neg', 'abs', 'sqrt', 'relu'].includes(name) ? EXACT : TRANSCENDENTAL);

/** From the saved x or y (see UNARY) and dy. */
const unaryBackward: Record<UnaryName, (saved: number, dy: number) => number> = {
  neg: (_, dy) => -dy,
  abs: (x, dy) => dy * (x > 0 ? 1 : x < 0 ? -1 : 0),
  sqrt: (y, dy) => dy / (2 * y),
  exp: (y, dy) => dy * y,
  log: (x, dy) => dy / x,
  tanh: (y, dy) => dy * (1 - y * y),
  sigmoid: (y, dy) => dy * (1 - y) * y,
  relu: (y, dy) => (y <= 0 ? 0 : dy),
  erf: (x, dy) => (dy * 2 * Math.exp(-x * x)) / Math.sqrt(Math.PI),
  elu: (x, dy) => dy * Math.exp(Math.min(x, 0)),
  softplus: (x, dy) => dy / (1 + Math.exp(-x)),
};

const either = (a: number, b: number) => Number.isNaN(a) || Number.isNaN(b);
/** C's pow, which torch follows, where JavaScript's differs. */
const pow = (a: number, b: number) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
const binary: Record<BinaryName, (a: number, b: number) => number> = {
  add: (a, b) => f(a + b),
  sub: (a, b) => f(a - b),
  mul: (a, b) => f(a * b),
  div: (a, b) => f(a / b),
  pow: (a, b) => f(pow(a, b)),
  max: (a, b) => (either(a, b) ? NaN : Math.max(a, b)),
  min: (a, b) => (either(a, b) ? NaN : Math.min(a, b)),
};
const binaryTolerance = (name: BinaryName) => (name === 'pow' ? 2 ** -23 : EXACT);

const unaryNames = Object.keys(UNARY) as UnaryName[];
const binaryNames = Object.keys(BINARY) as BinaryName[];
/** All pairs of special values. */
const left = SPECIALS.flatMap((a) => SPECIALS.map(() => a));
const right = SPECIALS.flatMap(() => SPECIALS);

describe.each(availableBuilds())('elementwise ($name)', (build) => {
  const { kernels } = build;
  const run = (n: number, kernel: (out: number) => void): Float32Array => {
    const out = build.allocate(n);
    kernel(out);
    build.checkGuards();
    return build.readFloats(out, n);
  };

  describe('unary', () => {
    test.each(unaryNames)('%s', (name) => {
      for (const n of LENGTHS) {
        build.reset();
        const x = numbers(n + 1)(n, name === 'sqrt' || name === 'log' ? 0 : -9, 9);
        const expected = Array.from(x, unary[name]);
        const input = build.floats(x);
        const y = run(n, (out) => kernels.unary(UNARY[name], input, out, n));
        expectClose(y, expected, unaryTolerance(name), 1e-38, `${name}, ${n}`);
        kernels.unary(UNARY[name], input, input, n);
        build.checkGuards();
        expect(build.readFloats(input, n)).toEqual(y);
      }
    });

    test.each(unaryNames)('%s of special values', (name) => {
      build.reset();
      const input = build.floats(SPECIALS);
      const y = run(SPECIALS.length, (out) => kernels.unary(UNARY[name], input, out, SPECIALS.length));
      const expected = SPECIALS.map((x) => f(unary[name](x)));
      // An exp whose result is denormal may be flushed: absolute 1.2e-38.
      expectClose(y, expected, unaryTolerance(name), 1.2e-38, name);
    });

    test.each(unaryNames)('%s, backward', (name) => {
      for (const n of LENGTHS) {
        build.reset();
        const draw = numbers(n + 50);
        const saved = draw(n, name === 'log' || name === 'sqrt' ? 0.1 : -1, 1);
        const dy = draw(n);
        if (n > 2) saved[2] = 0;
        const expected = Array.from(saved, (s, i) => unaryBackward[name](s, dy[i]));
        const [s, d] = [name === 'neg' ? 0 : build.floats(saved), build.floats(dy)];
        const dx = run(n, (out) => kernels.unaryBackward(UNARY[name], s, d, out, n));
        expectClose(dx, expected, THREE_ROUNDINGS, 2 ** -24, `${name}, ${n}`);
      }
    });

    test('abs and relu have gradient 0 at 0', () => {
      build.reset();
      const zeros = build.floats([0, -0]);
      const ones = build.floats([1, 1]);
      for (const op of [UNARY.abs, UNARY.relu]) {
        expect([...run(2, (out) => kernels.unaryBackward(op, zeros, ones, out, 2))].map(Math.abs)).toEqual([0, 0]);
      }
    });

    test('int32', () => {
      const values = [0, 1, -1, 2147483647, -2147483648, -7, 5];
      build.reset();
      const x = build.ints(values);
      const y = build.allocate(7);
      kernels.unaryInt(UNARY.neg, x, y, 7);
      expect([...build.readInts(y, 7)]).toEqual(values.map((v) => (v === 0 ? 0 : -v | 0)));
      kernels.unaryInt(UNARY.abs, x, y, 7);
      expect([...build.readInts(y, 7)]).toEqual(values.map((v) => Math.abs(v) | 0));
      build.checkGuards();
    });
  });

  describe('binary', () => {
    test.each(binaryNames)('%s', (name) => {
      for (const n of LENGTHS) {
        build.reset();
        const draw = numbers(n + 2);
        const a = draw(n, name === 'pow' ? 0 : -3, 3);
        const b = draw(n, -3, 3);
        if (n > 1) b[1] = a[1];
        const [pa, pb] = [build.floats(a), build.floats(b)];
        const both = (out: number) => kernels.binary(BINARY[name], pa, pb, out, n);
        const expected = Array.from(a, (v, i) => binary[name](v, b[i]));
        const result = run(n, both);
        expectClose(result, expected, binaryTolerance(name), 0, `${name}, ${n}`);
        for (const scalar of [0.75, 2, 0.5, -1]) {
          const scaled = run(n, (out) => kernels.binaryScalar(BINARY[name], pa, scalar, out, n));
          const each = Array.from(a, (v) => binary[name](v, scalar));
          expectClose(scaled, each, binaryTolerance(name), 0, `${name} by ${scalar}, ${n}`);
        }
        both(pb);
        expect(build.readFloats(pb, n)).toEqual(result);
      }
    });

    test.each(binaryNames)('%s of special values', (name) => {
      build.reset();
      const [a, b] = [build.floats(left), build.floats(right)];
      const result = run(left.length, (out) => kernels.binary(BINARY[name], a, b, out, left.length));
      const expected = left.map((v, i) => binary[name](v, right[i]));
      for (let i = 0; i < left.length; i++) {
        const [actual, wanted] = [[result[i]], [expected[i]]];
        // One float spacing of the denormals, of 1.4e-45, for pow.
        expectClose(
          actual,
          wanted,
          binaryTolerance(name),
          name === 'pow' ? 1.5e-45 : 0,
          `${left[i]} ${name} ${right[i]}`,
        );
      }
    });

    test('pow backward: formulas, and their zeros', () => {
      for (const n of LENGTHS) {
        build.reset();
        const draw = numbers(n + 3);
        const [a, b, d] = [draw(n, 0.1, 3), draw(n, -3, 3), draw(n)];
        if (n > 3) [a[3], b[3]] = [0, 2];
        if (n > 4) [a[4], b[4]] = [-2, 0];
        if (n > 5) [a[5], b[5]] = [-1.5, 3];
        const [pa, pb, pd] = [build.floats(a), build.floats(b), build.floats(d)];
        const da = run(n, (out) => kernels.binaryBackward(BINARY.pow, 0, pa, pb, pd, out, n));
        const db = run(n, (out) => kernels.binaryBackward(BINARY.pow, 1, pa, pb, pd, out, n));
        // b - 1 is rounded: |ln a|·2^-24·2 more than the roundings of pow and two products.
        const wantedA = Array.from(a, (v, i) => (b[i] === 0 ? 0 : d[i] * b[i] * v ** (b[i] - 1)));
        expectClose(da, wantedA, 8 * 2 ** -23, 0, `side 0, ${n}`);
        const wantedB = Array.from(a, (v, i) => (v === 0 && b[i] >= 0 ? 0 : d[i] * v ** b[i] * Math.log(v)));
        expectClose(db, wantedB, 4 * 2 ** -23, 0, `side 1, ${n}`);
      }
    });

    test.each(['max', 'min'] as const)('%s backward halves ties and passes through NaN', (name) => {
      const a = [1, 2, 3, NaN, 1, -1, 5];
      const b = [2, 2, 1, 1, NaN, -1, 4];
      build.reset();
      const [pa, pb, pd] = [build.floats(a), build.floats(b), build.floats(a.map((_, i) => i + 1))];
      const gain = (mine: number, other: number) => {
        if (mine === other) return 0.5;
        return (name === 'max' ? mine < other : mine > other) ? 0 : 1;
      };
      for (const side of [0, 1]) {
        const result = run(7, (out) => kernels.binaryBackward(BINARY[name], side, pa, pb, pd, out, 7));
        const [mine, other] = side ? [b, a] : [a, b];
        expect([...result]).toEqual(mine.map((v, i) => (i + 1) * gain(v, other[i])));
      }
    });
  });

  describe('others', () => {
    test.each(LENGTHS)('clamp, select, accumulate, scale, conversions: %i', (n) => {
      build.reset();
      const draw = numbers(n + 4);
      const [x, y, d] = [draw(n), draw(n), draw(n)];
      if (n > 0) x[0] = NaN;
      if (n > 1) x[1] = 1;
      if (n > 2) x[2] = -0.5;
      const flags = Int32Array.from(y, (v) => (v > 0 ? 0 : 0x100 * Math.ceil(v - 1)));
      const [px, py, pd, pc] = [build.floats(x), build.floats(y), build.floats(d), build.ints(flags)];
      const clamped = run(n, (out) => kernels.clamp(px, out, n, -0.5, 1));
      expect(clamped).toEqual(x.map((v) => Math.min(Math.max(v, -0.5), 1)));
      const gradient = run(n, (out) => kernels.clampBackward(px, pd, out, n, -0.5, 1, 0));
      expect(gradient).toEqual(d.map((v, i) => (x[i] >= -0.5 && x[i] <= 1 ? v : 0)));
      const open = run(n, (out) => kernels.clampBackward(px, pd, out, n, -0.5, 1, 1));
      expect(open).toEqual(d.map((v, i) => (x[i] > -0.5 && x[i] < 1 ? v : 0)));
      const selected = run(n, (out) => kernels.select(pc, px, py, out, n));
      expect(selected).toEqual(x.map((v, i) => (flags[i] ? v : y[i])));
      kernels.accumulate(pd, py, n);
      expect(build.readFloats(py, n)).toEqual(y.map((v, i) => v + d[i]));
      kernels.scale(pd, n, 1.1);
      expect(build.readFloats(pd, n)).toEqual(d.map((v) => v * f(1.1)));
      kernels.intToFloat(pc, pc, n);
      expect(build.readFloats(pc, n)).toEqual(Float32Array.from(flags));
      build.checkGuards();
    });

    test('floatToInt truncates and saturates', () => {
      build.reset();
      const x = build.floats([1.9, -1.9, 3e9, -3e9, NaN, Infinity, -0]);
      kernels.floatToInt(x, x, 7);
      expect([...build.readInts(x, 7)]).toEqual([1, -1, 2147483647, -2147483648, 0, 2147483647, 0]);
    });
  });
});

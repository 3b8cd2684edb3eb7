// The recurrent kernels directly: against the float64 oracle over odd sizes, with guard bytes; and what must hold bit for bit.
import { describe, expect, test } from 'vitest';
import { RECURRENT_FIELDS, type RecurrentField } from '../../src/engine/kernels.js';
import { ReferenceNetwork } from '../../src/reference/index.js';
import { availableBuilds, type Build } from './builds.js';
import { numbers, worst } from './float64.js';

/** reset: GRU with the reset before the product. */
type Kind = 'rnn' | 'relu' | 'lstm' | 'gru' | 'reset';
const CODE = { rnn: 0, relu: 1, lstm: 2, gru: 3, reset: 4 };
const GATES = { rnn: 1, relu: 1, lstm: 4, gru: 3, reset: 3 };

interface Shape {
  kind: Kind;
  I: number;
  H: number;
  P?: number;
  /** Falling lengths of the rows. */
  lengths: number[];
  reverse?: boolean;
  bias?: boolean;
  peepholes?: boolean;
}

interface Data {
  wIh: Float32Array;
  wHh: Float32Array;
  wHr: Float32Array;
  bIh: Float32Array;
  bHh: Float32Array;
  peephole: Float32Array;
  /** Packed rows. */
  x: Float32Array;
  h0: Float32Array;
  c0: Float32Array;
}

const batchSizesOf = (lengths: number[]) =>
  Array.from({ length: lengths[0] }, (_, t) => lengths.filter((n) => n > t).length);
const rowsOf = ({ lengths }: Shape) => lengths.reduce((a, b) => a + b, 0);
const stateSize = ({ H, P }: Shape) => P ?? H;

function dataFor(shape: Shape, seed = 1): Data {
  const { kind, I, H, P = 0, lengths, bias = true } = shape;
  const [G, S, N] = [GATES[kind] * H, stateSize(shape), lengths.length];
  return {
    wIh: numbers(G * I, seed, 0.5),
    wHh: numbers(G * S, seed + 1, 0.5),
    wHr: numbers(P * H, seed + 2, 0.5),
    bIh: bias ? numbers(G, seed + 3, 0.5) : new Float32Array(G),
    bHh: bias ? numbers(G, seed + 4, 0.5) : new Float32Array(G),
    peephole: numbers(3 * H, seed + 8),
    x: numbers(rowsOf(shape) * I, seed + 5, 2),
    h0: numbers(N * S, seed + 6),
    c0: numbers(N * H, seed + 7),
  };
}

interface Ran {
  output: Float32Array;
  hN: Float32Array;
  cN: Float32Array;
  args: Record<RecurrentField, number>;
  at: number;
}

/** Lays everything out between guards and runs forward. */
function forward(
  build: Build,
  shape: Shape,
  data: Data,
  { training = false, inPlace = false, mask = false } = {},
): Ran {
  const { kernels } = build;
  const { kind, I, H, P = 0, lengths, reverse = false, bias = true } = shape;
  const [G, S, N, rows] = [GATES[kind] * H, stateSize(shape), lengths.length, rowsOf(shape)];
  const packed = (w: Float32Array, n: number, k: number) => {
    const to = build.allocate(kernels.packedBytes(n, k) / 4);
    kernels.packTransposed(build.floats(w), k, n, k, to);
    return to;
  };
  const args = Object.fromEntries(RECURRENT_FIELDS.map((name) => [name, 0])) as Record<RecurrentField, number>;
  const combined = build.allocate(G);
  if (bias) kernels.combineBias(CODE[kind], build.floats(data.bIh), build.floats(data.bHh), combined, H);
  const outputStride = S + 2;
  Object.assign(args, {
    kind: CODE[kind],
    x: build.floats(data.x),
    inputSize: I,
    // All as long as the first: 0 says so.
    batchSizes: lengths.every((n) => n === lengths[0]) ? 0 : build.ints(batchSizesOf(lengths)),
    steps: lengths[0],
    rows,
    hiddenSize: H,
    projSize: P,
    reverse: reverse ? 1 : 0,
    training: training ? 1 : 0,
    weightIh: packed(data.wIh, G, I),
    weightHh: packed(data.wHh, G, S),
    weightHr: P ? packed(data.wHr, P, H) : 0,
    bias: bias ? combined : 0,
    biasHn: bias && kind === 'gru' ? build.floats(data.bHh.subarray(2 * H)) : 0,
    h0: build.floats(data.h0),
    c0: build.floats(data.c0),
    peephole: shape.peepholes ? build.floats(data.peephole) : 0,
    mask: mask ? build.floats(new Float32Array(N * S).fill(1)) : 0,
    output: build.allocate(rows * outputStride),
    outputStride,
    hN: build.allocate(N * S),
    cN: build.allocate(N * H),
    gates: training ? build.allocate(rows * G) : 0,
    cells: build.allocate(training ? rows * H : 1),
  });
  if (inPlace) Object.assign(args, { hN: args.h0, cN: args.c0 });
  const at = build.allocate(RECURRENT_FIELDS.length);
  write(build, at, args);
  args.work = build.allocate(Math.ceil(kernels.recurrentWorkBytes(at) / 4));
  write(build, at, args);
  kernels.recurrentForward(at);
  build.checkGuards();
  const strided = build.readFloats(args.output, rows * outputStride);
  return {
    output: Float32Array.from({ length: rows * S }, (_, i) => strided[Math.floor(i / S) * outputStride + (i % S)]),
    hN: build.readFloats(args.hN, N * S),
    cN: build.readFloats(args.cN, kind === 'lstm' ? N * H : 0),
    args,
    at,
  };
}

function write(build: Build, at: number, args: Record<RecurrentField, number>): void {
  new Int32Array(build.memory.buffer, at, RECURRENT_FIELDS.length).set(RECURRENT_FIELDS.map((name) => args[name]));
}

// The oracle ----------------------------------------------------------------------------------------------------------

/** Packed rows -> [L, N, width], and back. */
function pad(x: ArrayLike<number>, lengths: number[], width: number): Float64Array {
  const N = lengths.length;
  const out = new Float64Array(lengths[0] * N * width);
  let r = 0;
  batchSizesOf(lengths).forEach((size, t) => {
    for (let b = 0; b < size; b++, r++) for (let j = 0; j < width; j++) out[(t * N + b) * width + j] = x[r * width + j];
  });
  return out;
}
function unpad(x: ArrayLike<number>, lengths: number[], width: number): Float64Array {
  const N = lengths.length;
  const out: number[] = [];
  batchSizesOf(lengths).forEach((size, t) => {
    for (let b = 0; b < size; b++) for (let j = 0; j < width; j++) out.push(x[(t * N + b) * width + j]);
  });
  return Float64Array.from(out);
}

/** A network whose direction of interest has the weights; the other direction of a reverse case has zeros. */
function oracle({ kind, I, H, P, reverse = false, bias = true, peepholes }: Shape, data: Data) {
  const net = new ReferenceNetwork({
    kind: kind === 'relu' ? 'rnn' : kind === 'reset' ? 'gru' : kind,
    resetAfter: kind !== 'reset',
    peepholes,
    nonlinearity: kind === 'relu' ? 'relu' : 'tanh',
    inputSize: I,
    hiddenSize: H,
    projSize: P ?? 0,
    bias,
    bidirectional: reverse,
  });
  const suffix = reverse ? '_reverse' : '';
  const roles = {
    weight_ih: data.wIh,
    weight_hh: data.wHh,
    weight_hr: data.wHr,
    weight_peephole: data.peephole,
    bias_ih: data.bIh,
    bias_hh: data.bHh,
  };
  for (const [role, values] of Object.entries(roles)) net.parameters[`${role}_l0${suffix}`]?.set(values);
  return { net, suffix };
}

/** Direction d's half of the columns (2·S wide rows), or of the states. */
const half = (x: Float64Array, width: number, reverse: boolean) =>
  reverse ? x.filter((_, i) => i % (2 * width) >= width) : x;
const twice = (x: ArrayLike<number>, width: number, reverse: boolean) => {
  if (!reverse) return Float64Array.from(x);
  const rows = x.length / width;
  const out = new Float64Array(2 * x.length);
  for (let r = 0; r < rows; r++) for (let j = 0; j < width; j++) out[(2 * r + 1) * width + j] = x[r * width + j];
  return out;
};
/** States [1, N, S] under the other direction's zeros. */
const below = (x: ArrayLike<number>, reverse: boolean) =>
  reverse ? [...new Array(x.length).fill(0), ...Array.from(x)] : Array.from(x);
const last = (x: ArrayLike<number>, reverse: boolean) => Float64Array.from(x).slice(reverse ? x.length / 2 : 0);

const SHAPES: Shape[] = [];
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33];
for (const [k, kind] of (['rnn', 'relu', 'lstm', 'gru', 'reset'] as const).entries()) {
  sizes.forEach((H, i) => {
    const I = sizes[(i * 5 + k) % sizes.length];
    const lengths = [[3], [4, 4], [5, 3, 3, 1], [2, 2, 2, 2, 2, 2, 2], [6, 1]][(i + k) % 5];
    SHAPES.push({ kind, I, H, lengths, reverse: i % 2 === 1, bias: i % 3 !== 2 });
    if (kind !== 'lstm') return;
    if (H > 1) SHAPES.push({ kind, I, H, P: Math.max(1, H >> 1), lengths, reverse: i % 2 === 0 });
    SHAPES.push({ kind, I, H, lengths, reverse: i % 3 === 1, peepholes: true });
    if (H > 1) SHAPES.push({ kind, I, H, P: Math.max(1, H >> 1), lengths, reverse: i % 3 === 0, peepholes: true });
  });
}
const title = (s: Shape) =>
  `${s.kind} I ${s.I} H ${s.H}${s.P ? ` P ${s.P}` : ''} lengths ${s.lengths}${s.reverse ? ' reverse' : ''}${s.peepholes ? ' peepholes' : ''}${s.bias === false ? ' no bias' : ''}`;

/** Largest difference as a share of the largest value, or of 1. */
const relative = (got: ArrayLike<number>, want: ArrayLike<number>) =>
  worst(got, want) / Math.max(1, ...Array.from(want, Math.abs));

describe.each(availableBuilds())('$name build', (build) => {
  const { kernels } = build;

  // Sums of at most 50 terms, carried through 6 steps: 2e-6 of the largest value (tanh keeps it at 1, relu does not);
  // gradients sum over rows and steps too: 3e-6 of the largest.
  test.each(SHAPES.map((shape) => [title(shape), shape] as const))('%s', (_title, shape) => {
    build.reset();
    const { H, lengths, reverse = false, kind, I, P } = shape;
    const [S, N, rows] = [stateSize(shape), lengths.length, rowsOf(shape)];
    const data = dataFor(shape);
    const ran = forward(build, shape, data, { training: true });
    const { net, suffix } = oracle(shape, data);
    const sizesOf = { L: lengths[0], N, lengths };
    const want = net.forward(pad(data.x, lengths, I), sizesOf, {
      h0: below(data.h0, reverse),
      c0: below(data.c0, reverse),
    });
    expect(relative(ran.output, half(unpad(want.output, lengths, S * (reverse ? 2 : 1)), S, reverse))).toBeLessThan(
      2e-6,
    );
    expect(relative(ran.hN, last(want.hN, reverse))).toBeLessThan(2e-6);
    if (kind === 'lstm') expect(relative(ran.cN, last(want.cN, reverse))).toBeLessThan(2e-6);

    const [dOutput, dhN, dcN] = [numbers(rows * S, 21), numbers(N * S, 22), numbers(N * H, 23)];
    const exact = net.backward({
      output: twice(pad(dOutput, lengths, S), S, reverse),
      hN: below(dhN, reverse),
      cN: below(dcN, reverse),
    });
    const G = GATES[kind] * H;
    const plain = (w: Float32Array, n: number, k: number) => {
      const to = build.allocate(kernels.packedBytes(k, n) / 4);
      kernels.packPlain(build.floats(w), k, k, n, to);
      return to;
    };
    const start = (n: number) => build.floats(new Float32Array(n).fill(1));
    Object.assign(ran.args, {
      dOutput: build.floats(dOutput),
      dOutputStride: S,
      dhN: build.floats(dhN),
      dcN: build.floats(dcN),
      weightIhBackward: plain(data.wIh, G, I),
      weightHhBackward: plain(data.wHh, kind === 'reset' ? 2 * H : G, S),
      weightHrBackward: P ? plain(data.wHr, P, H) : kind === 'reset' ? plain(data.wHh.subarray(2 * H * H), H, H) : 0,
      dPeephole: shape.peepholes ? start(3 * H) : 0,
      dx: build.allocate(rows * I),
      dWeightIh: start(G * I),
      dWeightHh: start(G * S),
      dWeightHr: P ? start(P * H) : 0,
      dBiasIh: start(G),
      dBiasHh: start(G),
      dh: build.allocate(N * S),
      dc: build.allocate(N * H),
    });
    write(build, ran.at, ran.args);
    ran.args.backwardWork = build.allocate(Math.ceil(kernels.recurrentBackwardWorkBytes(ran.at) / 4));
    write(build, ran.at, ran.args);
    kernels.recurrentBackward(ran.at);
    build.checkGuards();
    const close = (name: string, at: number, exactly: ArrayLike<number>, added = 0) => {
      const largest = Math.max(1, ...Array.from(exactly, Math.abs));
      const got = build.readFloats(at, exactly.length).map((x) => x - added);
      // `added` costs the rounding of x + 1.
      expect(worst(got, exactly) / largest, name).toBeLessThan(3e-6);
    };
    close('dx', ran.args.dx, unpad(exact.input, lengths, I));
    close('dh', ran.args.dh, last(exact.h0, reverse));
    if (kind === 'lstm') close('dc', ran.args.dc, last(exact.c0, reverse));
    const names = {
      weight_ih: 'dWeightIh',
      weight_hh: 'dWeightHh',
      weight_hr: 'dWeightHr',
      weight_peephole: 'dPeephole',
      bias_ih: 'dBiasIh',
      bias_hh: 'dBiasHh',
    } as const;
    for (const [role, field] of Object.entries(names)) {
      const gradient = exact.parameters[`${role}_l0${suffix}`];
      if (gradient) close(field, ran.args[field], gradient, 1);
    }
  });

  describe.each(['rnn', 'relu', 'lstm', 'peepholes', 'gru', 'reset'] as const)('%s, bit for bit', (name) => {
    const kind = name === 'peepholes' ? 'lstm' : name;
    const H = 13;
    const I = 7;
    const run = (shape: Shape, data: Data, options = {}) => {
      build.reset();
      return forward(build, { ...shape, peepholes: name === 'peepholes' }, data, options);
    };

    test('a mask of ones = no mask', () => {
      const shape = { kind, I, H, lengths: [5, 3, 1] };
      const data = dataFor(shape);
      const [plain, masked] = [run(shape, data), run(shape, data, { mask: true })];
      expect(masked.output).toEqual(plain.output);
      expect(masked.hN).toEqual(plain.hN);
    });

    test('a row in a batch = the row alone; packed lengths = each row by itself', () => {
      for (const reverse of [false, true]) {
        const shape = { kind, I, H, lengths: [6, 4, 4, 2, 1], reverse };
        const data = dataFor(shape);
        const all = run(shape, data);
        const starts: number[] = [];
        let at = 0;
        for (const size of batchSizesOf(shape.lengths)) {
          starts.push(at);
          at += size;
        }
        shape.lengths.forEach((length, row) => {
          const mine = Array.from({ length }, (_, t) => starts[t] + row);
          const x = Float32Array.from(mine.flatMap((r) => [...data.x.subarray(r * I, (r + 1) * I)]));
          const own = {
            ...data,
            x,
            h0: data.h0.slice(row * H, (row + 1) * H),
            c0: data.c0.slice(row * H, (row + 1) * H),
          };
          const alone = run({ ...shape, lengths: [length] }, own);
          expect([...alone.output]).toEqual(mine.flatMap((r) => [...all.output.subarray(r * H, (r + 1) * H)]));
          expect(alone.hN).toEqual(all.hN.slice(row * H, (row + 1) * H));
        });
      }
    });

    test('chunked = whole, and in place', () => {
      const shape = { kind, I, H, lengths: [5, 5, 5] };
      const data = dataFor(shape);
      const whole = run(shape, data);
      let { h0, c0 } = data;
      const pieces: number[] = [];
      for (const [from, steps] of [
        [0, 2],
        [2, 1],
        [3, 2],
      ]) {
        const x = data.x.slice(from * 3 * I, (from + steps) * 3 * I);
        const part = run({ ...shape, lengths: [steps, steps, steps] }, { ...data, x, h0, c0 }, { inPlace: true });
        pieces.push(...part.output);
        h0 = part.hN;
        if (kind === 'lstm') c0 = part.cN;
      }
      expect(Float32Array.from(pieces)).toEqual(whole.output);
      expect(h0).toEqual(whole.hN);
    });

    test('reversed input with reverse direction = reversed output', () => {
      const shape = { kind, I, H, lengths: [4, 4] };
      const data = dataFor(shape);
      const flip = (x: Float32Array, width: number) =>
        Float32Array.from([3, 2, 1, 0].flatMap((t) => [...x.subarray(t * 2 * width, (t + 1) * 2 * width)]));
      const straight = run(shape, data);
      const reversed = run({ ...shape, reverse: true }, { ...data, x: flip(data.x, I) });
      expect(flip(reversed.output, H)).toEqual(straight.output);
      expect(reversed.hN).toEqual(straight.hN);
    });

    test('training and inference give the same bits', () => {
      const shape = { kind, I, H, lengths: [4, 2] };
      const data = dataFor(shape);
      expect(run(shape, data, { training: true }).output).toEqual(run(shape, data).output);
    });

    test('NaN in one row stays in that row; an empty batch is nothing', () => {
      const shape = { kind, I, H, lengths: [3, 3, 3] };
      const data = dataFor(shape);
      data.x[I + 2] = Number.NaN;
      const { output } = run(shape, data);
      for (let t = 0; t < 3; t++) {
        for (let row = 0; row < 3; row++) {
          const at = (t * 3 + row) * H;
          expect(output.subarray(at, at + H).every(Number.isNaN), `step ${t} row ${row}`).toBe(row === 1);
        }
      }
    });
  });
});

test('the debug build says in words what is wrong', () => {
  const debug = availableBuilds()[0];
  expect(debug.name).toBe('debug');
  const [a, c] = [debug.allocate(8), debug.allocate(8)];
  expect(() => debug.kernels.gemm(a, 1, a, c, 4, 2, 4, 3, 0)).toThrow(
    /gemm: a row is longer than its stride at .*gemm\.ts/,
  );
  const shape: Shape = { kind: 'gru', I: 2, H: 2, lengths: [2, 1] };
  const ran = forward(debug, shape, dataFor(shape));
  write(debug, ran.at, { ...ran.args, rows: 5 });
  expect(() => debug.kernels.recurrentForward(ran.at)).toThrow(/rows is not the sum of batchSizes/);
});

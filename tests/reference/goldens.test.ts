// The oracle itself against PyTorch: float64 to rounding, float32 as close as float32 gets.
import { describe, expect, test } from 'vitest';
import { ReferenceNetwork } from '../../src/reference/index.js';
import { type Golden, Goldens, type RecurrentCase } from '../goldens/read.js';

const files = ['recurrent', 'variants'].map((name) => new Goldens<RecurrentCase>(name));
const cases = files.flatMap((goldens) => goldens.cases.map((c) => [c.name, c, goldens] as const));

/** [N, L, F] -> [L, N, F], and back with the sizes exchanged. */
function swap(x: ArrayLike<number>, A: number, B: number): Float64Array {
  const F = x.length / (A * B);
  const out = new Float64Array(x.length);
  for (let a = 0; a < A; a++)
    for (let b = 0; b < B; b++) for (let f = 0; f < F; f++) out[(b * A + a) * F + f] = x[(a * B + b) * F + f];
  return out;
}

function largestError(got: ArrayLike<number>, want: Golden): number {
  let error = 0;
  let largest = 1;
  for (let i = 0; i < want.data.length; i++) {
    if (!(Math.abs(got[i] - want.data[i]) <= error)) error = Math.abs(got[i] - want.data[i]);
    largest = Math.max(largest, Math.abs(want.data[i]));
  }
  return error / largest;
}

// 1e-12: sums of at most a few hundred float64 products. 4e-6: the same in float32 storage, through 5 steps and 3 layers.
describe.each([
  ['float64', 1e-12],
  ['float32', 4e-6],
] as const)('%s', (precision, bound) => {
  test.each(cases)('%s', (_name, c, goldens) => {
    const { kind, inputSize, hiddenSize, numLayers, bias, bidirectional, projSize, batchFirst } = c;
    const net = new ReferenceNetwork({
      kind: kind === 'relu' ? 'rnn' : kind,
      nonlinearity: kind === 'relu' ? 'relu' : 'tanh',
      inputSize,
      hiddenSize,
      numLayers,
      bias,
      bidirectional,
      projSize,
      precision,
      peepholes: c.more?.peepholes,
      resetAfter: c.more?.resetAfter,
    });
    const weights = Object.fromEntries(Object.entries(goldens.record(c.weights)).map(([name, g]) => [name, g.data]));
    net.setParameters(weights);
    const input = goldens.read(c.input);
    const [L, N] =
      input.shape.length === 2 ? [input.shape[0], 1] : batchFirst ? [input.shape[1], input.shape[0]] : input.shape;
    const inward = (g: Golden) => (batchFirst ? swap(g.data, N, L) : g.data);
    const outward = (x: ArrayLike<number>) => (batchFirst ? swap(x, L, N) : x);
    // Trained initial states are states to it, each row's the same.
    const repeated = (x: ArrayLike<number> | undefined, D: number) => {
      if (!x) return x;
      const size = x.length / D;
      return Array.from({ length: D * N * size }, (_, i) => x[Math.floor(i / (N * size)) * size + (i % size)]);
    };
    const D = numLayers * (bidirectional ? 2 : 1);
    const given = c.state.map((entry) => goldens.read(entry).data);
    const [h0, c0] = [given[0] ?? repeated(weights.h_0, D), given[1] ?? repeated(weights.c_0, D)];
    const got = net.forward(inward(input), { L, N, ...(c.lengths ? { lengths: c.lengths } : {}) }, { h0, c0 });
    const [dOutput, hN, cN] = c.upstream.map((entry) => goldens.read(entry));
    const gradients = net.backward({ output: inward(dOutput), hN: hN.data, ...(cN ? { cN: cN.data } : {}) });
    const all: Record<string, ArrayLike<number>> = {
      output: outward(got.output),
      hN: got.hN,
      cN: got.cN,
      dInput: outward(gradients.input),
      dh0: gradients.h0,
      dc0: gradients.c0,
      ...Object.fromEntries(Object.entries(gradients.parameters).map(([name, g]) => [`d.${name}`, g])),
    };
    for (const [name, want] of Object.entries(goldens.record(c.results))) {
      if (name.endsWith('_0')) continue;
      expect(largestError(all[name], want), name).toBeLessThanOrEqual(bound);
    }
  });
});

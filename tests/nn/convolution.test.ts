// Convolutions against their definition, over the whole matrix of options.
import { describe, expect, test } from 'vitest';
import { Conv1d, ConvTranspose1d, manualSeed, randn, scope, type Tensor } from '../../src/index.js';

test('padding modes on 1 to 9 steps are those of their definition', () => {
  for (const [paddingMode, at] of [
    ['reflect', (i: number, L: number) => (i < 0 ? -i : i >= L ? 2 * L - 2 - i : i)],
    ['replicate', (i: number, L: number) => Math.min(L - 1, Math.max(0, i))],
    ['circular', (i: number, L: number) => (i + L) % L],
  ] as const) {
    for (let L = 1; L < 10; L++) {
      for (let p = 1; p <= (paddingMode === 'reflect' ? L - 1 : L); p++) {
        const conv = new Conv1d({ inChannels: 1, outChannels: 1, kernelSize: 1, bias: false, padding: p, paddingMode });
        conv.weight.set(1);
        const x = Array.from({ length: L }, (_, i) => i + 1);
        const want = Array.from({ length: L + 2 * p }, (_, i) => at(i - p, L) + 1);
        expect([...conv.predict([x])]).toEqual(want);
        conv.dispose();
      }
    }
  }
});

describe('convolution over all of strides, paddings, dilations, groups', () => {
  const [N, C, Co] = [2, 4, 8];
  const values = (t: Tensor) => [...(t.data() as Float32Array)];
  /** The definition, in float64. */
  const direct = (conv: Conv1d, x: number[], L: number, p: number) => {
    const { stride, dilation, groups, kernelSize: k } = conv;
    const [w, b] = [values(conv.weight), values(conv.bias!)];
    const steps = Math.floor((L + 2 * p - dilation * (k - 1) - 1) / stride) + 1;
    return Array.from({ length: N * Co * steps }, (_, i) => {
      const [t, o, n] = [i % steps, Math.floor(i / steps) % Co, Math.floor(i / steps / Co)];
      let sum = b[o];
      for (let c = 0; c < C / groups; c++) {
        const channel = Math.floor(o / (Co / groups)) * (C / groups) + c;
        for (let j = 0; j < k; j++) {
          const at = t * stride + j * dilation - p;
          if (at >= 0 && at < L) sum += w[(o * (C / groups) + c) * k + j] * x[(n * C + channel) * L + at];
        }
      }
      return sum;
    });
  };
  const strides = [1, 2, 3];
  test.each(strides.flatMap((s) => [0, 1, 4].map((p) => [s, p])))('stride %i, padding %i', (stride, padding) => {
    manualSeed(9);
    for (const dilation of [1, 2, 3]) {
      for (const groups of [1, 2, 4]) {
        for (const [kernelSize, L] of [
          [1, 1],
          [2, 7],
          [3, 8],
          [5, 17],
        ]) {
          // biome-ignore format: a table
          const span = dilation * (kernelSize - 1);
          if (L + 2 * padding <= span) continue;
          const options = { kernelSize, stride, padding, dilation, groups };
          scope(() => {
            const conv = new Conv1d({ inChannels: C, outChannels: Co, ...options });
            const x = randn([N, C, L]);
            const y = conv.forward(x);
            const want = direct(conv, values(x), L, padding);
            values(y).forEach((v, i) => {
              expect(Math.abs(v - want[i])).toBeLessThan(4e-6);
            });
            // Its adjoint: Σ conv(x) · y = Σ x · transposed(y), without biases.
            const steps = y.shape[2];
            const outputPadding = (L + 2 * padding - span - 1) % stride;
            const shape = L - ((steps - 1) * stride - 2 * padding + span + 1);
            expect(shape).toBe(outputPadding);
            const back = new ConvTranspose1d({
              inChannels: Co,
              outChannels: C,
              ...options,
              outputPadding,
              bias: false,
            });
            back.weight.set(conv.weight);
            conv.bias!.set(0);
            const other = randn(y.shape);
            const [a, b] = [conv.forward(x).mul(other).sum().item(), back.forward(other).mul(x).sum().item()];
            expect(Math.abs(a - b)).toBeLessThan(1e-5 * (1 + Math.abs(a)) * 4);
            conv.dispose();
            back.dispose();
          });
        }
      }
    }
  });
});

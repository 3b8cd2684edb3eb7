// Transposed convolution: a product gives each input position's whole window, and the windows are added up where they lie.
import { kernels } from '../../engine/engine.js';
import { f32 } from '../../engine/memory.js';
import { ShapeError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shape.js';
import { type Call, needFloat, type Operator } from '../call.js';
import { onnxKernels } from '../engine.js';
import type { Value } from '../value.js';
import { type Windows, windowsOf } from './windows.js';

/** Floats of windows held at once, as in conv.ts. */
const BLOCK = 65536;

interface Extent {
  readonly out: readonly number[];
  readonly before: readonly number[];
}

/** Output sizes and the padding before, always of two dimensions. */
function extent(call: Call, s: Windows): Extent {
  const one = s.shape.length === 1;
  const pair = (name: string, usual: (d: 0 | 1) => number) => {
    const list = call.ints(name)?.slice(-s.shape.length);
    return ([0, 1] as const).map((d) => (one && d === 0 ? usual(d) : (list?.[one ? 0 : d] ?? usual(d))));
  };
  const auto = call.text('auto_pad', 'NOTSET');
  const same = auto.startsWith('SAME');
  const extra = pair('output_padding', () => 0);
  const whole = ([0, 1] as const).map(
    (d) => s.stride[d] * (s.size[d] - 1) + extra[d] + (s.kernel[d] - 1) * s.dilation[d] + 1,
  );
  const given = same || call.ints('output_shape') !== undefined;
  const out = pair('output_shape', (d) =>
    // A kernel smaller than the stride leaves no tail of bias alone: ONNX Runtime's reading of SAME.
    same && !(one && d === 0)
      ? Math.min(s.size[d] * s.stride[d], whole[d])
      : whole[d] - (given ? 0 : s.before[d] + s.after[d]),
  );
  const before = out.map((n, d) => {
    if (!given) return s.before[d];
    const total = Math.max(0, whole[d] - n);
    return auto === 'SAME_UPPER' ? total >> 1 : total - (total >> 1);
  });
  return { out, before };
}

function convTranspose(call: Call): void {
  const [x, w, bias] = [call.in(0), call.in(1), call.opt(2)];
  needFloat(x);
  needFloat(w);
  const groups = call.int('group', 1);
  const [N, C] = x.shape;
  const channels = C / groups;
  const width = w.shape[1];
  const M = width * groups;
  const fits = w.shape.length === x.shape.length && w.shape[0] === C && Number.isInteger(channels) && groups > 0;
  if (!fits || (bias && bias.size !== M))
    throw new ShapeError(`weights are ${formatShape(w.shape)} in ${groups} groups for ${formatShape(x.shape)}`);
  const s = windowsOf(call, x.shape, w.shape.slice(2));
  const { out, before } = extent(call, s);
  const y = call.out([N, M, ...out.slice(-s.shape.length)]);
  if (y.size === 0) return;
  call.step(() => {
    const size = sizeOf(out);
    for (let m = 0; m < N * M; m++) {
      const at = (y.ptr >>> 2) + m * size;
      f32.fill(bias ? f32[(bias.ptr >>> 2) + (m % M)] : 0, at, at + size);
    }
  });
  if (x.size > 0) addWindows(call, y, { ...s, out, before }, groups);
}

/** y += the windows of all positions, a group after the other. */
function addWindows(call: Call, y: Value, s: Omit<Windows, keyof Extent> & Extent, groups: number): void {
  const [x, w] = [call.in(0), call.in(1)];
  const [N, C] = x.shape;
  const [width] = w.shape.slice(1);
  const channels = C / groups;
  const [L, size] = [sizeOf(s.size), sizeOf(s.out)];
  const K = width * sizeOf(s.kernel);
  const bytes = kernels().packedBytes(K, channels);
  const packed = call.derived(w, `convTranspose ${groups}`, (groups * bytes) / 4, (to) => {
    for (let g = 0; g < groups; g++) kernels().packPlain(w.ptr + g * channels * K * 4, K, K, channels, to + g * bytes);
  });
  const sizes = call.words([width, ...s.out, ...s.kernel, ...s.stride, ...s.dilation, ...s.before, s.size[1]]);
  const count = Math.min(L, Math.max(1, Math.floor(BLOCK / K)));
  const rows = call.scratch(count * K);
  const turned = call.scratch(L * channels);
  const order = [
    [1, L],
    [channels, 1],
  ];
  const [rank, shape, from, to] = call.strided([L, channels], order);
  call.step(() => {
    for (let i = 0; i < N * groups; i++) {
      kernels().copyStrided(x.ptr + i * channels * L * 4, turned, rank, shape, from, to, 0);
      for (let first = 0; first < L; first += count) {
        const n = Math.min(count, L - first);
        const weights = packed + (i % groups) * bytes;
        kernels().gemm(turned + first * channels * 4, channels, weights, rows, K, n, K, channels, 0);
        onnxKernels().im2col(y.ptr + i * width * size * 4, rows, first, n, sizes, 1);
      }
    }
  });
}

export const transposedConvolutions: Record<string, Operator> = { ConvTranspose: convTranspose };

// Resize: one dimension after the other takes weighted sums of its rows. A tap is one row of each sum: nearest has one, linear two.
//
// Coordinates are computed in float32 in ONNX Runtime's order: where two inputs are equally near, the last bit decides.
import { f32 } from '../../engine/memory.js';
import { FormatError, ShapeError, UnsupportedError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shape.js';
import type { Call, Operator } from '../call.js';
import { broadcast } from './norms.js';
import { byDimension, takeRows } from './shapes.js';

const round = Math.fround;

/** Each output position costs a few numbers while planning, and each element a few passes: no file keeps us busy for long. */
const LONGEST = 2 ** 22;
const LARGEST = 2 ** 26;

interface Axis {
  /** Sizes before and after. */
  readonly n: number;
  readonly m: number;
  readonly scale: number;
  readonly roi: readonly [number, number];
}
interface Taps {
  readonly index: number[];
  readonly weight: number[];
}

/** Where output position i lies in the input. */
function coordinate(mode: string, i: number, { n, m, scale, roi: [start, end] }: Axis): number {
  const half = () => round(round((i + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'half_pixel':
      return half();
    case 'pytorch_half_pixel':
      return m > 1 ? half() : 0;
    case 'half_pixel_symmetric': {
      const adjustment = round(m / round(scale * n));
      return round((n / 2) * (1 - adjustment) + (i + 0.5) / scale - 0.5);
    }
    case 'tf_half_pixel_for_nn':
      return round(round(i + 0.5) / scale);
    case 'asymmetric':
      return round(i / scale);
    case 'align_corners':
      return m === 1 ? 0 : round(round(i * (n - 1)) / round(m - 1));
    case 'tf_crop_and_resize':
      return m > 1
        ? round(round(start * (n - 1)) + round(round(i * round(round(end - start) * (n - 1))) / (m - 1)))
        : round(0.5 * round(round(start + end) * (n - 1)));
    default:
      throw new UnsupportedError(`coordinate_transformation_mode is ${mode}`);
  }
}

/** The row that is nearest to x. */
function nearest(mode: string, x: number, scale: number): number {
  const whole = Math.floor(x);
  switch (mode) {
    case 'round_prefer_floor':
      return x === whole + 0.5 ? whole : Math.round(x);
    case 'round_prefer_ceil':
      return Math.round(x);
    case 'floor':
      return whole;
    case 'ceil':
      return Math.ceil(x);
    // Opset 10: up to larger sizes, down to smaller ones.
    case 'simple':
      return scale < 1 ? Math.ceil(x) : Math.trunc(x);
    default:
      throw new UnsupportedError(`nearest_mode is ${mode}`);
  }
}

/** The rows that output position i is a sum of. null: it lies outside and is the extrapolation value. A scale of 1 leaves all in place. */
function tapsOf(call: Call, axis: Axis, i: number, mode: string, coordinates: string): Taps | null {
  const { n, scale } = axis;
  const inside = (k: number) => Math.min(Math.max(k, 0), n - 1);
  const x = scale === 1 ? i : coordinate(coordinates, i, axis);
  if (coordinates === 'tf_crop_and_resize' && (x < 0 || x > n - 1)) return null;
  if (mode === 'nearest') {
    const usual = call.opset < 11 ? 'simple' : 'round_prefer_floor';
    return { index: [inside(nearest(call.text('nearest_mode', usual), x, scale))], weight: [1] };
  }
  // Weights are a triangle around x. Antialiasing widens it where rows get fewer.
  const wide = call.int('antialias') !== 0 ? Math.max(1, 1 / scale) : 1;
  const center = wide > 1 ? x : inside(x);
  const index: number[] = [];
  const weight: number[] = [];
  for (let k = Math.floor(center - wide) + 1; k < center + wide; k++) {
    index.push(inside(k));
    weight.push(1 - Math.abs(k - center) / wide);
  }
  const sum = weight.reduce((p, q) => p + q, 0);
  return { index, weight: weight.map((w) => w / sum) };
}

/** Scale and output size of every dimension. */
function axesOf(call: Call, shape: readonly number[], old: boolean): Axis[] {
  const given = (i: number) => (call.has(i) && call.in(i).size > 0 ? call.numbers(i) : null);
  const scales = given(old ? 1 : 2) ?? (old ? (call.floats('scales') ?? null) : null);
  const sizes = old ? null : given(3);
  const axes = call.ints('axes')?.map((a) => call.axis(a, shape.length)) ?? shape.map((_, d) => d);
  const list = scales ?? sizes;
  if (!list || list.length !== axes.length)
    throw new FormatError(`scales or sizes: expected ${axes.length} numbers for ${formatShape(shape)}`);
  const roi = old ? null : given(1);
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  const ratios = sizes?.map((m, i) => round(m / shape[axes[i]]));
  const common =
    ratios && policy !== 'stretch' ? (policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)) : null;
  return shape.map((n, d) => {
    const i = axes.indexOf(d);
    if (i < 0) return { n, m: n, scale: 1, roi: [0, 1] };
    const scale = scales ? scales[i] : (common ?? (ratios as number[])[i]);
    const m = scales ? Math.floor(round(n * scale)) : common === null ? list[i] : Math.round(round(common * n));
    if ((!(scale > 0) && n > 0) || m > LONGEST)
      throw new ShapeError(`scale is ${scale}, size ${m}; expected above 0 and at most ${LONGEST}`);
    return { n, m, scale, roi: roi ? [roi[i], roi[i + axes.length]] : [0, 1] };
  });
}

function resize(call: Call): void {
  const x = call.in(0);
  const mode = call.text('mode', 'nearest');
  if (mode !== 'nearest' && (x.dtype !== 'float32' || mode !== 'linear'))
    throw new UnsupportedError(`mode ${mode} on ${x.type}`);
  const old = call.opset < 11;
  const coordinates = call.text('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const axes = axesOf(call, x.shape, old);
  const shapeOut = axes.map(({ m }) => m);
  if (sizeOf(shapeOut) > LARGEST)
    throw new ShapeError(`makes ${formatShape(shapeOut)}; expected at most ${LARGEST} elements`);
  const y = call.out(shapeOut);
  if (y.size === 0) return;
  const moved = axes.map(({ n, m, scale }) => n !== m || scale !== 1);
  byDimension(call, x, y, moved, (d, from, to, { outer, n, count, inner }) => {
    const taps = Array.from({ length: count }, (_, k) => tapsOf(call, axes[d], k, mode, coordinates));
    along(call, from, to, taps, [outer, n, inner]);
  });
}

/** to [outer, taps.length, inner]: the weighted rows of from [outer, n, inner]. */
function along(call: Call, from: number, to: number, taps: (Taps | null)[], [outer, n, inner]: number[]): void {
  const count = taps.length;
  const size = outer * count * inner;
  const most = taps.reduce((n, tap) => Math.max(n, tap?.index.length ?? 1), 1);
  const own = [count * inner, inner, 1];
  const rows = most > 1 ? call.scratch(size) : to;
  for (let t = 0; t < most; t++) {
    const index = call.words(taps.map((tap) => tap?.index[t] ?? 0));
    takeRows(call, from, index, t === 0 ? to : rows, { outer, n, count, inner });
    if (most === 1) continue;
    const weights = call.words(new Int32Array(Float32Array.from(taps, (tap) => tap?.weight[t] ?? 0).buffer));
    const into = t === 0 ? to : rows;
    broadcast(call, 'mul', [into, own], [weights, [0, 1, 0]], into, [outer, count, inner]);
    if (t > 0) broadcast(call, 'add', [to, [1]], [rows, [1]], to, [size]);
  }
  const value = call.float('extrapolation_value');
  taps.forEach((tap, i) => {
    if (tap) return;
    call.step(() => {
      for (let o = 0; o < outer; o++) {
        const at = (to >>> 2) + (o * count + i) * inner;
        f32.fill(value, at, at + inner);
      }
    });
  });
}

export const resizes: Record<string, Operator> = { Resize: resize, Upsample: resize };

// Convolutions and pooling over time: [N, C, L], or [C, L] as a batch of one.
import type { Conv1d, ConvTranspose1d } from '../../nn/convolution.js';
import type { AdaptiveMaxPool1d, AvgPool1d, MaxPool1d } from '../../nn/pooling.js';
import type { Dim, GraphWriter, Value } from './graph.js';

type Module = Conv1d | ConvTranspose1d | MaxPool1d | AvgPool1d | AdaptiveMaxPool1d;

/** Any of them. */
export function overChannels(g: GraphWriter, m: Module, x: Value): Value {
  const { dims } = x;
  const C = (m as Partial<Conv1d>).inChannels ?? dims.at(-2) ?? 'C';
  g.expect(dims.at(-2) === C && /^[23]$/.test(`${dims.length}`), x, `[batch, ${C}, seqLen] or [${C}, seqLen]`);
  const write = convolutions[g.kind as 'Conv1d'] as (g: GraphWriter, m: Module, x: Value) => Value;
  if (dims.length === 3) return write(g, m, x);
  const y = write(g, m, g.op('Unsqueeze', [x, g.ints(0)], [1, ...dims]));
  return g.op('Squeeze', [y, g.ints(0)], y.dims.slice(1));
}

/** x with L steps where f(L) come out; the same L, whatever it is, where f adds and takes away as many. */
function stepsOf(g: GraphWriter, x: Value, f: (L: number) => number): Dim {
  const L = x.dims[2];
  if (typeof L !== 'number') return f(1e4) === 1e4 && f(1e4 + 1) === 1e4 + 1 ? L : null;
  g.expect(f(L) > 0, x, 'more steps');
  return f(L);
}

/** A node of windows that slide. */
function sliding(
  g: GraphWriter,
  type: string,
  m: Exclude<Module, AdaptiveMaxPool1d>,
  inputs: readonly Value[],
  dims: readonly Dim[],
  pads: readonly number[],
  more?: Readonly<Record<string, number | number[]>>,
): Value {
  const { kernelSize, stride, dilation, groups } = m as Conv1d;
  const attributes = { kernel_shape: [kernelSize], strides: [stride], pads, dilations: dilation && [dilation] };
  return g.op(type, inputs, dims, { ...attributes, group: groups, ...more });
}

function weights(g: GraphWriter, { weight, bias }: Conv1d | ConvTranspose1d): Value[] {
  return [g.copy('weight', weight), ...(bias ? [g.copy('bias', bias)] : [])];
}

function conv(g: GraphWriter, m: Conv1d, x: Value): Value {
  const ends = m.ends();
  const added = ends[0] + ends[1];
  const steps = stepsOf(g, x, (L) => Math.floor((L + added - m.span - 1) / m.stride) + 1);
  const own = m.paddingMode === 'zeros' || !added;
  const inputs = [own ? x : pad(g, x, m.paddingMode, ends), ...weights(g, m)];
  return sliding(g, 'Conv', m, inputs, [x.dims[0], m.outChannels, steps], own ? ends : [0, 0]);
}

function pad(g: GraphWriter, x: Value, mode: Conv1d['paddingMode'], [front, behind]: readonly number[]): Value {
  const [N, C, L] = x.dims;
  const dims = [N, C, typeof L === 'number' ? L + front + behind : null];
  if (mode !== 'circular') {
    const pads = g.ints(0, 0, front, 0, 0, behind);
    return g.op('Pad', [x, pads], dims, { mode: mode === 'reflect' ? mode : 'edge' });
  }
  // Pad's own mode for it came with opset 19.
  const part = (start: number, end: number) =>
    g.op('Slice', [x, g.ints(start), g.ints(end), g.ints(2)], [N, C, Math.abs(end - start)]);
  const parts = [...(front ? [part(-front, 2 ** 31 - 1)] : []), x, ...(behind ? [part(0, behind)] : [])];
  return g.op('Concat', parts, dims, { axis: 2 });
}

function convTranspose(g: GraphWriter, m: ConvTranspose1d, x: Value): Value {
  const { padding, outputPadding } = m;
  const steps = stepsOf(g, x, (L) => (L - 1) * m.stride + m.span + outputPadding + 1 - 2 * padding);
  const dims = [x.dims[0], m.outChannels, steps];
  const more = { output_padding: [outputPadding] };
  return sliding(g, 'ConvTranspose', m, [x, ...weights(g, m)], dims, [padding, padding], more);
}

/** Without ceilMode all windows lie within the padded input, as those of ONNX's nodes do. */
function windowPool(g: GraphWriter, m: MaxPool1d & AvgPool1d, x: Value): Value {
  const { kernelSize, stride, padding, dilation = 1, ceilMode, countIncludePad } = m;
  const mean = g.kind === 'AvgPool1d';
  if (ceilMode) return byWindows(g, m, x, mean, 'ceilMode');
  const steps = stepsOf(g, x, (L) => Math.floor((L + 2 * padding - dilation * (kernelSize - 1) - 1) / stride) + 1);
  const dims = [...x.dims.slice(0, 2), steps];
  const more = mean ? { count_include_pad: Number(countIncludePad) } : undefined;
  return sliding(g, mean ? 'AveragePool' : 'MaxPool', m, [x], dims, [padding, padding], more);
}

function adaptivePool(g: GraphWriter, m: AdaptiveMaxPool1d, x: Value): Value {
  const mean = g.kind === 'AdaptiveAvgPool1d';
  if (m.outputSize > 1) return byWindows(g, m, x, mean, 'outputSize above 1');
  return g.op(mean ? 'GlobalAveragePool' : 'GlobalMaxPool', [x], [...x.dims.slice(0, 2), 1]);
}

/**
 * Any windows, for a length that is known: their steps gathered one window after the other, [N, C, windows · taps], then pooled. Short windows
 * are filled up with the zero behind the end for a mean, with their last step for a maximum.
 */
function byWindows(
  g: GraphWriter,
  m: MaxPool1d | AvgPool1d | AdaptiveMaxPool1d,
  x: Value,
  mean: boolean,
  option: string,
): Value {
  const [N, C, L] = x.dims;
  if (typeof L !== 'number') {
    g.problem(`${option} needs a length that is a number`);
    return { ...x, dims: [N, C, null] };
  }
  const { padding = 0, countIncludePad } = m as Partial<AvgPool1d>;
  const all = m.windows(L);
  const within = (margin: number) => all.map((w) => w.filter((t) => t >= -margin && t < L + margin));
  const inside = within(0);
  g.expect(inside.length > 0 && inside.every((w) => w.length), x, 'more steps');
  const taps = Math.max(...inside.map((w) => w.length));
  const index = inside.flatMap((w) => Array.from({ length: taps }, (_, i) => w[i] ?? (mean ? L : w.at(-1))));
  const padded = mean ? g.op('Pad', [x, g.ints(0, 0, 0, 0, 0, 1)], [N, C, L + 1]) : x;
  const picked = g.op('Gather', [padded, g.ints(...index)], [N, C, index.length], { axis: 2 });
  const dims = [N, C, inside.length];
  const y = g.op(mean ? 'AveragePool' : 'MaxPool', [picked], dims, { kernel_shape: [taps], strides: [taps] });
  if (!mean) return y;
  const share = within(countIncludePad ? padding : 0).map((w) => taps / w.length);
  return g.same('Mul', [y, g.floats('share', [inside.length], share)]);
}

export const convolutions = {
  Conv1d: conv,
  ConvTranspose1d: convTranspose,
  MaxPool1d: windowPool,
  AvgPool1d: windowPool,
  AdaptiveMaxPool1d: adaptivePool,
  AdaptiveAvgPool1d: adaptivePool,
};

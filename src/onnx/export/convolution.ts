// Convolutions and pooling over time: [N, C, L], or [C, L] as a batch of one.
import type { Conv1d, ConvTranspose1d } from '../../nn/convolution.js';
import type { AdaptiveMaxPool1d, AvgPool1d, MaxPool1d } from '../../nn/pooling.js';
import type { Dim, GraphWriter, Value } from './graph.js';

/** Runs `compute` on x as [N, C, L]. C: the channels there must be, or any. */
function overChannels(g: GraphWriter, x: Value, C: number | undefined, compute: (x: Value) => Value): Value {
  const { dims } = x;
  const fits = [2, 3].includes(dims.length) && (C ?? dims.at(-2)) === dims.at(-2);
  g.expect(fits, x, `[batch, ${C ?? 'C'}, seqLen] or [${C ?? 'C'}, seqLen]`);
  if (dims.length === 3) return compute(x);
  const y = compute(g.op('Unsqueeze', [x, g.ints(0)], [1, ...dims]));
  return g.op('Squeeze', [y, g.ints(0)], y.dims.slice(1));
}

/** What f makes of L steps; the same L, whatever it is, where f adds and takes away as many. */
function stepsOf(g: GraphWriter, x: Value, f: (L: number) => number): Dim {
  const L = x.dims[2];
  if (typeof L !== 'number') return f(1e4) === 1e4 && f(1e4 + 1) === 1e4 + 1 ? L : null;
  g.expect(f(L) > 0, x, 'more steps');
  return f(L);
}

function conv(g: GraphWriter, m: Conv1d, input: Value): Value {
  const { kernelSize, dilation, stride, outChannels, groups, paddingMode, span } = m;
  const [front, behind] = m.ends();
  const own = paddingMode === 'zeros' || !(front || behind);
  return overChannels(g, input, m.inChannels, (x) => {
    const steps = stepsOf(g, x, (L) => Math.floor((L + front + behind - span - 1) / stride) + 1);
    const padded = own ? x : pad(g, x, paddingMode, front, behind);
    return g.op('Conv', [padded, ...weights(g, m)], [x.dims[0], outChannels, steps], {
      kernel_shape: [kernelSize],
      strides: [stride],
      dilations: [dilation],
      group: groups,
      pads: own ? [front, behind] : [0, 0],
    });
  });
}

function weights(g: GraphWriter, { weight, bias }: Conv1d | ConvTranspose1d): Value[] {
  const w = g.floats('weight', weight.shape, weight.data());
  return bias ? [w, g.floats('bias', bias.shape, bias.data())] : [w];
}

function pad(g: GraphWriter, x: Value, mode: Conv1d['paddingMode'], front: number, behind: number): Value {
  const L = x.dims[2];
  const dims = [...x.dims.slice(0, 2), typeof L === 'number' ? L + front + behind : null];
  if (mode !== 'circular') {
    const pads = g.ints(0, 0, front, 0, 0, behind);
    return g.op('Pad', [x, pads], dims, { mode: mode === 'reflect' ? mode : 'edge' });
  }
  // Pad's mode wrap came with opset 19.
  const part = (start: number, end: number) =>
    g.op('Slice', [x, g.ints(start), g.ints(end), g.ints(2)], [...x.dims.slice(0, 2), Math.abs(end - start)]);
  const before = front ? [part(-front, 2 ** 31 - 1)] : [];
  const after = behind ? [part(0, behind)] : [];
  return g.op('Concat', [...before, x, ...after], dims, { axis: 2 });
}

function convTranspose(g: GraphWriter, m: ConvTranspose1d, input: Value): Value {
  const { kernelSize, dilation, stride, outChannels, groups, padding, outputPadding, span } = m;
  return overChannels(g, input, m.inChannels, (x) => {
    const steps = stepsOf(g, x, (L) => (L - 1) * stride + span + outputPadding + 1 - 2 * padding);
    return g.op('ConvTranspose', [x, ...weights(g, m)], [x.dims[0], outChannels, steps], {
      kernel_shape: [kernelSize],
      strides: [stride],
      dilations: [dilation],
      group: groups,
      pads: [padding, padding],
      output_padding: [outputPadding],
    });
  });
}

/** Windows that all lie within the padded input are those of ONNX's nodes. */
function windowPool(g: GraphWriter, m: MaxPool1d & AvgPool1d, input: Value, mean: boolean): Value {
  const { kernelSize, stride, padding, dilation = 1, ceilMode, countIncludePad } = m;
  if (ceilMode) return byWindows(g, m, input, mean);
  return overChannels(g, input, undefined, (x) => {
    const steps = stepsOf(g, x, (L) => Math.floor((L + 2 * padding - dilation * (kernelSize - 1) - 1) / stride) + 1);
    return g.op(mean ? 'AveragePool' : 'MaxPool', [x], [...x.dims.slice(0, 2), steps], {
      kernel_shape: [kernelSize],
      strides: [stride],
      pads: [padding, padding],
      dilations: mean ? undefined : [dilation],
      count_include_pad: mean ? Number(countIncludePad) : undefined,
    });
  });
}

function adaptivePool(g: GraphWriter, m: AdaptiveMaxPool1d, input: Value, mean: boolean): Value {
  if (m.outputSize > 1) return byWindows(g, m, input, mean);
  return overChannels(g, input, undefined, (x) =>
    g.op(mean ? 'GlobalAveragePool' : 'GlobalMaxPool', [x], [...x.dims.slice(0, 2), 1]),
  );
}

/**
 * Any windows, for a length that is known: their steps gathered one window after the other, [N, C, windows · taps], then pooled. Short windows
 * are filled up with the zero behind the end for a mean, with their last step for a maximum.
 */
function byWindows(g: GraphWriter, m: MaxPool1d | AvgPool1d | AdaptiveMaxPool1d, input: Value, mean: boolean): Value {
  return overChannels(g, input, undefined, (x) => {
    const [N, C, L] = x.dims;
    if (typeof L !== 'number') {
      g.problem(
        `${g.kind === 'AdaptiveAvgPool1d' || g.kind === 'AdaptiveMaxPool1d' ? 'outputSize above 1' : 'ceilMode'} needs a number of steps, not ${L ?? '?'}`,
      );
      return { ...x, dims: [N, C, null] };
    }
    const { padding = 0, countIncludePad = false } = m as Partial<AvgPool1d>;
    const all = m.windows(L);
    const within = (margin: number) => all.map((w) => w.filter((t) => t >= -margin && t < L + margin));
    const inside = within(0);
    g.expect(inside.length > 0 && inside.every((w) => w.length), x, 'more steps');
    const taps = Math.max(...inside.map((w) => w.length));
    const index = inside.flatMap((w) => Array.from({ length: taps }, (_, i) => w[i] ?? (mean ? L : w.at(-1))));
    const padded = mean ? g.op('Pad', [x, g.ints(0, 0, 0, 0, 0, 1)], [N, C, L + 1]) : x;
    const picked = g.op('Gather', [padded, g.ints(...index)], [N, C, index.length], { axis: 2 });
    const type = mean ? 'AveragePool' : 'MaxPool';
    const y = g.op(type, [picked], [N, C, inside.length], { kernel_shape: [taps], strides: [taps] });
    if (!mean) return y;
    const share = within(countIncludePad ? padding : 0).map((w) => taps / w.length);
    return g.same('Mul', [y, g.floats('share', [inside.length], share)]);
  });
}

const pool =
  (write: (g: GraphWriter, m: never, x: Value, mean: boolean) => Value, mean: boolean) =>
  (g: GraphWriter, m: unknown, x: Value) =>
    write(g, m as never, x, mean);

export const convolutions = {
  Conv1d: conv,
  ConvTranspose1d: convTranspose,
  MaxPool1d: pool(windowPool, false),
  AvgPool1d: pool(windowPool, true),
  AdaptiveMaxPool1d: pool(adaptivePool, false),
  AdaptiveAvgPool1d: pool(adaptivePool, true),
};

// Convolution over time and its adjoint, channels first: unfolded into columns [C · taps, steps], row by row of the batch, which
// one product per group turns into [outChannels, steps]. Weights and outputs stay as PyTorch lays them out.
import { kernels } from '../engine/engine.js';
import type { Ptr } from '../engine/kernels.js';
import { allocate } from '../engine/memory.js';
import { stridesOf } from '../shape.js';
import { cast } from './cast.js';
import { filled } from './filled.js';
import { type Op, type Operand, pointerTo, reshaped, type Saved } from './op.js';
import { permuteOperand } from './permute.js';
import { writeStrided } from './strided.js';

export interface ConvolutionAttributes {
  stride: number;
  dilation: number;
  groups: number;
  taps: number;
  /** Channels and steps of the output. */
  shape: readonly [number, number];
}

/** Summands of a weight's gradient that are summed from zero before they are added: shorter sums, smaller errors. */
const BLOCK = 128;

/**
 * The three products around long [N, C, length], weight [Co, C / groups, taps] and short [N, Co, steps]; the one named is
 * computed from the others. short writes; long (zeros at first) and weight add.
 */
function convolve(
  into: 'short' | 'long' | 'weight',
  long: Operand,
  weight: Operand,
  short: Operand,
  { stride, dilation, groups, taps }: ConvolutionAttributes,
): void {
  const [N, C, length] = long.shape;
  const [, Co, steps] = short.shape;
  const start = pointerTo(weight, [Co, C / groups, taps], 'convolution');
  const m = Co / groups;
  const k = (C / groups) * taps;
  const kernel = kernels();
  const columns = allocate(C * taps * steps * 4, 'convolution').ptr;
  const packed = allocate(kernel.packedBytes(steps, k + m + 8), 'convolution').ptr; // all three fit
  const toLong = into === 'long';
  const turned = toLong ? permuteOperand(reshaped(weight, [groups, m, k]), [0, 2, 1]).block.ptr : start;
  const unfold = (n: number) => {
    const shape = [C, taps, steps];
    const s = writeStrided(shape, [[length, dilation, stride], stridesOf(shape)]);
    const row = long.block.ptr + n * C * length * 4;
    const [from, to] = s.strides;
    if (toLong) kernel.copyStrided(columns, row, s.rank, s.shape, to, from, 1);
    else kernel.copyStrided(row, columns, s.rank, s.shape, from, to, 0);
  };
  const multiply = (w: Ptr, column: Ptr, y: Ptr) => {
    if (into !== 'weight') {
      const [from, to, rows, depth] = toLong ? [y, column, k, m] : [column, y, m, k];
      kernel.packPlain(from, steps, steps, depth, packed);
      kernel.gemm(w, depth, packed, to, steps, rows, steps, depth, 0);
      return;
    }
    for (let t = 0; t < steps; t += BLOCK) {
      const count = Math.min(BLOCK, steps - t);
      kernel.packTransposed(column + t * 4, steps, k, count, packed);
      kernel.gemm(y + t * 4, steps, packed, w, k, m, k, count, 1);
    }
  };
  for (let n = 0; n < N; n++) {
    if (!toLong) unfold(n);
    for (let g = 0; g < groups; g++) {
      const y = short.block.ptr + (n * groups + g) * m * steps * 4;
      multiply(turned + g * m * k * 4, columns + g * k * steps * 4, y);
    }
    if (toLong) unfold(n);
  }
}

function operation(name: string, transposed: boolean): Op<ConvolutionAttributes, Saved & ConvolutionAttributes> {
  const run = (into: Parameters<typeof convolve>[0], x: Operand, w: Operand, y: Operand, a: ConvolutionAttributes) =>
    transposed ? convolve(into, y, w, x, a) : convolve(into, x, w, y, a);
  return {
    name,
    forward([input, weight], attributes) {
      const x = cast(input!, 'float32');
      const y = filled([x.shape[0], ...attributes.shape], 0, name);
      run(transposed ? 'long' : 'short', x, weight!, y, attributes);
      return { outputs: [y], saved: { operands: [x, weight], ...attributes } };
    },
    backward({ operands: [x, weight], ...attributes }, [dOut], sink) {
      const dx = sink.wants(0) ? filled(x!.shape, 0, name) : null;
      if (dx) run(transposed ? 'short' : 'long', dx, weight!, dOut!, attributes);
      if (sink.wants(1)) run('weight', x!, sink.accumulate(1), dOut!, attributes);
      return [dx, null];
    },
  };
}

/** y [N, Co, steps]: Σ weight [Co, C / groups, taps] · x [N, C, length] over a group's channels and taps. */
export const convolution = /* @__PURE__ */ operation('convolution', false);
/** The adjoint: y [N, C, length] from x [N, Co, steps] and weight [Co, C / groups, taps]. */
export const transposedConvolution = /* @__PURE__ */ operation('transposedConvolution', true);

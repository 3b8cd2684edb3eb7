// A convolution with the batch normalisation behind it: factor · (x * w + b - mean) + offset is a convolution with factor · w.
import { kernels } from '../../engine/engine.js';
import { BINARY } from '../../engine/kernels.js';
import { f32 } from '../../engine/memory.js';
import { stridesOf } from '../../shape.js';
import type { Call } from '../call.js';
import type { AttributeProto } from '../schema.js';
import { convolve } from './conv.js';
import { scaleAndShift } from './norms.js';

/** false: something is not known before the run, or not as it should be. */
export function planFolded(call: Call, norm: ReadonlyMap<string, AttributeProto>): boolean {
  const w = call.in(1);
  const bias = call.opt(2);
  const parameters = [3, 4, 5, 6].map((i) => call.in(i));
  const M = w.shape[0];
  const all = [...parameters, ...(bias ? [bias] : [])];
  const epsilon = norm.get('epsilon')?.f ?? 1e-5;
  const fits = w.constant && w.dtype === 'float32' && all.every((p) => p.constant && p.size === M);
  if (!fits || norm.get('training_mode')?.i || norm.get('spatial')?.i === 0) return false;
  const rows = [M, w.size / M];
  const [rank, sizes, p, q] = call.strided(rows, [stridesOf(rows), [1, 0]]);
  const factor = call.scratch(2 * M);
  const from = call.derivedFrom([w, ...all], `folded ${epsilon}`, w.size + M, (to) => {
    scaleAndShift(parameters, epsilon, factor);
    const offset = to + w.size * 4;
    kernels().binaryBroadcast(BINARY.mul, w.ptr, factor, to, rank, sizes, p, q);
    if (bias) kernels().binary(BINARY.mul, bias.ptr, factor, offset, M);
    else f32.fill(0, offset >>> 2, (offset >>> 2) + M);
    kernels().binary(BINARY.add, offset, factor + M * 4, offset, M);
  });
  convolve(call, [call.in(0).ptr, from], 'float32', from + w.size * 4);
  return true;
}

// Shapes and strides as the strided kernels read them: dimensions merged, written into the call's scratch words.
import { i32, linearMemory, SCRATCH } from '../engine/memory.js';
import { type Shape, stridesOf } from '../shape.js';

export interface Strided {
  rank: number;
  shape: number;
  /** Scratch addresses, one list of strides per operand. */
  strides: number[];
}

/**
 * Drops dimensions of size 1 and merges neighbours that are contiguous in every operand, then writes shape and strides
 * to the scratch words. Valid until the next call.
 */
export function writeStrided(shape: Shape, strides: readonly (readonly number[])[]): Strided {
  linearMemory();
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const top = sizes.length - 1;
    if (top >= 0 && strides.every((s, i) => merged[i][top] === s[d] * shape[d])) {
      sizes[top] *= shape[d];
      strides.forEach((s, i) => {
        merged[i][top] = s[d];
      });
    } else {
      sizes.push(shape[d]);
      strides.forEach((s, i) => {
        merged[i].push(s[d]);
      });
    }
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const list of merged) list.push(1);
  }
  const rank = sizes.length;
  i32.set(sizes, SCRATCH >> 2);
  merged.forEach((list, i) => {
    i32.set(list, (SCRATCH >> 2) + (i + 1) * rank);
  });
  return { rank, shape: SCRATCH, strides: merged.map((_, i) => SCRATCH + (i + 1) * rank * 4) };
}

/** Strides of an operand of `shape` read as `target`: 0 along the dimensions it is broadcast over. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((_, d) => (d < missing || shape[d - missing] === 1 ? 0 : own[d - missing]));
}

import { kernels } from '../engine/engine.js';
import { type Shape, stridesOf } from '../shape.js';
import { filled } from './filled.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';
import { writeStrided } from './strided.js';

export interface SliceAttributes {
  dim: number;
  start: number;
  end: number;
}
interface SliceSaved extends Saved, SliceAttributes {
  from: Shape;
}

/** Elements start … end - 1 along dim, copied. */
export const slice: Op<SliceAttributes, SliceSaved> = {
  name: 'slice',
  forward([x], attributes) {
    const { dim, start, end } = attributes;
    const shape = x!.shape.map((n, d) => (d === dim ? end - start : n));
    const out = fresh(shape, 'slice', x!.dtype);
    copyRegion(x!, offsetOf(x!.shape, dim, start), x!.shape, out, 0, shape, shape);
    return { outputs: [out], saved: { operands: [], from: x!.shape, ...attributes } };
  },
  backward({ from, dim, start }, [dOut]) {
    const dx = filled(from, 0, 'slice.backward');
    copyRegion(dOut!, 0, dOut!.shape, dx, offsetOf(from, dim, start), from, dOut!.shape);
    return [dx];
  },
};

/** Elements before position `start` of dimension dim. */
export function offsetOf(shape: Shape, dim: number, start: number): number {
  return start * (stridesOf(shape)[dim] ?? 1);
}

/** Copies a box of shape `region` between operands laid out as `fromShape` and `toShape`, at element offsets. */
export function copyRegion(
  from: Operand,
  fromOffset: number,
  fromShape: Shape,
  to: Operand,
  toOffset: number,
  toShape: Shape,
  region: Shape,
): void {
  if (region.some((n) => n === 0) || elements(from) === 0) return;
  const s = writeStrided(region, [stridesOf(fromShape), stridesOf(toShape)]);
  const source = from.block.ptr + fromOffset * 4;
  const target = to.block.ptr + toOffset * 4;
  kernels().copyStrided(source, target, s.rank, s.shape, s.strides[0], s.strides[1], 0);
}

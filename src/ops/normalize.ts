import { kernels } from '../engine/engine.js';
import { type Shape, sizeOf } from '../shape.js';
import { cast } from './cast.js';
import { elements, fresh, type Op, type Operand, pointerTo, type Saved } from './op.js';

export interface NormalizeAttributes {
  /** Trailing dimensions of the input over which mean and variance are taken. */
  shape: Shape;
  eps: number;
  /** Sees mean and biased variance (float64 [rows, 2]) of every row, before anything is returned. */
  observe?: (stats: Operand) => void;
}

/** y = (x - mean) / √(variance + eps) · weight + bias over the trailing dimensions `shape`; weight and bias of that shape or absent. */
export const normalize: Op<NormalizeAttributes, Saved & NormalizeAttributes> = {
  name: 'normalize',
  forward([input, weight, bias], attributes) {
    const { shape, eps, observe } = attributes;
    const [w, b] = [weight, bias].map((p) => pointerTo(p, shape, 'normalize'));
    const x = cast(input!, 'float32');
    const n = sizeOf(shape);
    const m = elements(x) / n;
    const y = fresh(x.shape, 'normalize');
    const stats = fresh([m, 4], 'normalize');
    kernels().normalize(x.block.ptr, w, b, y.block.ptr, m, n, eps, stats.block.ptr);
    observe?.(stats);
    return { outputs: [y], saved: { operands: [x, weight, stats], shape, eps } };
  },
  backward({ operands: [x, weight, stats], shape, eps }, [dOut], sink) {
    const n = sizeOf(shape);
    const m = elements(x!) / n;
    const dy = dOut!.block.ptr;
    const k = kernels();
    const dx = fresh(x!.shape, 'normalize.backward');
    const dRows = sink.wants(1) ? fresh(x!.shape, 'normalize.backward') : dx;
    const out = [dx.block.ptr, dRows.block.ptr] as const;
    k.normalizeBackward(x!.block.ptr, weight?.block.ptr ?? 0, dy, stats!.block.ptr, ...out, m, n, eps);
    if (sink.wants(1)) k.columnSums(dRows.block.ptr, n, sink.accumulate(1).block.ptr, m, n);
    if (sink.wants(2)) k.columnSums(dy, n, sink.accumulate(2).block.ptr, m, n);
    return [dx, null, null];
  },
};

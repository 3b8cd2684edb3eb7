import { kernels } from '../engine/engine.js';
import { allocate } from '../engine/memory.js';
import { ShapeError } from '../errors.js';
import { formatShape, sameShape } from '../shape.js';
import { cast } from './cast.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';
import { packedWeight } from './packing.js';

/** Weights are assignable: ones of another shape would send the kernel out of its bounds. */
export function checkLinear(x: Pick<Operand, 'shape'>, weight: Operand, bias: Operand | null): void {
  const [n, k] = weight.shape;
  const fits = weight.shape.length === 2 && x.shape.at(-1) === k && (!bias || sameShape(bias.shape, [n]));
  if (!fits || weight.dtype !== 'float32') {
    const given = bias ? ` and bias ${formatShape(bias.shape)}` : '';
    throw new ShapeError(
      `linear: weight is ${weight.dtype} ${formatShape(weight.shape)}${given}; expected float32 [out, ${x.shape.at(-1)}] and [out]`,
    );
  }
}

/** y [M, out] = x [M, in]·Wᵀ + b; W [out, in], b [out] or absent. */
export const linear: Op<void, Saved> = {
  name: 'linear',
  forward([input, weight, bias]) {
    const x = cast(input!, 'float32');
    const [n, k] = weight!.shape;
    checkLinear(x, weight!, bias ?? null);
    const m = elements(x) / k;
    const y = fresh([...x.shape.slice(0, -1), n], 'linear');
    const packed = packedWeight(weight!, 'transposed');
    kernels().linear(x.block.ptr, packed.ptr, bias?.block.ptr ?? 0, y.block.ptr, m, n, k);
    return { outputs: [y], saved: { operands: [x, weight] } };
  },
  backward({ operands: [x, weight] }, [dOut], sink) {
    const [n, k] = weight!.shape;
    const m = elements(dOut!) / n;
    const dy = dOut!.block.ptr;
    const kernel = kernels();
    let dx = null;
    if (sink.wants(0)) {
      dx = fresh(x!.shape, 'linear.backward');
      kernel.gemm(dy, n, packedWeight(weight!, 'plain').ptr, dx.block.ptr, k, m, k, n, 0);
    }
    if (sink.wants(1)) {
      const scratch = allocate(kernel.gemmTransposedABytes(n, k, m), 'linear.backward');
      const dWeight = sink.accumulate(1).block.ptr;
      kernel.gemmTransposedA(dy, n, x!.block.ptr, k, dWeight, k, n, k, m, scratch.ptr);
    }
    if (sink.wants(2)) kernel.columnSums(dy, n, sink.accumulate(2).block.ptr, m, n);
    return [dx, null, null];
  },
};

import { kernels } from '../engine/engine.js';
import { allocate } from '../engine/memory.js';
import { broadcastTo, sumTo } from './broadcast.js';
import { cast } from './cast.js';
import { filled } from './filled.js';
import { elements, fresh, type Op, type Operand, type Saved } from './op.js';
import { packOnce } from './packing.js';

/** out [B…, m, n] = a [B…, m, k] · b [B…, k, n]; batch dimensions broadcast. Operands have rank ≥ 2 here. */
export const matmul: Op<{ batch: readonly number[] }, Saved & { batch: readonly number[] }> = {
  name: 'matmul',
  forward([left, right], { batch }) {
    const a = cast(left!, 'float32');
    const b = cast(right!, 'float32');
    const out = fresh([...batch, a.shape.at(-2)!, b.shape.at(-1)!], 'matmul');
    const x = broadcastTo(a, [...batch, ...a.shape.slice(-2)]);
    const y = broadcastTo(b, [...batch, ...b.shape.slice(-2)]);
    forEachMatrix([x, y, out], (A, B, C) => {
      const [m, k] = A.shape;
      const n = B.shape[1];
      kernels().gemm(A.block.ptr, k, packOnce(B, 'plain').ptr, C.block.ptr, n, m, n, k, 0);
    });
    return { outputs: [out], saved: { operands: [a, b], batch } };
  },
  backward({ operands: [a, b], batch }, [dOut], sink) {
    const x = broadcastTo(a!, [...batch, ...a!.shape.slice(-2)]);
    const y = broadcastTo(b!, [...batch, ...b!.shape.slice(-2)]);
    return [
      sink.wants(0) ? sumTo(gradientLeft(dOut!, y, x.shape), a!.shape) : null,
      sink.wants(1) ? sumTo(gradientRight(dOut!, x, y.shape), b!.shape) : null,
    ];
  },
};

/** dA = dC·Bᵀ. */
function gradientLeft(dOut: Operand, b: Operand, shape: readonly number[]): Operand {
  const dA = fresh(shape, 'matmul.backward');
  forEachMatrix([dOut, b, dA], (dC, B, target) => {
    const [m, n] = dC.shape;
    const k = B.shape[0];
    kernels().gemm(dC.block.ptr, n, packOnce(B, 'transposed').ptr, target.block.ptr, k, m, k, n, 0);
  });
  return dA;
}

/** dB = Aᵀ·dC. */
function gradientRight(dOut: Operand, a: Operand, shape: readonly number[]): Operand {
  const dB = filled(shape, 0, 'matmul.backward');
  const [m, k] = a.shape.slice(-2);
  const n = dOut.shape.at(-1)!;
  const scratch = allocate(kernels().gemmTransposedABytes(k, n, m), 'matmul.backward');
  forEachMatrix([a, dOut, dB], (A, dC, target) => {
    kernels().gemmTransposedA(A.block.ptr, k, dC.block.ptr, n, target.block.ptr, n, k, n, m, scratch.ptr);
  });
  return dB;
}

/** One matrix of a batch: what the kernels need of an operand. */
interface Matrix {
  block: { ptr: number };
  shape: readonly number[];
}

function forEachMatrix(operands: [Operand, Operand, Operand], run: (a: Matrix, b: Matrix, c: Matrix) => void): void {
  const sizes = operands.map((x) => x.shape.at(-1)! * x.shape.at(-2)!);
  if (elements(operands[2]) === 0) return;
  const count = elements(operands[2]) / sizes[2];
  for (let i = 0; i < count; i++) {
    const [a, b, c] = operands.map((x, j) => ({
      block: { ptr: x.block.ptr + i * sizes[j] * 4 },
      shape: x.shape.slice(-2),
    }));
    run(a, b, c);
  }
}

// Elementwise arithmetic over two operands with broadcasting, and its reverse: summing a gradient back to a shape.
import { kernels } from '../engine/engine.js';
import { BINARY, REDUCE } from '../engine/kernels.js';
import { broadcastShapes, type Shape, sameShape, sizeOf } from '../shape.js';
import { cast } from './cast.js';
import { elements, fresh, type Operand, reshaped } from './op.js';
import { permuteOperand } from './permute.js';
import { broadcastStrides, writeStrided } from './strided.js';

export type BinaryName = keyof typeof BINARY;

const INTEGER: readonly string[] = ['add', 'sub', 'mul', 'max', 'min'];

/** out = a op b under broadcasting. Two int32 give int32 (not div, pow); else both are read as float32. */
export function broadcastBinary(name: BinaryName, a: Operand, b: Operand): Operand {
  const shape = broadcastShapes(a.shape, b.shape, name);
  if (a.dtype === 'int32' && b.dtype === 'int32' && INTEGER.includes(name)) return integerBinary(name, a, b, shape);
  const x = cast(a, 'float32');
  const y = cast(b, 'float32');
  const out = fresh(shape, name);
  const k = kernels();
  if (sameShape(x.shape, y.shape)) {
    k.binary(BINARY[name], x.block.ptr, y.block.ptr, out.block.ptr, elements(out));
  } else if (elements(out) > 0) {
    const s = writeStrided(shape, [broadcastStrides(x.shape, shape), broadcastStrides(y.shape, shape)]);
    k.binaryBroadcast(
      BINARY[name],
      x.block.ptr,
      y.block.ptr,
      out.block.ptr,
      s.rank,
      s.shape,
      s.strides[0],
      s.strides[1],
    );
  }
  return out;
}

function integerBinary(name: BinaryName, a: Operand, b: Operand, shape: Shape): Operand {
  const out = fresh(shape, name, 'int32');
  if (elements(out) === 0) return out;
  const s = writeStrided(shape, [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)]);
  kernels().binaryBroadcastInt(
    BINARY[name],
    a.block.ptr,
    b.block.ptr,
    out.block.ptr,
    s.rank,
    s.shape,
    s.strides[0],
    s.strides[1],
  );
  return out;
}

/** out = a op number. */
export function binaryScalar(name: BinaryName, a: Operand, b: number): Operand {
  const x = cast(a, 'float32');
  const out = fresh(x.shape, name);
  kernels().binaryScalar(BINARY[name], x.block.ptr, b, out.block.ptr, elements(x));
  return out;
}

/** The elements of x repeated to `shape`. */
export function broadcastTo(x: Operand, shape: Shape): Operand {
  if (sameShape(x.shape, shape)) return x;
  const out = fresh(shape, 'broadcast', x.dtype);
  if (elements(out) === 0) return out;
  const s = writeStrided(shape, [broadcastStrides(x.shape, shape), broadcastStrides(shape, shape)]);
  kernels().copyStrided(x.block.ptr, out.block.ptr, s.rank, s.shape, s.strides[0], s.strides[1], 0);
  return out;
}

/** The reverse of broadcasting: sums `gradient` over the dimensions along which an operand of `shape` was repeated. */
export function sumTo(gradient: Operand, shape: Shape): Operand {
  if (sameShape(gradient.shape, shape)) return gradient;
  const missing = gradient.shape.length - shape.length;
  const repeated: number[] = [];
  const kept: number[] = [];
  gradient.shape.forEach((n, d) => {
    const summed = d < missing || (shape[d - missing] === 1 && n !== 1);
    (summed ? repeated : kept).push(d);
  });
  if (repeated.length === 0) return reshaped(gradient, shape);
  const arranged = permuteOperand(gradient, [...repeated, ...kept]);
  const out = fresh(shape, 'sum to shape');
  const inner = sizeOf(kept.map((d) => gradient.shape[d]));
  const n = sizeOf(repeated.map((d) => gradient.shape[d]));
  kernels().reduce(REDUCE.sum, arranged.block.ptr, out.block.ptr, 1, n, inner);
  return out;
}

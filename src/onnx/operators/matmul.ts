// Matrix products. A right side that never changes is packed once.
import { kernels } from '../../engine/engine.js';
import { i32 } from '../../engine/memory.js';
import { ShapeError, UnsupportedError } from '../../errors.js';
import { type Layout, packedWeight } from '../../ops/packing.js';
import { broadcastShapes, formatShape, type Shape, sizeOf, stridesOf } from '../../shape.js';
import { broadcastStrides, type Call, needFloat, type Operator } from '../call.js';
import { type ElementType, isFloat, isLong, storeAs } from '../element-types.js';
import { onnxKernels } from '../engine.js';
import type { Value } from '../value.js';
import { floatBinary } from './elementwise.js';

/** An address that holds matrix `b` [rows, columns] packed: once where it is known, else in a step before each run's product. */
export function packed(call: Call, b: Value, layout: Layout): number {
  if (b.known) return packedWeight(b, layout).ptr;
  const [rows, columns] = b.shape;
  const to = call.scratch(
    kernels().packedBytes(layout === 'plain' ? columns : rows, layout === 'plain' ? rows : columns) / 4,
  );
  call.step(() => pack(b.ptr, rows, columns, layout, to));
  return to;
}
function pack(from: number, rows: number, columns: number, layout: Layout, to: number): void {
  if (layout === 'plain') kernels().packPlain(from, columns, columns, rows, to);
  else kernels().packTransposed(from, columns, rows, columns, to);
}

/** torch.matmul's rules, which are ONNX's: vectors become matrices, batches broadcast. */
export function productShape(a: Value, b: Value) {
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m, k] = left.slice(-2);
  const [inner, n] = right.slice(-2);
  if (k !== inner || a.shape.length === 0 || b.shape.length === 0)
    throw new ShapeError(`${formatShape(a.shape)} times ${formatShape(b.shape)}`);
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2), 'inputs');
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  const offsets = () => [matrices(left, batch), matrices(right, batch)];
  return { shape, offsets, m, n, k };
}

function matmul(call: Call): void {
  const [a, b] = [call.in(0), call.in(1)];
  if (a.dtype !== b.dtype) throw new UnsupportedError(`inputs are ${a.type} and ${b.type}; expected one type`);
  const { shape, offsets, m, n, k } = productShape(a, b);
  const y = call.out(shape);
  if (y.size === 0) return;
  if (a.dtype === 'float32' && b.size === k * n) {
    // A batch on the left alone is more rows of one product.
    const matrix = b.shape.length === 2 ? b : view(b, [k, n]);
    const at = packed(call, matrix, 'plain');
    call.step(() => kernels().gemm(a.ptr, k, at, y.ptr, n, y.size / n, n, k, 0));
  } else batched(call, a.type, [a.ptr, b.ptr, y.ptr], offsets(), [m, n, k]);
}

function view(x: Value, shape: Shape): Value {
  return Object.create(x, { shape: { value: shape } });
}

/** Where the matrix of each element of `batch` begins in a tensor of `shape`: bytes. */
function matrices(shape: Shape, batch: Shape): Int32Array {
  const strides = broadcastStrides(shape.slice(0, -2), batch);
  const own = stridesOf(batch);
  const matrix = sizeOf(shape.slice(-2)) * 4;
  return Int32Array.from(
    { length: sizeOf(batch) },
    (_, i) => matrix * strides.reduce((sum, s, d) => sum + s * (Math.floor(i / own[d]) % batch[d]), 0),
  );
}

/** y[i] [m, n] = a[i] [m, k] · b[i] [k, n] for each pair of byte offsets: addresses, elements of `type`. */
export function batched(
  call: Call,
  type: ElementType,
  [a, b, y]: readonly number[],
  [p, q]: readonly Int32Array[],
  [m, n, k]: readonly number[],
): void {
  const floats = isFloat(type);
  const to = floats ? call.scratch(kernels().packedBytes(n, k) / 4) : 0;
  call.step(() => {
    for (let i = 0; i < p.length; i++) {
      const [from, at] = [b + q[i], y + i * m * n * 4];
      if (floats) {
        if (i === 0 || q[i] !== q[i - 1]) pack(from, k, n, 'plain', to);
        kernels().gemm(a + p[i], k, to, at, n, m, n, k, 0);
      } else if (isLong(type)) longProduct(a + p[i], from, at, [m, n, k]);
      else onnxKernels().gemmInt(a + p[i], from, at, m, n, k);
    }
  });
}

/** Of int64, whose sums may not wrap at 32 bits. */
function longProduct(a: number, b: number, y: number, [m, n, k]: readonly number[]): void {
  const store = storeAs('int64');
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += i32[(a >>> 2) + r * k + i] * i32[(b >>> 2) + i * n + c];
      i32[(y >>> 2) + r * n + c] = store(sum);
    }
  }
}

/** alpha · A'·B' + beta · C. */
function gemm(call: Call): void {
  const [given, b, c] = [call.in(0), call.in(1), call.opt(2)];
  needFloat(given);
  needFloat(b);
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const [transA, transB] = [call.int('transA') !== 0, call.int('transB') !== 0];
  if (given.shape.length !== 2 || b.shape.length !== 2) throw new ShapeError('inputs: expected matrices');
  const [m, k] = transA ? [given.shape[1], given.shape[0]] : given.shape;
  const [n, inner] = transB ? b.shape : [b.shape[1], b.shape[0]];
  if (k !== inner) throw new ShapeError(`${formatShape(given.shape)} times ${formatShape(b.shape)}`);
  const y = call.out([m, n]);
  if (y.size === 0) return;
  const a = transA ? call.scratch(m * k) : given.ptr;
  if (transA) call.copy(given.ptr, [1, m], a, [k, 1], [m, k]);
  const at = packed(call, b, transB ? 'transposed' : 'plain');
  const row = c && c.size === n && c.shape.at(-1) === n && alpha === 1 && beta === 1;
  call.step(() => kernels().linear(a, at, row ? c.ptr : 0, y.ptr, m, n, k));
  if (alpha !== 1) call.step(() => kernels().scale(y.ptr, m * n, alpha));
  if (!c || row || beta === 0) return;
  let addend = c;
  if (beta !== 1) {
    addend = call.make(c.shape);
    call.copy(c.ptr, [1], addend.ptr, [1], [c.size]);
    call.step(() => kernels().scale(addend.ptr, c.size, beta));
  }
  floatBinary(call, 'add', y, addend, y);
}

export const products: Record<string, Operator> = { MatMul: matmul, Gemm: gemm };

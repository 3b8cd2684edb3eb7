// Matrix products. A right side that never changes is packed once.
import { kernels } from '../../engine/engine.js';
import { ShapeError } from '../../errors.js';
import { type Layout, packedWeight } from '../../ops/packing.js';
import { broadcastShapes, formatShape, type Shape, sizeOf, stridesOf } from '../../shape.js';
import { broadcastStrides, type Call, needFloat, type Operator } from '../call.js';
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
function matmul(call: Call): void {
  const [a, b] = [call.in(0), call.in(1)];
  needFloat(a);
  needFloat(b);
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m, k] = left.slice(-2);
  const [inner, n] = right.slice(-2);
  if (k !== inner || a.shape.length === 0 || b.shape.length === 0)
    throw new ShapeError(`${formatShape(a.shape)} times ${formatShape(b.shape)}`);
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2), 'inputs');
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  const y = call.out(shape);
  if (y.size === 0) return;
  if (sizeOf(right.slice(0, -2)) === 1) {
    // A batch on the left alone is more rows of one product.
    const matrix = b.shape.length === 2 ? b : view(b, [k, n]);
    const at = packed(call, matrix, 'plain');
    call.step(() => kernels().gemm(a.ptr, k, at, y.ptr, n, y.size / n, n, k, 0));
  } else batched(call, [a, b, y], [left, right], batch, [m, n, k]);
}

function view(x: Value, shape: Shape): Value {
  return Object.create(x, { shape: { value: shape } });
}

function batched(call: Call, [a, b, y]: Value[], [left, right]: Shape[], batch: Shape, [m, n, k]: number[]): void {
  const offsets = (shape: Shape) => {
    const strides = broadcastStrides(shape.slice(0, -2), batch);
    const own = stridesOf(batch);
    const matrix = sizeOf(shape.slice(-2)) * 4;
    return Int32Array.from(
      { length: sizeOf(batch) },
      (_, i) => matrix * strides.reduce((sum, s, d) => sum + s * (Math.floor(i / own[d]) % batch[d]), 0),
    );
  };
  const [p, q] = [offsets(left), offsets(right)];
  const to = call.scratch(kernels().packedBytes(n, k) / 4);
  call.step(() => {
    for (let i = 0; i < p.length; i++) {
      if (i === 0 || q[i] !== q[i - 1]) pack(b.ptr + q[i], k, n, 'plain', to);
      kernels().gemm(a.ptr + p[i], k, to, y.ptr + i * m * n * 4, n, m, n, k, 0);
    }
  });
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
  if (!c || row) return;
  let addend = c;
  if (beta !== 1) {
    addend = call.make(c.shape);
    call.copy(c.ptr, [1], addend.ptr, [1], [c.size]);
    call.step(() => kernels().scale(addend.ptr, c.size, beta));
  }
  floatBinary(call, 'add', y, addend, y);
}

export const products: Record<string, Operator> = { MatMul: matmul, Gemm: gemm };

import { f32, float, op } from '../model.mjs';

const tolerance = 5e-6;
const PRODUCTS = [
  ['matrices', [3, 4], [4, 5]],
  ['row times matrix', [1, 7], [7, 9]],
  ['vectors', [5], [5]],
  ['vector times matrix', [4], [4, 3]],
  ['matrix times vector', [3, 4], [4]],
  ['batch times matrix', [2, 3, 4], [4, 5]],
  ['batches', [2, 3, 4], [2, 4, 5]],
  ['batches broadcast', [2, 1, 3, 4], [5, 4, 2]],
  ['matrix times batch', [3, 4], [2, 4, 3]],
  ['larger', [17, 33], [33, 31]],
  ['one batch', [2, 3], [1, 3, 2]],
  ['batched vector', [2, 3, 4], [4]],
  ['inner 1', [3, 1], [1, 4]],
];
const matmul = PRODUCTS.flatMap(([name, a, b]) => [
  op('MatMul', [f32(a), f32(b)], { name, tolerance }),
  op('MatMul', [f32(a), f32(b)], { name: `${name}, constant`, constants: [1], tolerance }),
]);
const gemm = [
  op('Gemm', [f32([3, 4]), f32([4, 5]), f32([5])], { name: 'plain', tolerance }),
  op('Gemm', [f32([3, 4]), f32([5, 4]), f32([5])], {
    name: 'linear',
    attributes: { transB: 1 },
    constants: [1, 2],
    tolerance,
  }),
  op('Gemm', [f32([4, 3]), f32([4, 5]), f32([3, 1])], { name: 'transA, column', attributes: { transA: 1 }, tolerance }),
  op('Gemm', [f32([4, 3]), f32([5, 4]), f32([])], {
    name: 'all',
    attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
    tolerance,
  }),
  op('Gemm', [f32([3, 4]), f32([4, 5])], { name: 'without C', attributes: { alpha: float(1.5) }, tolerance }),
  op('Gemm', [f32([1, 9]), f32([9, 3]), f32([1, 3])], {
    name: 'beta',
    attributes: { beta: float(0.25) },
    constants: [1],
    tolerance,
  }),
  op('Gemm', [f32([2, 3]), f32([3, 1]), f32([2, 1])], { name: 'one column', tolerance, opset: 7 }),
];
export const cases = [...matmul, ...gemm];

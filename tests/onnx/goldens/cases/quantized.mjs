import { f32, op, tensor, whole } from '../model.mjs';

const scale = (...values) => tensor('float32', values.length === 1 ? [] : [values.length], values);
const zero = (type, ...values) => tensor(type, values.length === 1 ? [] : [values.length], values);
const u8 = (dims) => whole('uint8', dims, 0, 255);
const i8 = (dims) => whole('int8', dims, -128, 127);
const at = (type, name, inputs, outputs, options = {}) => op(type, inputs, { name, outputs, ...options });
const halves = () => tensor('float32', [10], [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 200, -200, 0.25, 7]);

const quantize = [
  at('QuantizeLinear', 'default', [f32([3, 5]), scale(0.02)], ['uint8']),
  at('QuantizeLinear', 'uint8', [f32([3, 5]), scale(0.017), zero('uint8', 128)], ['uint8']),
  at('QuantizeLinear', 'int8', [f32([9], -3, 3), scale(0.011), zero('int8', -3)], ['int8'], { constants: [1, 2] }),
  at('QuantizeLinear', 'halves and ends', [halves(), scale(1), zero('int8', 0)], ['int8']),
  at('QuantizeLinear', 'halves and a zero point', [halves(), scale(1), zero('uint8', 3)], ['uint8']),
  at('QuantizeLinear', 'per axis', [f32([2, 3, 4]), scale(0.01, 0.02, 0.05), zero('uint8', 0, 100, 200)], ['uint8']),
  at('QuantizeLinear', 'per last axis', [f32([3, 2]), scale(0.01, 0.02), zero('int8', 0, 5)], ['int8'], {
    attributes: { axis: -1 },
  }),
  at('QuantizeLinear', 'per axis 0', [f32([2, 3]), scale(0.01, 0.02), zero('int8', 1, 5)], ['int8'], {
    attributes: { axis: 0 },
    opset: 13,
  }),
  at('QuantizeLinear', 'int16', [f32([5]), scale(0.001), zero('int16', 7)], ['int16']),
  at('QuantizeLinear', 'uint16', [f32([5]), scale(0.0001), zero('uint16', 30000)], ['uint16']),
  at('QuantizeLinear', 'output_dtype', [f32([5]), scale(0.02)], ['int8'], { attributes: { output_dtype: 3 } }),
  at('QuantizeLinear', 'scalar', [f32([]), scale(0.1), zero('uint8', 3)], ['uint8']),
  at('QuantizeLinear', 'opset 10', [f32([4]), scale(0.5), zero('uint8', 10)], ['uint8'], { opset: 10 }),
  at('DequantizeLinear', 'uint8', [u8([3, 5]), scale(0.017), zero('uint8', 128)], ['float32']),
  at('DequantizeLinear', 'int8', [i8([7]), scale(0.3), zero('int8', -5)], ['float32'], { constants: [0, 1, 2] }),
  at('DequantizeLinear', 'without zero point', [i8([2, 3]), scale(0.1)], ['float32']),
  at('DequantizeLinear', 'int32', [whole('int32', [5], -99999, 99999), scale(0.001)], ['float32']),
  at('DequantizeLinear', 'per axis', [u8([2, 3, 4]), scale(0.01, 0.02, 0.05), zero('uint8', 0, 100, 200)], ['float32']),
  at('DequantizeLinear', 'per axis 0', [i8([3, 2]), scale(0.01, 0.02, 3), zero('int8', 0, 5, -7)], ['float32'], {
    attributes: { axis: 0 },
  }),
  at('DequantizeLinear', 'per last axis', [i8([3, 2]), scale(0.01, 0.02), zero('int8', 0, 5)], ['float32'], {
    attributes: { axis: -1 },
    opset: 13,
  }),
  at('DequantizeLinear', 'opset 10', [u8([4]), scale(0.5), zero('uint8', 10)], ['float32'], { opset: 10 }),
  at('DequantizeLinear', 'uint16', [whole('uint16', [4], 0, 65535), scale(0.5), zero('uint16', 1000)], ['float32']),
];
const three = ['uint8', 'float32', 'uint8'];
const dynamic = [
  at('DynamicQuantizeLinear', 'both signs', [f32([3, 5])], three),
  at('DynamicQuantizeLinear', 'above 0', [f32([7], 1, 5)], three),
  at('DynamicQuantizeLinear', 'below 0', [f32([7], -5, -1)], three),
  at('DynamicQuantizeLinear', 'zeros', [tensor('float32', [3], [0, 0, 0])], three),
  at('DynamicQuantizeLinear', 'one', [tensor('float32', [1], [3])], three),
  at('DynamicQuantizeLinear', 'none', [f32([0])], three),
  at('DynamicQuantizeLinear', 'wide', [f32([2, 33], -100, 3)], three),
];
const integer = (name, a, b, ...zeros) => at('MatMulInteger', name, [a, b, ...zeros], ['int32']);
const products = [
  integer('plain', u8([3, 4]), i8([4, 5])),
  integer('zero points', u8([3, 4]), u8([4, 5]), zero('uint8', 12), zero('uint8', 200)),
  integer('int8', i8([2, 7]), i8([7, 3]), zero('int8', -5), zero('int8', 3)),
  integer('per column', u8([2, 7]), i8([7, 3]), zero('uint8', 100), zero('int8', 3, -4, 5)),
  integer('left zero point alone', u8([2, 7]), i8([7, 3]), zero('uint8', 9)),
  integer('batches', u8([2, 3, 4]), u8([2, 4, 5]), zero('uint8', 1), zero('uint8', 2)),
  integer('batch times matrix', u8([2, 3, 4]), i8([4, 5]), zero('uint8', 7)),
  integer('vectors', u8([6]), u8([6])),
  integer('no rows', u8([0, 3]), u8([3, 2])),
  integer('larger', u8([17, 333]), i8([333, 19]), zero('uint8', 128), zero('int8', 1)),
];
const qlinear = (name, a, b, bScale, bZero, y) =>
  at('QLinearMatMul', name, [a, scale(0.013), zero(a.type, 11), b, bScale, bZero, scale(0.31), y], [y.type]);
const linear = [
  qlinear('uint8', u8([3, 4]), u8([4, 5]), scale(0.021), zero('uint8', 120), zero('uint8', 128)),
  qlinear('int8', i8([3, 4]), i8([4, 5]), scale(0.021), zero('int8', -2), zero('int8', 4)),
  qlinear('per column', u8([3, 4]), i8([4, 2]), scale(0.021, 0.05), zero('int8', 0, 0), zero('uint8', 100)),
  qlinear('batches', u8([2, 3, 4]), u8([2, 4, 5]), scale(0.002), zero('uint8', 3), zero('uint8', 30)),
  qlinear('saturated', u8([3, 40]), u8([40, 5]), scale(0.9), zero('uint8', 120), zero('uint8', 128)),
];
const convInteger = (name, x, w, zeros, attributes = {}) =>
  at('ConvInteger', name, [x, w, ...zeros], ['int32'], { attributes });
const convs = [
  convInteger('1d', u8([1, 2, 7]), u8([3, 2, 3]), []),
  convInteger('2d', u8([1, 1, 4, 5]), u8([2, 1, 2, 3]), [zero('uint8', 120)]),
  convInteger('pads', u8([1, 2, 5, 5]), u8([2, 2, 3, 3]), [zero('uint8', 7), zero('uint8', 9)], { pads: [1, 0, 1, 2] }),
  convInteger('groups, strides', u8([2, 4, 9]), u8([6, 2, 3]), [zero('uint8', 100)], { group: 2, strides: [2] }),
  convInteger('int8 weights', u8([1, 3, 6, 6]), i8([2, 3, 3, 3]), [zero('uint8', 100)], { dilations: [2, 1] }),
];
const wholeMatmul = ['int32', 'int64'].flatMap((type) => [
  at('MatMul', type, [whole(type, [3, 4], -9, 9), whole(type, [4, 5], -9, 9)], [type]),
  at('MatMul', `${type} batches`, [whole(type, [2, 1, 3], -9, 9), whole(type, [3, 2], -9, 9)], [type]),
]);
export const cases = [...quantize, ...dynamic, ...products, ...linear, ...convs, ...wholeMatmul];

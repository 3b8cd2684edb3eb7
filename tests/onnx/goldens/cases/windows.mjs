import { f32, op, tensor, whole } from '../model.mjs';

const tolerance = 5e-6;
const pool = (type, name, x, attributes, options = {}) => op(type, [f32(x)], { name, attributes, ...options });
const indices = { outputs: ['float32', 'int64'] };

const pools = ['MaxPool', 'AveragePool'].flatMap((type) => [
  pool(type, '1d', [2, 3, 9], { kernel_shape: [3] }),
  pool(type, '1d strides, pads', [1, 2, 11], { kernel_shape: [4], strides: [3], pads: [2, 1] }),
  pool(type, '1d ceil', [1, 2, 8], { kernel_shape: [3], strides: [2], ceil_mode: 1 }),
  pool(type, '1d dilation', [1, 2, 12], { kernel_shape: [3], dilations: [2] }, { opset: 19 }),
  pool(type, '2d', [1, 2, 5, 6], { kernel_shape: [2, 3] }),
  pool(type, '2d strides', [2, 1, 7, 9], { kernel_shape: [3, 2], strides: [2, 3] }),
  pool(type, '2d pads', [1, 3, 5, 4], { kernel_shape: [3, 3], pads: [1, 0, 2, 1] }),
  pool(type, '2d ceil', [1, 1, 6, 7], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  pool(type, '2d ceil, pads', [1, 2, 6, 5], {
    kernel_shape: [3, 2],
    strides: [2, 2],
    pads: [1, 1, 1, 0],
    ceil_mode: 1,
  }),
  pool(type, '2d ceil beyond', [1, 1, 4, 4], { kernel_shape: [1, 1], strides: [3, 3], ceil_mode: 1 }),
  pool(
    type,
    '2d dilations',
    [1, 1, 8, 9],
    { kernel_shape: [3, 2], dilations: [2, 3], pads: [1, 1, 1, 1] },
    { opset: 19 },
  ),
  pool(type, '2d same upper', [1, 2, 5, 6], { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  pool(type, '2d same lower', [1, 2, 5, 6], { kernel_shape: [2, 3], strides: [1, 2], auto_pad: 'SAME_LOWER' }),
  pool(type, '2d valid', [1, 2, 5, 6], { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'VALID' }),
  pool(type, '2d opset 8', [1, 1, 4, 5], { kernel_shape: [2, 2], pads: [1, 1, 0, 0] }, { opset: 8 }),
  pool(type, '2d whole', [1, 2, 3, 4], { kernel_shape: [3, 4] }),
  pool(type, 'no batch', [0, 2, 4], { kernel_shape: [2] }),
]);
const special = [
  op('MaxPool', [tensor('float32', [1, 1, 6], [-1, -2, -Infinity, -Infinity, 3, 3])], {
    name: 'infinities',
    attributes: { kernel_shape: [2] },
    ...indices,
  }),
  pool('MaxPool', 'indices 1d', [2, 2, 7], { kernel_shape: [3], strides: [2] }, indices),
  pool('MaxPool', 'indices 2d', [2, 3, 5, 4], { kernel_shape: [2, 2], strides: [2, 1], pads: [1, 1, 0, 1] }, indices),
  pool('MaxPool', 'indices by column', [2, 2, 4, 5], { kernel_shape: [2, 3], storage_order: 1 }, indices),
  pool('MaxPool', 'indices dilated', [1, 2, 7, 6], { kernel_shape: [2, 2], dilations: [2, 3] }, indices),
  op('MaxPool', [whole('int8', [1, 2, 5, 5], -128, 127)], {
    name: 'int8',
    attributes: { kernel_shape: [2, 2] },
    outputs: ['int8'],
  }),
  op('MaxPool', [whole('uint8', [1, 2, 5, 5], 0, 255)], {
    name: 'uint8',
    attributes: { kernel_shape: [3, 3], strides: [2, 2] },
    outputs: ['uint8'],
  }),
  pool('AveragePool', '1d count pads', [1, 2, 7], { kernel_shape: [3], pads: [1, 2], count_include_pad: 1 }),
  pool('AveragePool', '2d count pads', [1, 2, 5, 6], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  pool('AveragePool', '2d count pads, ceil', [1, 1, 6, 6], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 0, 0],
    count_include_pad: 1,
    ceil_mode: 1,
  }),
  pool(
    'AveragePool',
    '2d count pads, ceil beyond pads',
    [1, 1, 7, 6],
    { kernel_shape: [3, 4], strides: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1, ceil_mode: 1 },
    { opset: 19 },
  ),
  pool(
    'AveragePool',
    '2d count pads, ceil, opset 11',
    [1, 1, 7, 6],
    { kernel_shape: [3, 4], strides: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1, ceil_mode: 1 },
    { opset: 11 },
  ),
  pool(
    'AveragePool',
    '2d count pads, dilations',
    [1, 2, 7, 7],
    { kernel_shape: [2, 3], dilations: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 },
    { opset: 22 },
  ),
  pool('AveragePool', '2d count pads, same', [1, 2, 5, 5], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    auto_pad: 'SAME_UPPER',
    count_include_pad: 1,
  }),
];
const global = ['GlobalAveragePool', 'GlobalMaxPool'].flatMap((type) => [
  op(type, [f32([2, 3, 7])], { name: '1d' }),
  op(type, [f32([1, 4, 5, 6])], { name: '2d' }),
  op(type, [f32([2, 2, 3, 2, 2])], { name: '3d' }),
  op(type, [f32([1, 1, 1, 1])], { name: 'one' }),
  op(type, [f32([2, 1, 33, 5])], { name: 'larger', opset: 7 }),
]);

const transposed = (name, x, w, { bias = 0, constants = [1, 2], opset, ...attributes } = {}) =>
  op('ConvTranspose', [f32(x), f32(w), ...(bias ? [f32([bias])] : [])], {
    name,
    attributes,
    constants,
    opset,
    tolerance,
  });
const transposes = [
  transposed('1d', [1, 3, 5], [3, 4, 3]),
  transposed('1d bias', [2, 2, 6], [2, 3, 4], { bias: 3, strides: [2] }),
  transposed('1d at run time', [1, 2, 5], [2, 3, 3], { bias: 3, constants: [], strides: [3] }),
  transposed('1d pads, output padding', [1, 2, 7], [2, 2, 5], { strides: [3], pads: [2, 1], output_padding: [2] }),
  transposed('1d dilation', [1, 2, 6], [2, 3, 3], { dilations: [2], pads: [1, 1] }),
  transposed('1d groups', [2, 4, 5], [4, 3, 3], { group: 2, bias: 6 }),
  transposed('1d depthwise', [1, 5, 6], [5, 1, 4], { group: 5, strides: [2] }),
  transposed('1d output shape', [1, 2, 5], [2, 2, 4], { strides: [2], output_shape: [11] }),
  transposed('1d same upper', [1, 2, 5], [2, 2, 3], { strides: [2], auto_pad: 'SAME_UPPER' }),
  transposed('1d same lower', [1, 2, 5], [2, 2, 4], { strides: [3], auto_pad: 'SAME_LOWER' }),
  transposed('1d valid', [1, 2, 5], [2, 2, 4], { strides: [3], auto_pad: 'VALID' }),
  transposed('1d one position', [3, 4, 1], [4, 2, 6]),
  transposed('2d', [1, 2, 3, 4], [2, 3, 3, 2]),
  transposed('2d strides, pads', [2, 3, 4, 3], [3, 2, 3, 4], { strides: [2, 3], pads: [1, 2, 0, 1], bias: 2 }),
  transposed('2d dilations', [1, 2, 4, 4], [2, 2, 3, 2], { dilations: [2, 3], strides: [1, 2] }),
  transposed('2d output padding', [1, 1, 4, 5], [1, 2, 3, 3], {
    strides: [2, 3],
    output_padding: [1, 2],
    pads: [1, 1, 1, 1],
  }),
  transposed('2d output shape', [1, 2, 3, 3], [2, 1, 3, 3], { strides: [2, 2], output_shape: [6, 8] }),
  transposed('2d output shape, same', [1, 2, 3, 3], [2, 1, 4, 4], {
    strides: [2, 2],
    output_shape: [7, 6],
    auto_pad: 'SAME_UPPER',
  }),
  transposed('2d output shape, same lower', [1, 2, 3, 3], [2, 1, 4, 4], {
    strides: [2, 2],
    output_shape: [7, 6],
    auto_pad: 'SAME_LOWER',
  }),
  transposed('2d same', [1, 2, 4, 5], [2, 2, 3, 3], { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  transposed('2d groups', [1, 4, 3, 5], [4, 2, 2, 3], { group: 2, strides: [2, 1], opset: 10 }),
  transposed('2d in blocks', [1, 2, 20, 20], [2, 12, 4, 4], { pads: [3, 3, 3, 3] }),
  transposed('no batch', [0, 2, 5], [2, 3, 3]),
];

const conv = (name, x, w, { constants = [1], opset, tolerance = 5e-6, ...attributes } = {}) =>
  op('Conv', [f32(x), f32(w)], { name, attributes, constants, opset, tolerance });
const convolutions = [
  conv('more padding than input', [1, 2, 2], [3, 2, 4], { pads: [5, 3] }),
  conv('2d asymmetric pads', [1, 2, 4, 5], [3, 2, 3, 2], { pads: [0, 2, 3, 1] }),
  conv('2d depthwise with two each', [1, 3, 6, 5], [6, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }),
  conv('2d same lower, strides', [1, 2, 6, 7], [2, 2, 3, 4], { auto_pad: 'SAME_LOWER', strides: [2, 3] }),
  conv('2d at run time', [2, 2, 4, 4], [3, 2, 2, 2], { constants: [], opset: 7 }),
  conv('no batch', [0, 2, 5], [3, 2, 3]),
  conv('1d strides past the kernel', [1, 1, 20], [2, 1, 2], { strides: [7] }),
  conv('1d larger', [2, 33, 31], [17, 33, 5], { pads: [2, 2], tolerance: 2e-5 }),
];
export const cases = [...pools, ...special, ...global, ...transposes, ...convolutions];

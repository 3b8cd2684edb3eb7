// One plain use of each operator in old and new opsets.
import { bools, f32, i64, op, tensor, whole } from '../model.mjs';

const number = (value) => tensor('float32', [], [value]);
const three = ['uint8', 'float32', 'uint8'];
const none = () => tensor('float32', [0], []);
const u8 = (dims) => whole('uint8', dims, 0, 255);
const zero = () => tensor('uint8', [], [4]);

/** Operator, since which opset, inputs, attributes, outputs. */
const USES = [
  ['Conv', 7, () => [f32([1, 2, 5]), f32([3, 2, 3]), f32([3])]],
  ['ConvTranspose', 7, () => [f32([1, 2, 5]), f32([2, 3, 3])]],
  ['MaxPool', 7, () => [f32([1, 2, 5, 5])], { kernel_shape: [2, 2] }],
  ['AveragePool', 7, () => [f32([1, 2, 5, 5])], { kernel_shape: [3, 2], pads: [1, 1, 1, 1], count_include_pad: 1 }],
  [
    'AveragePool',
    10,
    () => [f32([1, 2, 6, 5])],
    { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
  ],
  ['GlobalAveragePool', 7, () => [f32([1, 2, 5])]],
  ['GlobalMaxPool', 7, () => [f32([1, 2, 5])]],
  ['BatchNormalization', 7, () => [f32([1, 2, 5]), f32([2]), f32([2]), f32([2]), f32([2], 0.1, 1)]],
  ['InstanceNormalization', 7, () => [f32([1, 2, 5]), f32([2]), f32([2])]],
  ['LayerNormalization', 17, () => [f32([2, 4]), f32([4]), f32([4])]],
  ...[
    'HardSigmoid',
    'Elu',
    'Softplus',
    'Softsign',
    'LeakyRelu',
    'Sin',
    'Cos',
    'Floor',
    'Ceil',
    'Reciprocal',
    'Dropout',
  ].map((type) => [type, 7, () => [f32([5])]]),
  ...['Erf', 'Sign'].map((type) => [type, 9, () => [f32([5])]]),
  ['PRelu', 7, () => [f32([2, 5]), f32([5])]],
  ['Round', 11, () => [f32([5])]],
  ['HardSwish', 14, () => [f32([5])]],
  ['Gelu', 20, () => [f32([5])]],
  ['Softmax', 7, () => [f32([2, 3, 4])]],
  ['LogSoftmax', 7, () => [f32([2, 3, 4])]],
  ['Gather', 7, () => [f32([3, 2]), i64([2, 0])]],
  ['Expand', 8, () => [f32([3, 1]), i64([1, 2])]],
  ['ArgMax', 7, () => [f32([3, 2])], {}, ['int64']],
  ['Cast', 7, () => [f32([3])], { to: 7 }, ['int64']],
  ['OneHot', 9, () => [i64([1, 0]), i64([3], []), f32([2])]],
  ['Where', 9, () => [bools([1, 0]), f32([2]), f32([2])]],
  ['ConstantOfShape', 9, () => [i64([2])]],
  ['TopK', 10, () => [f32([5]), i64([2])], {}, ['float32', 'int64']],
  ['Resize', 11, () => [f32([1, 1, 3, 3]), none(), tensor('float32', [4], [1, 1, 2, 2])]],
  ['Mod', 10, () => [i64([-5, 7]), i64([3])], {}, ['int64']],
  ['QuantizeLinear', 10, () => [f32([3]), number(0.1), zero()], {}, ['uint8']],
  ['DequantizeLinear', 10, () => [u8([3]), number(0.1), zero()]],
  ['DynamicQuantizeLinear', 11, () => [f32([5])], {}, three],
  ['MatMulInteger', 10, () => [u8([2, 3]), u8([3, 2])], {}, ['int32']],
  ['ConvInteger', 10, () => [u8([1, 2, 4]), u8([1, 2, 2])], {}, ['int32']],
  ['CumSum', 11, () => [f32([5]), i64([0], [])]],
  ['GatherElements', 11, () => [f32([2, 2]), i64([0, 1], [1, 2])]],
  ['ScatterElements', 11, () => [f32([2, 2]), i64([0, 1], [1, 2]), f32([1, 2])]],
  ['ScatterND', 11, () => [f32([4]), i64([1], [1, 1]), f32([1])]],
  ['Clip', 11, () => [f32([5]), number(0), number(1)]],
  ['Range', 11, () => [i64([1], []), i64([5], []), i64([2], [])], {}, ['int64']],
  ['Pad', 11, () => [f32([2, 2]), i64([0, 1, 1, 0])]],
  ['Einsum', 12, () => [f32([2, 3]), f32([3, 2])], { equation: 'ij,jk->ik' }],
  ['Pow', 12, () => [f32([3], 0, 2), i64([2])]],
  ['Max', 12, () => [i64([1, 2]), i64([2, 1])], {}, ['int64']],
  ['Trilu', 14, () => [f32([3, 3])]],
  ['Reshape', 14, () => [f32([2, 2]), i64([4])]],
];
export const cases = [7, 9, 11, 14, 18, 23].flatMap((opset) =>
  USES.flatMap(([type, since, inputs, attributes = {}, outputs = ['float32']], i) =>
    since <= opset
      ? [op(type, inputs(), { name: `${i} in opset ${opset}`, opset, attributes, outputs, tolerance: 5e-6 })]
      : [],
  ),
);

import { bools, f32, float, i32, i64, op, tensor, whole } from '../model.mjs';

const SPECIAL = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-3, 30, -30, Infinity, -Infinity, NaN];
const special = () => tensor('float32', [SPECIAL.length], SPECIAL);
const SHAPES = [
  ['scalars', [], []],
  ['same', [2, 3, 5], [2, 3, 5]],
  ['row', [3, 7], [7]],
  ['column', [3, 7], [3, 1]],
  ['both', [4, 1, 3], [5, 1]],
  ['number', [], [2, 9]],
  ['empty', [0, 3], [1, 3]],
];

const arithmetic = ['Add', 'Sub', 'Mul', 'Div'].flatMap((type) => [
  ...SHAPES.map(([name, a, b]) => op(type, [f32(a), f32(b, 0.5, 2)], { name })),
  op(type, [f32([3, 5]), f32([5], 0.5, 2)], { name: 'constant', constants: [1] }),
  op(type, [whole('int64', [3, 4], -9, 9), whole('int64', [4], 1, 5)], { name: 'int64', outputs: ['int64'] }),
  op(type, [whole('int32', [4], -90000, 90000), whole('int32', [2, 1], 3, 70000)], {
    name: 'int32 wraps',
    outputs: ['int32'],
  }),
  op(type, [f32([2, 2], -2, 2, 'float64'), f32([2], 1, 2, 'float64')], { name: 'float64', outputs: ['float64'] }),
]);
const minmax = ['Max', 'Min', 'Sum', 'Mean'].flatMap((type) => [
  op(type, [f32([2, 3])], { name: 'one' }),
  op(type, [f32([2, 3]), f32([3])], { name: 'two' }),
  op(type, [f32([3]), f32([2, 1]), f32([]), f32([2, 3])], { name: 'four' }),
  ...(type === 'Max' || type === 'Min'
    ? [
        op(type, [whole('int64', [5], -9, 9), whole('int64', [1], -2, 2)], { name: 'int64', outputs: ['int64'] }),
        op(type, [special(), f32([1])], { name: 'special' }),
      ]
    : []),
]);
const compare = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].flatMap((type) => [
  op(type, [special(), tensor('float32', [1], [0.5])], { name: 'special', outputs: ['bool'] }),
  op(type, [whole('int64', [3, 4], 0, 3), whole('int64', [4], 0, 3)], { name: 'int64', outputs: ['bool'] }),
  op(type, [whole('int32', [2, 1], 0, 1), whole('int32', [1, 3], 0, 1)], { name: 'int32 both', outputs: ['bool'] }),
]);
const logic = ['And', 'Or', 'Xor'].flatMap((type) => [
  op(type, [bools([0, 0, 1, 1]), bools([0, 1, 0, 1])], { name: 'table', outputs: ['bool'] }),
  op(type, [bools([0, 1], [2, 1]), bools([0, 1, 1])], { name: 'broadcast', outputs: ['bool'] }),
  op(type, [bools([1], []), bools([0, 1])], { name: 'scalar', outputs: ['bool'] }),
]);
const unary = ['Neg', 'Abs', 'Sqrt', 'Exp', 'Log', 'Tanh', 'Sigmoid', 'Relu'].flatMap((type) => [
  op(type, [special()], { name: 'special' }),
  op(type, [f32([3, 5])], { name: 'matrix' }),
  op(type, [f32([17], -20, 20)], { name: 'wide' }),
  op(type, [f32([])], { name: 'scalar' }),
]);

export const cases = [
  ...arithmetic,
  ...minmax,
  ...compare,
  ...logic,
  ...unary,
  op('Not', [bools([0, 1, 1])], { name: 'vector', outputs: ['bool'] }),
  op('Not', [bools([1], [])], { name: 'scalar', outputs: ['bool'] }),
  op('Not', [bools([0, 1, 0, 0], [2, 2])], { name: 'matrix', outputs: ['bool'] }),
  op('Neg', [whole('int64', [5], -9, 9)], { name: 'int64', outputs: ['int64'] }),
  op('Abs', [whole('int32', [5], -9, 9)], { name: 'int32', outputs: ['int32'] }),
  op('Pow', [f32([3, 4]), tensor('float32', [], [2])], { name: 'square', constants: [1] }),
  op('Pow', [f32([3, 4], 0, 3), f32([4])], { name: 'broadcast' }),
  op('Pow', [f32([6], 0, 3), tensor('float32', [1], [0.5])], { name: 'root' }),
  op('Pow', [f32([5]), i64([3])], { name: 'int64 exponent' }),
  op('Pow', [whole('int64', [6], -4, 4), i64([3])], { name: 'int64', outputs: ['int64'] }),
  op('Mod', [i64([-7, 7, -7, 7, 6]), i64([3, 3, -3, -3, 2])], { name: 'int64', outputs: ['int64'] }),
  op('Mod', [i32([-7, 7, 9]), i32([4])], { name: 'int32', outputs: ['int32'] }),
  op('Mod', [f32([7], -9, 9), f32([7], 1, 3)], { name: 'fmod', attributes: { fmod: 1 } }),
  op('Mod', [i64([-7, 7]), i64([3])], { name: 'int64 fmod', attributes: { fmod: 1 }, outputs: ['int64'] }),
  op('Cast', [tensor('float32', [7], [0, -0.7, 1.5, -2.9, 100.2, 3e7, -5])], {
    name: 'float to int64',
    attributes: { to: 7 },
    outputs: ['int64'],
  }),
  op('Cast', [tensor('float32', [5], [0, -0.7, 1.5, NaN, 5])], {
    name: 'float to bool',
    attributes: { to: 9 },
    outputs: ['bool'],
  }),
  op('Cast', [i64([-3, 0, 7])], { name: 'int64 to float', attributes: { to: 1 } }),
  op('Cast', [i64([-3, 0, 7])], { name: 'int64 to bool', attributes: { to: 9 }, outputs: ['bool'] }),
  op('Cast', [i64([-3, 0, 300])], { name: 'int64 to uint8', attributes: { to: 2 }, outputs: ['uint8'] }),
  op('Cast', [bools([0, 1])], { name: 'bool to int32', attributes: { to: 6 }, outputs: ['int32'] }),
  op('Cast', [bools([0, 1])], { name: 'bool to float', attributes: { to: 1 } }),
  op('Cast', [f32([4], -2, 2, 'float64')], { name: 'float64 to float', attributes: { to: 1 } }),
  op('Where', [bools([1, 0, 1]), f32([2, 3]), f32([2, 1])], { name: 'broadcast' }),
  op('Where', [bools([1], []), f32([2]), f32([3, 1])], { name: 'scalar' }),
  op('Where', [bools([0, 1], [2, 1]), i64([1, 2]), i64([5], [])], { name: 'int64', outputs: ['int64'] }),
  op('Clip', [special(), f32([], -1, -1), f32([], 1, 1)], { name: 'inputs' }),
  op('Clip', [f32([3, 3]), null, f32([], 0.5, 0.5)], { name: 'max only' }),
  op('Clip', [f32([3, 3])], { name: 'attributes', attributes: { min: float(-0.5), max: float(1) }, opset: 10 }),
  op('Clip', [whole('int64', [5], -9, 9), i64([-2], []), i64([3], [])], { name: 'int64', outputs: ['int64'] }),
  op('Clip', [f32([3]), f32([], 0, 0)], { name: 'min only, constant', constants: [1] }),
  op('Dropout', [f32([2, 3])], { name: 'inference' }),
  op('Dropout', [f32([2, 3])], { name: 'mask', outputs: ['float32', 'bool'] }),
  op('Dropout', [f32([4])], { name: 'opset 7', attributes: { ratio: float(0.3) }, opset: 7 }),
  op('Identity', [f32([2, 3])], { name: 'float' }),
  op('Identity', [i64([3])], { name: 'int64', outputs: ['int64'] }),
  op('Identity', [bools([1, 0])], { name: 'bool', outputs: ['bool'] }),
];

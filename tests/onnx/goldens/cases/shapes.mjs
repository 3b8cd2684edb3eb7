import { bools, f32, float, floats, i32, i64, op, tensor, whole } from '../model.mjs';

const int64 = { outputs: ['int64'] };
const value = (x) => f32([], x, x);

const shape = [
  op('Shape', [f32([2, 3, 4])], { name: 'all', ...int64 }),
  op('Shape', [f32([2, 3, 4])], { name: 'part', attributes: { start: 1, end: -1 }, ...int64 }),
  op('Shape', [f32([])], { name: 'scalar', ...int64 }),
  op('Shape', [f32([2, 3, 4])], { name: 'beyond', attributes: { start: -9, end: 9 }, ...int64 }),
  op('Size', [f32([2, 3, 4])], { name: 'all', ...int64 }),
  op('Size', [f32([])], { name: 'scalar', ...int64 }),
  op('Size', [i64([1, 2])], { name: 'int64', ...int64 }),
];

const reshapes = [
  op('Reshape', [f32([2, 6]), i64([3, -1])], { name: 'constant', constants: [1] }),
  op('Reshape', [f32([2, 6]), i64([3, 4])], { name: 'at run time' }),
  op('Reshape', [f32([2, 3, 2]), i64([0, -1])], { name: 'zero copies', constants: [1] }),
  op('Reshape', [f32([0, 3]), i64([3, 0])], { name: 'allowzero', attributes: { allowzero: 1 }, constants: [1] }),
  op('Reshape', [i64([1, 2, 3, 4]), i64([2, 2])], { name: 'int64', constants: [1], ...int64 }),
  op('Squeeze', [f32([1, 3, 1])], { name: 'all' }),
  op('Squeeze', [f32([1, 3, 1]), i64([-1])], { name: 'input', constants: [1] }),
  op('Squeeze', [f32([1, 3, 1]), i64([0])], { name: 'input at run time' }),
  op('Squeeze', [f32([1, 3, 1])], { name: 'attribute', attributes: { axes: [0, 2] }, opset: 11 }),
  op('Unsqueeze', [f32([3, 2]), i64([0, -1])], { name: 'input', constants: [1] }),
  op('Unsqueeze', [f32([3, 2]), i64([1])], { name: 'input at run time' }),
  op('Unsqueeze', [f32([3, 2])], { name: 'attribute', attributes: { axes: [3, 0] }, opset: 11 }),
  op('Unsqueeze', [f32([]), i64([0])], { name: 'scalar', constants: [1] }),
  op('Flatten', [f32([2, 3, 4])], { name: 'default' }),
  op('Flatten', [f32([2, 3, 4])], { name: 'zero', attributes: { axis: 0 } }),
  op('Flatten', [f32([2, 3, 4])], { name: 'negative', attributes: { axis: -1 } }),
  op('Flatten', [f32([2, 3, 4])], { name: 'end', attributes: { axis: 3 } }),
  op('Transpose', [f32([2, 3])], { name: 'matrix' }),
  op('Transpose', [f32([2, 3, 4])], { name: 'perm', attributes: { perm: [1, 2, 0] } }),
  op('Transpose', [f32([2, 1, 4])], { name: 'no element moves', attributes: { perm: [1, 0, 2] } }),
  op('Transpose', [whole('int64', [2, 3, 2, 2], 0, 9)], {
    name: 'int64',
    attributes: { perm: [3, 1, 0, 2] },
    ...int64,
  }),
];

const joins = [
  op('Concat', [f32([2, 3]), f32([1, 3])], { name: 'rows', attributes: { axis: 0 } }),
  op('Concat', [f32([2, 3]), f32([2, 1]), f32([2, 5])], { name: 'columns', attributes: { axis: -1 } }),
  op('Concat', [f32([2, 1, 3]), f32([2, 2, 3])], { name: 'middle, constant', attributes: { axis: 1 }, constants: [1] }),
  op('Concat', [i64([1]), i64([2, 3])], { name: 'int64', attributes: { axis: 0 }, ...int64 }),
  op('Concat', [f32([4])], { name: 'one', attributes: { axis: 0 } }),
  op('Concat', [f32([0, 3]), f32([2, 3])], { name: 'an empty one', attributes: { axis: 0 } }),
  op('Split', [f32([6, 2])], {
    name: 'even',
    attributes: { num_outputs: 3 },
    outputs: ['float32', 'float32', 'float32'],
  }),
  op('Split', [f32([7, 2])], {
    name: 'a smaller last',
    attributes: { num_outputs: 3 },
    outputs: ['float32', 'float32', 'float32'],
  }),
  op('Split', [f32([2, 5]), i64([2, 3])], {
    name: 'input',
    attributes: { axis: 1 },
    constants: [1],
    outputs: ['float32', 'float32'],
  }),
  op('Split', [f32([2, 5])], {
    name: 'attribute',
    attributes: { axis: 1, split: [1, 4] },
    outputs: ['float32', 'float32'],
    opset: 11,
  }),
  op('Split', [whole('int64', [4], 0, 9)], { name: 'int64', outputs: ['int64', 'int64'], opset: 13 }),
];

const slices = [
  op('Slice', [f32([4, 6]), i64([1, 2]), i64([3, 5])], { name: 'two', constants: [1, 2] }),
  op('Slice', [f32([4, 6]), i64([1, 0]), i64([3, 6])], { name: 'at run time' }),
  op('Slice', [f32([4, 6]), i64([-3]), i64([2 ** 53]), i64([1])], { name: 'to the end', constants: [1, 2, 3] }),
  op('Slice', [f32([4, 6]), i64([5]), i64([0]), i64([-1]), i64([-2])], { name: 'backwards', constants: [1, 2, 3, 4] }),
  op('Slice', [f32([5]), i64([-1]), i64([-(2 ** 53)]), i64([0]), i64([-1])], {
    name: 'reversed',
    constants: [1, 2, 3, 4],
  }),
  op('Slice', [f32([7, 3]), i64([0]), i64([7]), i64([0]), i64([3])], { name: 'step', constants: [1, 2, 3, 4] }),
  op('Slice', [f32([4, 6])], { name: 'attributes', attributes: { starts: [1], ends: [-1], axes: [1] }, opset: 9 }),
  op('Slice', [f32([4, 6]), i64([3]), i64([1])], { name: 'empty', constants: [1, 2] }),
  op('Slice', [whole('int64', [6], 0, 9), i32([1]), i32([4])], {
    name: 'int64, int32 bounds',
    constants: [1, 2],
    ...int64,
  }),
  op('Gather', [f32([4, 3]), i64([2, 0, -1])], { name: 'rows' }),
  op('Gather', [f32([4, 3]), i64([0, 2], [2, 1])], { name: 'columns', attributes: { axis: 1 } }),
  op('Gather', [f32([4, 3]), i64([1], [])], { name: 'scalar', attributes: { axis: -1 }, constants: [1] }),
  op('Gather', [f32([2, 3, 4]), i32([1, 1, 0])], { name: 'middle, int32', attributes: { axis: 1 } }),
  op('Gather', [i64([5, 6, 7]), i64([-2], [])], { name: 'int64', constants: [1], ...int64 }),
  op('Gather', [f32([9, 5]), i64([8, 1, 1, 4, 0, 7], [2, 3])], { name: 'embedding', constants: [0] }),
];

const repeats = [
  op('Expand', [f32([3, 1]), i64([2, 3, 4])], { name: 'constant', constants: [1] }),
  op('Expand', [f32([3, 1]), i64([1, 5])], { name: 'at run time' }),
  op('Expand', [f32([3]), i64([1])], { name: 'no change', constants: [1] }),
  op('Expand', [i64([4]), i64([3])], { name: 'int64', constants: [1], ...int64 }),
  op('Tile', [f32([2, 3]), i64([2, 1])], { name: 'rows', constants: [1] }),
  op('Tile', [f32([2, 3]), i64([1, 3])], { name: 'columns at run time' }),
  op('Tile', [f32([2, 1, 3]), i64([2, 2, 2])], { name: 'all', constants: [1] }),
  op('Tile', [i64([1, 2]), i64([0])], { name: 'none', constants: [1], ...int64 }),
];

const pads = [
  op('Pad', [f32([2, 3]), i64([1, 0, 0, 2])], { name: 'zeros', constants: [1] }),
  op('Pad', [f32([2, 3]), i64([0, 1, 1, 0]), value(2.5)], { name: 'value', constants: [1, 2] }),
  op('Pad', [f32([2, 3]), i64([0, 1, 1, 0]), value(-1)], { name: 'at run time' }),
  op('Pad', [f32([4, 5]), i64([-1, 1, 0, -2])], { name: 'negative', constants: [1] }),
  op('Pad', [f32([2, 5]), i64([2, 3]), null, i64([1])], { name: 'axes', constants: [1, 3], opset: 18 }),
  op('Pad', [f32([1, 6]), i64([0, 3, 0, 2])], { name: 'reflect', attributes: { mode: 'reflect' }, constants: [1] }),
  op('Pad', [f32([3, 4]), i64([1, 2, 2, 1])], {
    name: 'reflect both',
    attributes: { mode: 'reflect' },
    constants: [1],
  }),
  op('Pad', [f32([3, 4]), i64([1, 2, 2, 1])], { name: 'edge', attributes: { mode: 'edge' }, constants: [1] }),
  op('Pad', [f32([3, 4]), i64([1, 2, 2, 1])], {
    name: 'wrap',
    attributes: { mode: 'wrap' },
    constants: [1],
    opset: 19,
  }),
  op('Pad', [f32([2, 3])], { name: 'attributes', attributes: { pads: [0, 1, 0, 1], value: float(3) }, opset: 10 }),
  op('Pad', [whole('int64', [3], 0, 9), i64([1, 1]), i64([7], [])], { name: 'int64', constants: [1, 2], ...int64 }),
];

const makers = [
  op('Constant', [], { name: 'tensor', attributes: { value: f32([2, 3]) } }),
  op('Constant', [], { name: 'int64', attributes: { value: i64([1, -2]) }, ...int64 }),
  op('Constant', [], { name: 'float', attributes: { value_float: float(1.5) } }),
  op('Constant', [], { name: 'floats', attributes: { value_floats: floats([1, 2]) } }),
  op('Constant', [], { name: 'int', attributes: { value_int: 7 }, ...int64 }),
  op('Constant', [], { name: 'ints', attributes: { value_ints: [7, 8] }, ...int64 }),
  op('Constant', [], { name: 'bool', attributes: { value: bools([1, 0]) }, outputs: ['bool'] }),
  op('Constant', [], {
    name: 'double',
    attributes: { value: tensor('float64', [2], [1 / 3, 2]) },
    outputs: ['float64'],
  }),
  op('ConstantOfShape', [i64([2, 3])], { name: 'zeros', constants: [0] }),
  op('ConstantOfShape', [i64([2])], { name: 'int64', attributes: { value: i64([5]) }, ...int64 }),
  op('ConstantOfShape', [tensor('int64', [0], [])], {
    name: 'scalar',
    attributes: { value: f32([1]) },
    constants: [0],
  }),
  op('Range', [i64([2], []), i64([9], []), i64([3], [])], { name: 'int64', constants: [0, 1, 2], ...int64 }),
  op('Range', [value(0), value(1), value(0.3)], { name: 'float at run time' }),
  op('Range', [i64([5], []), i64([0], []), i64([-2], [])], { name: 'down', ...int64 }),
  op('Range', [i32([5], []), i32([5], []), i32([1], [])], { name: 'empty', outputs: ['int32'] }),
];

export const cases = [...shape, ...reshapes, ...joins, ...slices, ...repeats, ...pads, ...makers];

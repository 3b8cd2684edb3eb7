import { bools, f32, i32, i64, op, tensor, whole } from '../model.mjs';

const int64 = { outputs: ['int64'] };
const at = (type, name, inputs, attributes = {}, options = {}) => op(type, inputs, { name, attributes, ...options });

const gathers = [
  at('GatherElements', 'default', [f32([3, 4]), i64([0, 2, 1, 1, 0, 0, 2, 2], [2, 4])]),
  at('GatherElements', 'last', [f32([3, 4]), whole('int64', [3, 6], -4, 3)], { axis: -1 }),
  at('GatherElements', 'middle', [f32([2, 3, 4]), whole('int64', [2, 5, 4], -3, 2)], { axis: 1 }),
  at('GatherElements', 'smaller indices', [f32([3, 4]), i64([3, 0], [2, 1])], { axis: 1 }),
  at('GatherElements', 'vector, int32 indices', [f32([5]), i32([4, -1, 0])]),
  at('GatherElements', 'int64', [whole('int64', [2, 3], 0, 99), whole('int64', [4, 3], -2, 1)], {}, int64),
  at('GatherElements', 'bool', [bools([1, 0, 0, 1], [2, 2]), i64([1, 1], [1, 2])], {}, { outputs: ['bool'] }),
  at('GatherElements', 'none', [f32([3, 2]), i64([], [0, 2])]),
  at('GatherND', 'elements', [f32([3, 4]), i64([0, 1, -1, 3], [2, 2])]),
  at('GatherND', 'rows', [f32([3, 4, 2]), i64([2, 0], [2, 1])]),
  at('GatherND', 'batch', [f32([2, 3, 4]), i64([1, 2], [2, 1])], { batch_dims: 1 }),
];
const scatters = [
  at('ScatterElements', 'default', [f32([3, 4]), i64([0, 2, 1, 1], [1, 4]), f32([1, 4])]),
  at('ScatterElements', 'last', [f32([3, 4]), i64([-1, 0, 2, 1, 3, 0], [3, 2]), f32([3, 2])], { axis: -1 }),
  at('ScatterElements', 'middle', [f32([2, 4, 3]), i64([3, 0, 1, 2, 2, 0], [2, 1, 3]), f32([2, 1, 3])], { axis: 1 }),
  at('ScatterElements', 'int64', [whole('int64', [5], 0, 9), i64([4, 1]), i64([50, 60])], {}, int64),
  ...['add', 'mul', 'max', 'min'].flatMap((reduction) => [
    at(
      'ScatterElements',
      reduction,
      [f32([3, 4]), i64([0, 0, 2, 1, 0, 0, 2, 2], [2, 4]), f32([2, 4])],
      { reduction },
      { opset: 18 },
    ),
    at(
      'ScatterElements',
      `${reduction}, int64`,
      [whole('int64', [4], -5, 5), i64([1, -3, 2]), i64([7, -8, 3])],
      { reduction },
      { opset: 18, ...int64 },
    ),
  ]),
  at('ScatterElements', 'opset 11', [f32([2, 3]), i64([1, 0, 1], [1, 3]), f32([1, 3])], { axis: 0 }, { opset: 11 }),
  at('Scatter', 'opset 9', [f32([2, 3]), i64([1, 0, 1], [1, 3]), f32([1, 3])], {}, { opset: 9 }),
  at('ScatterElements', 'nothing', [f32([2, 3]), i64([], [0, 3]), f32([0, 3])]),
  at('ScatterND', 'elements', [f32([3, 4]), i64([0, 1, 2, 3, -1, 0], [3, 2]), f32([3])]),
  at('ScatterND', 'rows', [f32([4, 3]), i64([2, 0], [2, 1]), f32([2, 3])]),
  at('ScatterND', 'blocks', [f32([3, 2, 2]), i64([1], [1, 1]), f32([1, 2, 2])]),
  at('ScatterND', 'int64', [whole('int64', [6], 0, 9), i64([5, -6], [2, 1]), i64([70, 80])], {}, int64),
  at('ScatterND', 'nested', [f32([3, 4]), i64([0, 1, 2, 2, 1, 1, 0, 0], [2, 2, 2]), f32([2, 2])]),
  at('ScatterND', 'constant', [f32([3, 4]), i64([1], [1, 1]), f32([1, 4])], {}, { constants: [0, 1] }),
  ...['add', 'mul', 'max', 'min'].map((reduction) =>
    at('ScatterND', reduction, [f32([4, 2]), i64([1, 1, 3, 1], [4, 1]), f32([4, 2])], { reduction }, { opset: 18 }),
  ),
];
const values = tensor('float32', [2], [0.5, 2]);
const depth = (n) => i64([n], []);
const hots = [
  at('OneHot', 'default', [i64([0, 2, -1, 5, -7]), depth(4), values], {}, { constants: [1] }),
  at('OneHot', 'first', [i64([0, 2, 1, 1], [2, 2]), depth(3), values], { axis: 0 }),
  at('OneHot', 'middle', [i64([0, 2, 1, -1], [2, 2]), i64([3]), values], { axis: 1 }),
  at('OneHot', 'negative axis', [i64([0, 2, 1, -3], [2, 2]), depth(3), values], { axis: -2 }),
  at('OneHot', 'int64', [i64([1, 0]), depth(2), i64([0, 1])], {}, int64),
  at('OneHot', 'float indices', [tensor('float32', [3], [0, 1, 2]), tensor('float32', [], [3]), values]),
];
const sums = [
  at('CumSum', 'vector', [f32([7]), i32([0], [])], {}, { constants: [1] }),
  at('CumSum', 'rows', [f32([3, 4]), i64([0], [])]),
  at('CumSum', 'columns', [f32([3, 4]), i64([-1], [])]),
  at('CumSum', 'middle', [f32([2, 3, 4]), i64([1])]),
  at('CumSum', 'exclusive', [f32([2, 5]), i64([1], [])], { exclusive: 1 }),
  at('CumSum', 'reverse', [f32([2, 5]), i64([1], [])], { reverse: 1 }),
  at('CumSum', 'both', [f32([4, 2]), i32([0], [])], { reverse: 1, exclusive: 1 }),
  at('CumSum', 'int64', [whole('int64', [6], -9, 9), i64([0], [])], {}, int64),
  at('CumSum', 'int32', [whole('int32', [2, 3], -9, 9), i64([1], [])], { exclusive: 1 }, { outputs: ['int32'] }),
  at('CumSum', 'one', [f32([1]), i64([0], [])], { exclusive: 1 }),
];
const triangles = [
  at('Trilu', 'upper', [f32([4, 5])]),
  at('Trilu', 'lower', [f32([4, 5])], { upper: 0 }),
  at('Trilu', 'upper 1', [f32([3, 3]), i64([1], [])], {}, { constants: [1] }),
  at('Trilu', 'lower -1', [f32([5, 3]), i64([-1], [])], { upper: 0 }),
  at('Trilu', 'upper -2', [f32([5, 4]), i64([-2], [])]),
  at('Trilu', 'lower 2', [f32([3, 6]), i64([2], [])], { upper: 0 }),
  at('Trilu', 'beyond', [f32([3, 4]), i64([9], [])]),
  at('Trilu', 'far below', [f32([3, 4]), i64([-9], [])], { upper: 0 }),
  at('Trilu', 'batches', [f32([2, 3, 4, 3])]),
  at('Trilu', 'int64', [whole('int64', [3, 3], 1, 9)], { upper: 0 }, int64),
  at('Trilu', 'no rows', [f32([0, 3])]),
];
const both = { outputs: ['float32', 'int64'] };
const same = tensor('float32', [8], [3, 1, 3, 2, 1, 3, 0, 2]);
const tops = [
  at('TopK', 'default', [f32([3, 7]), i64([3])], {}, { ...both, constants: [1] }),
  at('TopK', 'smallest', [f32([3, 7]), i64([2])], { largest: 0 }, both),
  at('TopK', 'first dimension', [f32([5, 3]), i64([2])], { axis: 0 }, both),
  at('TopK', 'middle', [f32([2, 6, 3]), i64([4])], { axis: 1 }, both),
  at('TopK', 'equals', [same, i64([5])], {}, both),
  at('TopK', 'equals, smallest', [same, i64([6])], { largest: 0 }, both),
  at('TopK', 'all', [f32([2, 9]), i64([9])], {}, both),
  at('TopK', 'none', [f32([2, 5]), i64([0])], {}, both),
  at('TopK', 'one', [f32([2, 5]), i64([1])], { axis: -2 }, both),
  at('TopK', 'opset 9', [f32([2, 5])], { k: 2 }, { ...both, opset: 9 }),
  at('TopK', 'opset 10', [f32([2, 5]), i64([2])], { axis: 1 }, { ...both, opset: 10 }),
  at('TopK', 'int64', [whole('int64', [9], -9, 9), i64([4])], {}, { outputs: ['int64', 'int64'] }),
  at('TopK', 'infinities', [tensor('float32', [5], [1, Infinity, -Infinity, -0, 0]), i64([5])], {}, both),
  at('TopK', 'long', [f32([3, 200]), i64([17])], {}, both),
];
export const cases = [...gathers, ...scatters, ...hots, ...sums, ...triangles, ...tops];

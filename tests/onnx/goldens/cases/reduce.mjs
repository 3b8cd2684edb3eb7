import { f32, i64, op, tensor, whole } from '../model.mjs';

const NAMES = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'];

const reductions = NAMES.flatMap((name) => {
  const type = `Reduce${name}`;
  const x = (dims) => (name === 'LogSum' ? f32(dims, 0.1, 2) : f32(dims));
  const old = name === 'Sum' ? 12 : 13;
  return [
    op(type, [x([2, 3, 5])], { name: 'all' }),
    op(type, [x([2, 3, 5])], { name: 'all without dims', attributes: { keepdims: 0 } }),
    op(type, [x([2, 3, 5]), i64([1])], { name: 'middle', constants: [1], opset: 18 }),
    op(type, [x([2, 3, 5]), i64([-1])], { name: 'last at run time', attributes: { keepdims: 0 }, opset: 18 }),
    op(type, [x([3, 2, 4]), i64([2, 0])], { name: 'outer', constants: [1], attributes: { keepdims: 0 }, opset: 18 }),
    op(type, [x([2, 3, 7])], { name: 'attribute', attributes: { axes: [1, 2] }, opset: old }),
    op(type, [x([2, 3]), tensor('int64', [0], [])], {
      name: 'no axes',
      constants: [1],
      attributes: { noop_with_empty_axes: 1 },
      opset: 18,
    }),
  ];
});
const int64 = { outputs: ['int64'] };
const whole64 = ['Sum', 'Max', 'Min', 'Prod', 'Mean'].flatMap((name) =>
  name === 'Mean'
    ? []
    : [
        op(`Reduce${name}`, [whole('int64', [3, 4], -5, 5), i64([0])], {
          name: 'int64',
          constants: [1],
          opset: 18,
          ...int64,
        }),
      ],
);

const softmax = ['Softmax', 'LogSoftmax'].flatMap((type) => [
  op(type, [f32([3, 7])], { name: 'last' }),
  op(type, [f32([2, 5, 3])], { name: 'middle', attributes: { axis: 1 } }),
  op(type, [f32([2, 3, 4])], { name: 'opset 11', opset: 11 }),
  op(type, [f32([2, 3, 4])], { name: 'opset 11, axis 2', attributes: { axis: -1 }, opset: 11 }),
  op(type, [f32([9], -90, 90)], { name: 'wide' }),
]);

const SAME = tensor('float32', [2, 4], [1, 3, 3, 2, 5, 5, 0, 5]);
const positions = ['ArgMax', 'ArgMin'].flatMap((type) => [
  op(type, [f32([3, 5])], { name: 'default', ...int64 }),
  op(type, [f32([3, 5])], { name: 'last without dims', attributes: { axis: -1, keepdims: 0 }, ...int64 }),
  op(type, [SAME], { name: 'first of equals', attributes: { axis: 1 }, ...int64 }),
  op(type, [SAME], { name: 'last of equals', attributes: { axis: 1, select_last_index: 1 }, ...int64 }),
  op(type, [f32([2, 3, 4])], { name: 'middle', attributes: { axis: 1 }, ...int64 }),
  op(type, [whole('int32', [7], -9, 9)], { name: 'int32', ...int64 }),
]);

export const cases = [...reductions, ...whole64, ...softmax, ...positions];

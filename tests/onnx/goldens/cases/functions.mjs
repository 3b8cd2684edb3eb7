import { f32, float, op, tensor, whole } from '../model.mjs';

const SPECIAL = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-3, -1e-3, 30, -30, 1e-30, Infinity, -Infinity, NaN];
const special = () => tensor('float32', [SPECIAL.length], SPECIAL);
// ONNX Runtime's own erf has an error of 2e-7; those of x·(1 + erf) grow with x.
const NAMES = {
  LeakyRelu: [{}, { alpha: float(0.3) }, { alpha: float(-2) }],
  ThresholdedRelu: [{}, { alpha: float(0.5) }],
  HardSigmoid: [{}, { alpha: float(0.5), beta: float(0.1) }],
  HardSwish: [{}],
  Elu: [{}, { alpha: float(2.5) }],
  Softplus: [{}],
  Softsign: [{}],
  Floor: [{}],
  Ceil: [{}],
  Round: [{}],
  Reciprocal: [{}],
  Sign: [{}],
  Erf: [{}],
  Gelu: [{}, { approximate: 'tanh' }],
  Sin: [{}],
  Cos: [{}],
};
const functions = Object.entries(NAMES).flatMap(([type, options]) =>
  options.flatMap((attributes, i) => [
    op(type, [special()], { name: `special ${i}`, attributes }),
    op(type, [f32([3, 5])], { name: `matrix ${i}`, attributes }),
    op(type, [f32([2, 33], -9, 9)], { name: `wide ${i}`, attributes }),
    op(type, [f32([])], { name: `scalar ${i}`, attributes }),
    op(type, [f32([2, 0])], { name: `empty ${i}`, attributes }),
  ]),
);
const more = [
  op('Sign', [whole('int64', [7], -9, 9)], { name: 'int64', outputs: ['int64'] }),
  op('Sign', [whole('int32', [2, 2], -2, 2)], { name: 'int32', outputs: ['int32'] }),
  op('Round', [tensor('float32', [9], [0.5, 1.5, 2.5, -0.5, -1.5, 3.5, 8388609, 1e9, 0.49999997])], { name: 'halves' }),
  op('Sin', [f32([40], -1e5, 1e5)], { name: 'large' }),
  op('Cos', [f32([40], -1e5, 1e5)], { name: 'large' }),
  op('Sin', [tensor('float32', [5], [1e10, -3e20, 3.4e38, 8388608, 1e-38])], { name: 'huge' }),
  op('Cos', [tensor('float32', [5], [1e10, -3e20, 3.4e38, 8388608, 1e-38])], { name: 'huge' }),
  op('Erf', [f32([100], -5, 5)], { name: 'all', opset: 9 }),
  op('PRelu', [f32([2, 3, 4]), f32([3, 1])], { name: 'by channel' }),
  op('PRelu', [f32([2, 3, 4]), f32([4])], { name: 'by last', constants: [1] }),
  op('PRelu', [special(), f32([], 0.25, 0.25)], { name: 'special' }),
  op('PRelu', [f32([2, 3]), f32([2, 3])], { name: 'each' }),
  op('PRelu', [f32([2, 3]), f32([1])], { name: 'opset 7', opset: 7 }),
];
const channel = (C, low = -2) => [f32([C], low), f32([C]), f32([C]), f32([C], 0.1, 3)];
const batch = (name, dims, { constants = [1, 2, 3, 4], opset, ...attributes } = {}) =>
  op('BatchNormalization', [f32(dims), ...channel(dims[1])], { name, attributes, constants, opset });
const norms = [
  batch('matrix', [3, 5]),
  batch('1d', [2, 3, 7]),
  batch('2d', [2, 3, 4, 5], { epsilon: float(1e-2) }),
  batch('3d', [1, 2, 2, 3, 2]),
  batch('at run time', [2, 4, 3], { constants: [] }),
  batch('some at run time', [2, 4, 3], { constants: [1, 2] }),
  batch('momentum', [2, 3, 3], { momentum: float(0.5) }),
  batch('opset 7', [2, 3, 3], { opset: 7 }),
  batch('opset 9', [1, 9, 2], { opset: 9 }),
  batch('no batch', [0, 3, 2]),
  ...[
    [1, 3, 7],
    [2, 3, 4, 5],
    [3, 1, 2, 2, 3],
    [1, 2, 1],
  ].map((dims) =>
    op('InstanceNormalization', [f32(dims), f32([dims[1]]), f32([dims[1]])], { name: dims.join(' '), tolerance: 5e-6 }),
  ),
  op('InstanceNormalization', [f32([2, 4, 33]), f32([4]), f32([4])], {
    name: 'epsilon',
    attributes: { epsilon: float(0.1) },
    constants: [1, 2],
    tolerance: 5e-6,
  }),
  ...[
    ['last', [3, 7], [7], {}],
    ['middle', [2, 3, 4], [3, 4], { axis: 1 }],
    ['all', [2, 3, 4], [2, 3, 4], { axis: 0 }],
    ['negative', [2, 3, 5], [3, 5], { axis: -2 }],
    ['epsilon', [4, 9], [9], { epsilon: float(0.5) }],
    ['vector', [9], [9], {}],
    ['scale broadcast', [2, 3, 4], [4], { axis: 1 }],
    ['larger', [5, 257], [257], {}],
  ].flatMap(([name, dims, scale, attributes]) => [
    op('LayerNormalization', [f32(dims), f32(scale), f32(scale)], { name, attributes, tolerance: 5e-6 }),
    op('LayerNormalization', [f32(dims), f32(scale)], {
      name: `${name}, no bias`,
      attributes,
      constants: [1],
      tolerance: 5e-6,
    }),
  ]),
  op('LayerNormalization', [f32([2, 3, 4]), f32([4]), f32([4])], {
    name: 'three outputs',
    outputs: ['float32', 'float32', 'float32'],
    tolerance: 5e-6,
  }),
  op('LayerNormalization', [f32([2, 3, 4]), f32([3, 4]), f32([3, 4])], {
    name: 'three outputs, axis 1',
    attributes: { axis: 1 },
    outputs: ['float32', 'float32', 'float32'],
    tolerance: 5e-6,
  }),
];
export const cases = [...functions, ...more, ...norms];

// What a matrix of 12,000 random cases, run in ONNX Runtime and in gated, found wrong.
import { f32, i32, i64, op, tensor } from '../model.mjs';

const node = (type, inputs, outputs, attributes) => ({ type, inputs, outputs, attributes });
const info = (name, dims, type = 'float32') => ({ name, type, dims });
const body = (nodes, inputs, outputs) => ({ nodes, inputs, outputs, name: 'body' });
const model = (name, feeds, nodes, outputs, initializers, opset = 16) => ({
  name,
  feeds,
  graph: { nodes, inputs: Object.entries(feeds).map(([key, x]) => info(key, x.dims, x.type)), outputs, initializers },
  opset,
});
const inits = (...positions) => positions;

const LAST = 2n ** 63n - 1n;
const slice = (name, dims, [starts, ends, axes, steps], kind = i64) =>
  op('Slice', [f32(dims), kind(starts), kind(ends), kind(axes), kind(steps)], {
    name,
    opset: 13,
    constants: inits(1, 2, 3, 4),
  });
const slices = [
  slice('back to INT64_MAX', [6], [[6], [LAST], [0], [-3]]),
  slice(
    'back to INT32_MAX',
    [1, 3, 2],
    [
      [5, 8],
      [2 ** 31 - 1, -2],
      [-2, 2],
      [-1, -1],
    ],
    i32,
  ),
  slice('back to INT64_MAX from before the first', [2, 4], [[-1000], [LAST], [1], [-3]]),
  slice(
    'of nothing to less',
    [0, 2, 6, 1, 7],
    [
      [9, -7, -2],
      [LAST, 2, 0],
      [-5, 4, -2],
      [1, 1, 1],
    ],
  ),
];

const resize = (name, dims, attributes, { scales, sizes }) =>
  op(
    'Resize',
    [f32(dims), null, scales ? tensor('float32', [scales.length], scales) : null, sizes ? i64(sizes) : null],
    {
      name,
      attributes,
      opset: 19,
      constants: inits(2, 3),
    },
  );
const symmetric = { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'half_pixel_symmetric' };
const resizes = [
  resize('5 by 2.6 is 13', [1, 2, 5], { mode: 'linear' }, { scales: [1, 1, 2.6] }),
  resize('symmetric, 3 to 1', [1, 1, 3], symmetric, { sizes: [1, 1, 1] }),
  resize('symmetric, 3 to 11', [1, 1, 3], symmetric, { sizes: [1, 1, 11] }),
  resize('symmetric, 5 by 0.3', [1, 1, 5], symmetric, { scales: [1, 1, 0.3] }),
  resize('symmetric, 7 by 1.7, up', [1, 1, 7], { ...symmetric, nearest_mode: 'ceil' }, { scales: [1, 1, 1.7] }),
];

const convTranspose = (name, attributes, x, w) =>
  op('ConvTranspose', [f32(x), f32(w), f32([w[1]])], { name, attributes, opset: 11, constants: inits(1, 2) });
const convTransposes = [
  convTranspose('SAME_UPPER, stride above kernel', { auto_pad: 'SAME_UPPER', strides: [2] }, [2, 2, 3], [2, 2, 1]),
  convTranspose(
    'SAME_LOWER, stride above kernel',
    { auto_pad: 'SAME_LOWER', strides: [3, 2] },
    [1, 1, 3, 5],
    [1, 3, 1, 3],
  ),
];

const activations = ['Affine', 'ThresholdedRelu', 'ScaledTanh', 'HardSigmoid', 'LeakyRelu', 'Elu'].map((name) =>
  op('RNN', [f32([3, 2, 4]), f32([1, 3, 4]), f32([1, 3, 3])], {
    name: `${name} without alpha and beta`,
    attributes: { hidden_size: 3, activations: [name] },
    opset: 14,
    constants: inits(1, 2),
  }),
);

const extremes = ['ReduceMax', 'ReduceMin'].flatMap((type) =>
  ['float32', 'int32', 'uint8'].map((kind) =>
    op(type, [tensor(kind, [2, 0, 3], []), i64([1])], {
      name: `of nothing, ${kind}`,
      opset: 20,
      outputs: [kind],
      constants: inits(1),
    }),
  ),
);

const einsums = [
  op('Einsum', [f32([2, 1, 2]), f32([2, 3])], {
    name: 'of 70 characters',
    attributes: { equation: `abc,cd${' '.repeat(56)}-> abd` },
    opset: 12,
  }),
];

// Values inside are as large as what is collected: their buffers must not be the collection's.
const wide = [
  node('MatMul', ['s', 'W'], ['wide']),
  node('Relu', ['wide'], ['positive']),
  node('Sigmoid', ['wide'], ['open']),
  node('Concat', ['wide', 'positive', 'open'], ['joined'], { axis: 1 }),
  node('MatMul', ['joined', 'V'], ['narrow']),
  node('Tanh', ['narrow'], ['next']),
  node('Neg', ['next'], ['part']),
];
const weights = { W: f32([3, 9]), V: f32([27, 3]), trips: i64([3], []) };
const added = [node('Add', ['state', 'x'], ['s']), ...wide];
const loopBody = body(
  [node('Identity', ['state'], ['s']), node('Identity', ['on'], ['still']), ...wide],
  [info('i', [], 'int64'), info('on', [], 'bool'), info('state', [2, 3])],
  [info('still', [], 'bool'), info('next', [2, 3]), info('part', [2, 3])],
);
const scanBody = (dims) =>
  body(added, [info('state', dims), info('x', dims)], [info('next', dims), info('part', dims)]);
const scanAttributes = (dims, more) => ({ body: scanBody(dims), num_scan_inputs: 1, ...more });
const growing = body(
  [node('Concat', ['list', 'half'], ['more'], { axis: 0 }), node('Identity', ['on'], ['still'])],
  [info('i', [], 'int64'), info('on', [], 'bool'), info('list')],
  [info('still', [], 'bool'), info('more')],
);
const result = [info('last'), info('all')];
const control = [
  model(
    'Loop that collects, wide inside',
    { s0: f32([2, 3]) },
    [node('Loop', ['trips', '', 's0'], ['last', 'all'], { body: loopBody })],
    result,
    weights,
  ),
  model(
    'Scan that collects, wide inside',
    { s0: f32([2, 3]), xs: f32([3, 2, 3]) },
    [node('Scan', ['s0', 'xs'], ['last', 'all'], scanAttributes([2, 3]))],
    result,
    weights,
  ),
  model(
    'Scan in a graph that is walked anew',
    { s0: f32([2, 3]), xs: f32([4, 2, 3]), l0: f32([2]) },
    [
      node('Loop', ['trips', '', 'l0'], ['list'], { body: growing }),
      node('ReduceSum', ['list'], ['sum'], { keepdims: 0 }),
      node('Mul', ['xs', 'sum'], ['scaled']),
      node('Scan', ['s0', 'scaled'], ['last', 'all'], scanAttributes([2, 3])),
    ],
    result,
    { ...weights, half: tensor('float32', [1], [0.5]) },
  ),
  ...[0, 1].flatMap((back) =>
    [null, i64([3, 1])].map((lengths) =>
      model(
        `Scan of opset 8, ${back ? 'reverse' : 'forward'}${lengths ? ', lengths' : ''}`,
        { s0: f32([2, 1, 3]), xs: f32([2, 4, 1, 3]), ...(lengths && { lengths }) },
        [
          node(
            'Scan',
            [lengths ? 'lengths' : '', 's0', 'xs'],
            ['last', 'all'],
            scanAttributes([1, 3], { directions: [back] }),
          ),
        ],
        result,
        weights,
        8,
      ),
    ),
  ),
];

export const cases = [...slices, ...resizes, ...convTransposes, ...activations, ...extremes, ...einsums, ...control];

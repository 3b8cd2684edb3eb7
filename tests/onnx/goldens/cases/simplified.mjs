// Graphs that are made simpler before they run.
import { f32, float } from '../model.mjs';

const node = (type, inputs, outputs, attributes) => ({ type, inputs, outputs, attributes });
const tolerance = 1e-5;
function model(name, nodes, given, outputs, run = ['x']) {
  const entries = Object.entries(given);
  const fed = entries.filter(([key]) => run.includes(key));
  return {
    name,
    opset: 15,
    tolerance,
    feeds: Object.fromEntries(fed),
    graph: {
      nodes,
      inputs: fed.map(([key, x]) => ({ name: key, type: x.type, dims: x.dims })),
      outputs: outputs.map((key) => ({ name: key, type: 'float32' })),
      initializers: Object.fromEntries(entries.filter(([key]) => !run.includes(key))),
    },
  };
}
const PARAMETERS = ['s', 'o', 'm', 'v'];
const channel = (M) => ({ s: f32([M], 0.5, 2), o: f32([M]), m: f32([M]), v: f32([M], 0.2, 2) });
const normed = (x, y, attributes) => node('BatchNormalization', [x, ...PARAMETERS], [y], attributes);
const conv = (bias, attributes) => node('Conv', ['x', 'w', ...(bias ? ['b'] : [])], ['c'], attributes);

export const cases = [
  model(
    'fold: 1d',
    [conv(true), normed('c', 'y')],
    { x: f32([2, 3, 9]), w: f32([5, 3, 3]), b: f32([5]), ...channel(5) },
    ['y'],
  ),
  model(
    'fold: 2d without bias',
    [conv(false, { pads: [1, 1, 1, 1] }), normed('c', 'y', { epsilon: float(1e-3) })],
    { x: f32([1, 2, 5, 6]), w: f32([4, 2, 3, 3]), ...channel(4) },
    ['y'],
  ),
  model(
    'fold: groups, strides',
    [conv(true, { group: 2, strides: [2] }), normed('c', 'n'), node('Relu', ['n'], ['y'])],
    { x: f32([1, 4, 9]), w: f32([6, 2, 3]), b: f32([6]), ...channel(6) },
    ['y'],
  ),
  model(
    'fold: one weight of two convolutions',
    [conv(true), normed('c', 'n'), node('Conv', ['x', 'w', 'b'], ['d']), node('Add', ['n', 'd'], ['y'])],
    { x: f32([1, 2, 7]), w: f32([3, 2, 2]), b: f32([3]), ...channel(3) },
    ['y'],
  ),
  model(
    'fold: parameters at run time',
    [conv(true), normed('c', 'y')],
    { x: f32([1, 2, 7]), w: f32([3, 2, 2]), b: f32([3]), ...channel(3) },
    ['y'],
    ['x', 's', 'm'],
  ),
  model(
    'fold: weights at run time',
    [conv(true), normed('c', 'y')],
    { x: f32([1, 2, 7]), w: f32([3, 2, 2]), b: f32([3]), ...channel(3) },
    ['y'],
    ['x', 'w'],
  ),
  model(
    'no fold: the convolution is an output',
    [conv(true), normed('c', 'y')],
    { x: f32([1, 2, 7]), w: f32([3, 2, 2]), b: f32([3]), ...channel(3) },
    ['y', 'c'],
  ),
  model(
    'no fold: the convolution is used twice',
    [conv(true), normed('c', 'n'), node('Add', ['n', 'c'], ['y'])],
    { x: f32([1, 2, 7]), w: f32([3, 2, 2]), b: f32([3]), ...channel(3) },
    ['y'],
  ),
  model(
    'two transposes that undo each other',
    [
      node('Transpose', ['x'], ['t'], { perm: [1, 2, 0] }),
      node('Transpose', ['t'], ['u'], { perm: [2, 0, 1] }),
      node('Neg', ['u'], ['y']),
    ],
    { x: f32([2, 3, 4]) },
    ['y'],
  ),
  model(
    'two transposes',
    [node('Transpose', ['x'], ['t'], { perm: [1, 2, 0, 3] }), node('Transpose', ['t'], ['y'], { perm: [3, 1, 0, 2] })],
    { x: f32([2, 3, 4, 5]) },
    ['y'],
  ),
  model(
    'three transposes, the first an output',
    [
      node('Transpose', ['x'], ['t'], { perm: [1, 0, 2] }),
      node('Transpose', ['t'], ['u'], { perm: [0, 2, 1] }),
      node('Transpose', ['u'], ['y'], { perm: [2, 1, 0] }),
    ],
    { x: f32([2, 3, 4]) },
    ['y', 't'],
  ),
  model(
    'two transposes of opposite order',
    [node('Transpose', ['x'], ['t']), node('Transpose', ['t'], ['y'])],
    { x: f32([2, 3, 4]) },
    ['y'],
  ),
];

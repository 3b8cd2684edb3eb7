// LSTM and GRU cells spelled out, in the forms exporters write, and some that only look like cells.
import { f32, float, i64, tensor } from '../model.mjs';

const node = (type, inputs, outputs, attributes) => ({ type, inputs, outputs, attributes });
const tolerance = 5e-6;

/** A model whose tensors in `constants` are initializers and whose other ones are fed. */
function model(name, nodes, given, constants, outputs, { opset = 17 } = {}) {
  const entries = Object.entries(given);
  const fed = entries.filter(([key]) => !constants.includes(key));
  return {
    name,
    opset,
    tolerance,
    feeds: Object.fromEntries(fed),
    graph: {
      nodes,
      inputs: fed.map(([key, x]) => ({ name: key, type: x.type, dims: x.dims })),
      outputs: outputs.map((key) => ({ name: key, type: 'float32' })),
      initializers: Object.fromEntries(entries.filter(([key]) => constants.includes(key))),
    },
  };
}

/** Gates to states. order: which part of z each of i, f, g, o is; at: suffix of names. */
function lstmTail(at, z, c, { order = [0, 1, 2, 3], swap = false, axis = 1, split = {}, sizes = [] } = {}) {
  const part = (k) => `part${order[k]}${at}`;
  const pair = (a, b) => (swap ? [b, a] : [a, b]);
  return [
    node(
      'Split',
      [z, ...sizes],
      [0, 1, 2, 3].map((k) => `part${k}${at}`),
      { axis, ...split },
    ),
    node('Sigmoid', [part(0)], [`i${at}`]),
    node('Sigmoid', [part(1)], [`f${at}`]),
    node('Tanh', [part(2)], [`g${at}`]),
    node('Sigmoid', [part(3)], [`o${at}`]),
    node('Mul', pair(`f${at}`, c), [`fc${at}`]),
    node('Mul', pair(`i${at}`, `g${at}`), [`ig${at}`]),
    node('Add', pair(`fc${at}`, `ig${at}`), [`c1${at}`]),
    node('Tanh', [`c1${at}`], [`t${at}`]),
    node('Mul', pair(`o${at}`, `t${at}`), [`h1${at}`]),
  ];
}
const gemms = (at, x = 'x', h = 'h') => [
  node('Gemm', [x, 'W', 'b'], [`zx${at}`], { transB: 1 }),
  node('Gemm', [h, 'R', 'd'], [`zh${at}`], { transB: 1 }),
  node('Add', [`zx${at}`, `zh${at}`], [`z${at}`]),
];
const sizes = (N, I, H, G = 4) => ({
  x: f32([N, I]),
  h: f32([N, H]),
  ...(G === 4 ? { c: f32([N, H]) } : {}),
  W: f32([G * H, I], -1, 1),
  R: f32([G * H, H], -1, 1),
  b: f32([G * H], -1, 1),
  d: f32([G * H], -1, 1),
});
const turned = ({ W, R, ...rest }) => ({ ...rest, W: f32([W.dims[1], W.dims[0]]), R: f32([R.dims[1], R.dims[0]]) });
const fixed = ['W', 'R', 'b', 'd', 'one', 'parts', 'axes', 'half'];
const both = ['h1', 'c1'];

const lstms = [
  ...[
    [1, 3, 4],
    [2, 5, 5],
    [7, 1, 3],
    [3, 9, 8],
    [1, 9, 17],
  ].map(([N, I, H]) =>
    model(
      `LSTM as torch writes it ${N} ${I} ${H}`,
      [...gemms(''), ...lstmTail('', 'z', 'c')],
      sizes(N, I, H),
      fixed,
      both,
    ),
  ),
  model(
    'LSTM gates in another order',
    [...gemms(''), ...lstmTail('', 'z', 'c', { order: [3, 0, 1, 2], swap: true })],
    sizes(2, 3, 5),
    fixed,
    both,
  ),
  model('LSTM with weights at run time', [...gemms(''), ...lstmTail('', 'z', 'c')], sizes(2, 3, 5), [], both),
  model(
    'LSTM by MatMul',
    [
      node('MatMul', ['x', 'W'], ['zx']),
      node('MatMul', ['h', 'R'], ['zh']),
      node('Add', ['zx', 'zh'], ['s']),
      node('Add', ['s', 'b'], ['z']),
      ...lstmTail('', 'z', 'c', { order: [0, 1, 2, 3], axis: -1 }),
    ],
    turned(sizes(3, 2, 4)),
    fixed,
    both,
  ),
  model(
    'LSTM by MatMul, the state first',
    [
      node('MatMul', ['h', 'R'], ['zh']),
      node('MatMul', ['x', 'W'], ['zx']),
      node('Add', ['b', 'zh'], ['s']),
      node('Add', ['s', 'zx'], ['z']),
      ...lstmTail('', 'z', 'c', { order: [0, 2, 1, 3] }),
    ],
    turned(sizes(3, 2, 4)),
    fixed,
    both,
  ),
  model(
    'LSTM without bias',
    [
      node('MatMul', ['x', 'W'], ['zx']),
      node('MatMul', ['h', 'R'], ['zh']),
      node('Add', ['zx', 'zh'], ['z']),
      ...lstmTail('', 'z', 'c'),
    ],
    turned(sizes(2, 6, 4)),
    fixed,
    both,
  ),
  model(
    'LSTM of three dimensions',
    [
      node('MatMul', ['x', 'W'], ['zx']),
      node('MatMul', ['h', 'R'], ['zh']),
      node('Add', ['zx', 'zh'], ['s']),
      node('Add', ['s', 'b'], ['z']),
      ...lstmTail('', 'z', 'c', { axis: 2 }),
    ],
    { ...turned(sizes(3, 2, 4)), x: f32([3, 1, 2]), h: f32([3, 1, 4]), c: f32([3, 1, 4]) },
    fixed,
    both,
  ),
  model(
    'LSTM with x and h joined',
    [
      node('Concat', ['x', 'h'], ['xh'], { axis: 1 }),
      node('MatMul', ['xh', 'W'], ['s']),
      node('Add', ['s', 'b'], ['z']),
      ...lstmTail('', 'z', 'c', { order: [0, 2, 1, 3] }),
    ],
    { ...sizes(2, 3, 5), W: f32([8, 20]) },
    fixed,
    both,
  ),
  model(
    'LSTM with h and x joined',
    [
      node('Concat', ['h', 'x'], ['xh'], { axis: -1 }),
      node('Gemm', ['xh', 'W', 'b'], ['z'], { transB: 1 }),
      ...lstmTail('', 'z', 'c'),
    ],
    { ...sizes(2, 3, 5), W: f32([20, 8]) },
    fixed,
    both,
  ),
  model(
    'LSTM with a Gemm in a Gemm',
    [
      node('Gemm', ['x', 'W', 'b'], ['zx'], { transB: 1 }),
      node('Gemm', ['h', 'R', 'zx'], ['z'], { transB: 1 }),
      ...lstmTail('', 'z', 'c'),
    ],
    sizes(2, 3, 5),
    fixed,
    both,
  ),
  model(
    'LSTM with sizes of Split',
    [...gemms(''), ...lstmTail('', 'z', 'c', { sizes: ['parts'] })],
    { ...sizes(2, 3, 5), parts: i64([5, 5, 5, 5]) },
    fixed,
    both,
  ),
  model(
    'LSTM of opset 11',
    [...gemms(''), ...lstmTail('', 'z', 'c', { split: { split: [5, 5, 5, 5] } })],
    sizes(2, 3, 5),
    fixed,
    both,
    { opset: 11 },
  ),
  model(
    'LSTM of opset 18',
    [...gemms(''), ...lstmTail('', 'z', 'c', { split: { num_outputs: 4 } })],
    sizes(2, 3, 5),
    fixed,
    both,
    { opset: 18 },
  ),
  model(
    'LSTM whose c is used at once',
    [
      ...gemms(''),
      ...lstmTail('', 'z', 'c').slice(0, 8),
      node('Neg', ['c1'], ['minus']),
      ...lstmTail('', 'z', 'c').slice(8),
      node('Add', ['minus', 'h1'], ['y']),
    ],
    sizes(2, 3, 5),
    fixed,
    ['y', 'h1'],
  ),
  model(
    'LSTM three steps and two layers',
    [
      ...gemms('_0'),
      ...lstmTail('_0', 'z_0', 'c'),
      ...gemms('_1', 'x', 'h1_0'),
      ...lstmTail('_1', 'z_1', 'c1_0'),
      ...gemms('_2', 'h1_0', 'h1_1'),
      ...lstmTail('_2', 'z_2', 'c1_1'),
    ],
    sizes(2, 5, 5),
    fixed,
    ['h1_2', 'c1_2', 'h1_1'],
  ),
];

/** The form is `first`: n + z·(h - n), or the other: (1 - z)·n + z·h. */
function gruTail(at, x, h, state, { order = [0, 1, 2], first = true, swap = false } = {}) {
  const part = (side, k) => `${side}${order[k]}${at}`;
  const pair = (a, b) => (swap ? [b, a] : [a, b]);
  return [
    node(
      'Split',
      [x],
      [0, 1, 2].map((k) => `x${k}${at}`),
      { axis: 1 },
    ),
    node(
      'Split',
      [h],
      [0, 1, 2].map((k) => `h${k}${at}`),
      { axis: 1 },
    ),
    node('Add', pair(part('x', 0), part('h', 0)), [`rs${at}`]),
    node('Sigmoid', [`rs${at}`], [`r${at}`]),
    node('Add', pair(part('x', 1), part('h', 1)), [`zs${at}`]),
    node('Sigmoid', [`zs${at}`], [`z${at}`]),
    node('Mul', pair(`r${at}`, part('h', 2)), [`rh${at}`]),
    node('Add', pair(`rh${at}`, part('x', 2)), [`ns${at}`]),
    node('Tanh', [`ns${at}`], [`n${at}`]),
    ...(first
      ? [
          node('Sub', [state, `n${at}`], [`hn${at}`]),
          node('Mul', pair(`hn${at}`, `z${at}`), [`zhn${at}`]),
          node('Add', pair(`zhn${at}`, `n${at}`), [`y${at}`]),
        ]
      : [
          node('Sub', ['one', `z${at}`], [`rest${at}`]),
          node('Mul', pair(`rest${at}`, `n${at}`), [`zn${at}`]),
          node('Mul', pair(`z${at}`, state), [`zh${at}`]),
          node('Add', pair(`zn${at}`, `zh${at}`), [`y${at}`]),
        ]),
  ];
}
const sides = (at, x = 'x', h = 'h') => [
  node('Gemm', [x, 'W', 'b'], [`gx${at}`], { transB: 1 }),
  node('Gemm', [h, 'R', 'd'], [`gh${at}`], { transB: 1 }),
];
const one = (value = 1) => ({ one: tensor('float32', [], [value]) });
const grus = [
  ...[
    [1, 3, 4],
    [2, 5, 5],
    [7, 1, 3],
    [1, 9, 17],
  ].flatMap(([N, I, H]) => [
    model(
      `GRU as torch writes it ${N} ${I} ${H}`,
      [...sides(''), ...gruTail('', 'gx', 'gh', 'h')],
      sizes(N, I, H, 3),
      fixed,
      ['y'],
    ),
    model(
      `GRU by 1 - z ${N} ${I} ${H}`,
      [...sides(''), ...gruTail('', 'gx', 'gh', 'h', { first: false, order: [1, 0, 2] })],
      { ...sizes(N, I, H, 3), ...one() },
      fixed,
      ['y'],
    ),
  ]),
  model('GRU swapped', [...sides(''), ...gruTail('', 'gx', 'gh', 'h', { swap: true })], sizes(2, 3, 4, 3), fixed, [
    'y',
  ]),
  model(
    'GRU by 1 - z swapped',
    [...sides(''), ...gruTail('', 'gx', 'gh', 'h', { swap: true, first: false })],
    { ...sizes(2, 3, 4, 3), ...one() },
    fixed,
    ['y'],
  ),
  model(
    'GRU by MatMul',
    [
      node('MatMul', ['x', 'W'], ['mx']),
      node('Add', ['mx', 'b'], ['gx']),
      node('MatMul', ['h', 'R'], ['gh']),
      ...gruTail('', 'gx', 'gh', 'h'),
    ],
    turned(sizes(2, 3, 4, 3)),
    fixed,
    ['y'],
  ),
  model(
    'GRU two steps',
    [
      ...sides('_0'),
      ...gruTail('_0', 'gx_0', 'gh_0', 'h'),
      ...sides('_1', 'x', 'y_0'),
      ...gruTail('_1', 'gx_1', 'gh_1', 'y_0'),
    ],
    sizes(2, 3, 4, 3),
    fixed,
    ['y_1'],
  ),
];

const others = [
  model('no cell: a gate is an output', [...gemms(''), ...lstmTail('', 'z', 'c')], sizes(2, 3, 4), fixed, ['h1', 'o']),
  model(
    'no cell: a gate is used elsewhere',
    [...gemms(''), ...lstmTail('', 'z', 'c'), node('Add', ['i', 'h1'], ['y'])],
    sizes(2, 3, 4),
    fixed,
    ['y'],
  ),
  model(
    'no cell: split by rows',
    [...gemms(''), ...lstmTail('', 'z', 'c', { axis: 0 })],
    { ...sizes(8, 3, 4), c: f32([2, 16]) },
    fixed,
    both,
  ),
  model(
    'no cell: one row of c for all',
    [...gemms(''), ...lstmTail('', 'z', 'c')],
    { ...sizes(3, 2, 4), c: f32([1, 4]) },
    fixed,
    both,
  ),
  model(
    'no cell: a bias for each row',
    [...gemms(''), ...lstmTail('', 'z', 'c')],
    { ...sizes(3, 2, 4), b: f32([3, 1]) },
    fixed,
    both,
  ),
  model(
    'no cell: h twice',
    [
      node('Gemm', ['h', 'W', 'b'], ['zx'], { transB: 1 }),
      node('Gemm', ['h', 'R', 'd'], ['zh'], { transB: 1 }),
      node('Add', ['zx', 'zh'], ['z']),
      ...lstmTail('', 'z', 'c'),
    ],
    { ...sizes(2, 4, 4) },
    fixed,
    both,
  ),
  model(
    'no cell: alpha',
    [
      node('Gemm', ['x', 'W', 'b'], ['zx'], { transB: 1, alpha: float(0.5) }),
      node('Gemm', ['h', 'R', 'd'], ['zh'], { transB: 1 }),
      node('Add', ['zx', 'zh'], ['z']),
      ...lstmTail('', 'z', 'c'),
    ],
    sizes(2, 3, 4),
    fixed,
    both,
  ),
  model(
    'no cell: three products',
    [
      ...gemms(''),
      node('MatMul', ['x', 'half'], ['more']),
      node('Add', ['z', 'more'], ['z3']),
      ...lstmTail('', 'z3', 'c'),
    ],
    { ...sizes(2, 3, 4), half: f32([3, 16]) },
    fixed,
    both,
  ),
  model(
    'no cell: 2 - z',
    [...sides(''), ...gruTail('', 'gx', 'gh', 'h', { first: false })],
    { ...sizes(2, 3, 4, 3), ...one(2) },
    fixed,
    ['y'],
  ),
  model(
    'no cell: 1 comes with the run',
    [...sides(''), ...gruTail('', 'gx', 'gh', 'h', { first: false })],
    { ...sizes(2, 3, 4, 3), ...one() },
    ['W', 'R', 'b', 'd'],
    ['y'],
  ),
  model(
    'no cell: another state',
    [...sides(''), ...gruTail('', 'gx', 'gh', 'k')],
    { ...sizes(2, 3, 4, 3), k: f32([2, 4]) },
    fixed,
    ['y'],
  ),
  model(
    'no cell: two columns of states',
    [
      ...gemms(''),
      node('Split', ['z'], ['p0', 'p1', 'p2', 'p3'], { axis: 1 }),
      node('Sigmoid', ['p0'], ['i']),
      node('Sigmoid', ['p1'], ['f']),
      node('Tanh', ['p2'], ['g']),
      node('Mul', ['f', 'c'], ['fc']),
      node('Mul', ['i', 'g'], ['ig']),
      node('Add', ['fc', 'ig'], ['c1']),
      node('Tanh', ['c1'], ['t']),
      node('Mul', ['f', 't'], ['h1']),
    ],
    sizes(2, 3, 4),
    fixed,
    both,
  ),
];
// A cell in the body of a Scan, its weights outside.
const info = (name, dims) => ({ name, type: 'float32', dims });
const body = {
  name: 'body',
  nodes: [...gemms(''), ...lstmTail('', 'z', 'c'), node('Identity', ['h1'], ['y'])],
  inputs: [info('h', [2, 4]), info('c', [2, 4]), info('x', [2, 3])],
  outputs: [info('h1', [2, 4]), info('c1', [2, 4]), info('y', [2, 4])],
};
const { x: _, h, c, ...weights } = sizes(2, 3, 4);
const scan = model(
  'Scan of an LSTM',
  [node('Scan', ['h0', 'c0', 'xs'], ['hn', 'cn', 'ys'], { body, num_scan_inputs: 1 })],
  { xs: f32([5, 2, 3]), h0: h, c0: c, ...weights },
  fixed,
  ['hn', 'cn', 'ys'],
);

export const cases = [...lstms, ...grus, ...others, scan];

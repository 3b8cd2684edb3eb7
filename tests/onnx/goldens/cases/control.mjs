import { bools, f32, i64, tensor } from '../model.mjs';

const node = (type, inputs, outputs, attributes) => ({ type, inputs, outputs, attributes });
const info = (name, type, dims) => ({ name, type, dims });
const float = (name, dims) => info(name, 'float32', dims);
const given = (name, x) => info(name, x.type, x.dims);

/** A model of several nodes. */
function model(name, feeds, nodes, outputs, initializers = {}, options = {}) {
  const inputs = Object.entries(feeds).map(([key, x]) => given(key, x));
  return { name, feeds, graph: { nodes, inputs, outputs, initializers }, opset: 18, ...options };
}
const body = (nodes, inputs, outputs, initializers) => ({ nodes, inputs, outputs, initializers, name: 'body' });

const branches = (dims = [2]) => ({
  then_branch: body([node('Add', ['x', 'one'], ['t'])], [], [float('t', dims)], { one: tensor('float32', [1], [1]) }),
  else_branch: body([node('Mul', ['x', 'x'], ['m']), node('Neg', ['m'], ['e'])], [], [float('e', dims)]),
});
const ifs = [
  model('If true', { c: bools([1], []), x: f32([2]) }, [node('If', ['c'], ['y'], branches())], [float('y', [2])]),
  model('If false', { c: bools([0]), x: f32([2]) }, [node('If', ['c'], ['y'], branches())], [float('y', [2])]),
  model('If known', { x: f32([2]) }, [node('If', ['c'], ['y'], branches())], [float('y', [2])], { c: bools([1]) }),
  model(
    'If of a shape',
    { x: f32([2]) },
    [node('Size', ['x'], ['n']), node('Equal', ['n', 'two'], ['c']), node('If', ['c'], ['y'], branches())],
    [float('y', [2])],
    { two: i64([2], []) },
  ),
  model(
    'If of computed numbers',
    { x: f32([2], 1, 2) },
    [
      node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
      node('Greater', ['s', 'zero'], ['c']),
      node('If', ['c'], ['z'], branches()),
      node('Add', ['z', 'x'], ['y']),
    ],
    [float('y', [2])],
    { zero: tensor('float32', [], [0]) },
  ),
  model(
    'If with shapes that differ',
    { x: f32([2], 1, 2) },
    [
      node('ReduceMax', ['x'], ['s'], { keepdims: 0 }),
      node('Less', ['s', 'zero'], ['c']),
      node('If', ['c'], ['y'], {
        then_branch: body([node('Identity', ['x'], ['t'])], [], [float('t', [2])]),
        else_branch: body([node('Concat', ['x', 'x'], ['e'], { axis: 0 })], [], [float('e', [4])]),
      }),
    ],
    [info('y', 'float32')],
    { zero: tensor('float32', [], [0]) },
  ),
  model(
    'If in If',
    { c: bools([1], []), d: bools([0], []), x: f32([2]) },
    [
      node('If', ['c'], ['y'], {
        then_branch: body([node('If', ['d'], ['t'], branches())], [], [float('t', [2])]),
        else_branch: body([node('Identity', ['x'], ['e'])], [], [float('e', [2])]),
      }),
    ],
    [float('y', [2])],
  ),
];

const iteration = [info('i', 'int64', []), info('go', 'bool', [])];
const count = (nodes, outputs, inputs = [float('s', [2])], initializers = {}) =>
  body(
    [node('Identity', ['go'], ['on']), ...nodes],
    [...iteration, ...inputs],
    [info('on', 'bool', []), ...outputs],
    initializers,
  );
const loops = [
  model(
    'Loop a known number of times, with outer values and a scan output',
    { x: f32([2]), s0: f32([2]) },
    [
      node('Loop', ['n', '', 's0'], ['s', 'all'], {
        body: count(
          [node('Add', ['s', 'x'], ['s1']), node('Mul', ['s1', 's1'], ['q'])],
          [float('s1', [2]), float('q', [2])],
        ),
      }),
    ],
    [float('s', [2]), float('all', [4, 2])],
    { n: i64([4], []) },
  ),
  model(
    'Loop a number of times that is fed',
    { n: i64([3], []), s0: f32([2]) },
    [
      node('Loop', ['n', '', 's0'], ['s', 'all'], {
        body: count(
          [node('Neg', ['s'], ['s1']), node('Cast', ['i'], ['f'], { to: 1 })],
          [float('s1', [2]), float('f', [])],
        ),
      }),
    ],
    [float('s', [2]), info('all', 'float32')],
  ),
  model(
    'Loop until a condition',
    { s0: f32([1], 1, 2) },
    [
      node('Loop', ['', 'yes', 's0'], ['s'], {
        body: body(
          [
            node('Add', ['s', 's'], ['s1']),
            node('ReduceMax', ['s1'], ['m'], { keepdims: 0 }),
            node('Less', ['m', 'hundred'], ['on']),
          ],
          [...iteration, float('s', [1])],
          [info('on', 'bool', []), float('s1', [1])],
        ),
      }),
    ],
    [float('s', [1])],
    { yes: bools([1], []), hundred: tensor('float32', [], [100]) },
  ),
  model(
    'Loop that swaps two states',
    { a0: f32([2]), b0: f32([2]) },
    [
      node('Loop', ['n', '', 'a0', 'b0'], ['a', 'b'], {
        body: count(
          [node('Identity', ['s'], ['s1']), node('Identity', ['r'], ['r1'])],
          [float('r1', [2]), float('s1', [2])],
          [float('s', [2]), float('r', [2])],
        ),
      }),
    ],
    [float('a', [2]), float('b', [2])],
    { n: i64([3], []) },
  ),
  model(
    'Loop whose state grows',
    { s0: f32([1]) },
    [
      node('Loop', ['n', '', 's0'], ['s'], {
        body: count(
          [node('Concat', ['s', 's'], ['s1'], { axis: 0 })],
          [info('s1', 'float32', ['k'])],
          [info('s', 'float32', ['k'])],
        ),
      }),
    ],
    [info('s', 'float32')],
    { n: i64([3], []) },
  ),
  model(
    'Loop with a condition and a scan output',
    { s0: f32([1], 1, 2) },
    [
      node('Loop', ['n', 'yes', 's0'], ['s', 'all'], {
        body: body(
          [
            node('Add', ['s', 's'], ['s1']),
            node('ReduceMax', ['s1'], ['m'], { keepdims: 0 }),
            node('Less', ['m', 'ten'], ['on']),
            node('Neg', ['s'], ['q']),
          ],
          [...iteration, float('s', [1])],
          [info('on', 'bool', []), float('s1', [1]), float('q', [1])],
        ),
      }),
    ],
    [float('s', [1]), info('all', 'float32')],
    { n: i64([9], []), yes: bools([1], []), ten: tensor('float32', [], [10]) },
  ),
  model(
    'Loop not at all',
    { s0: f32([2]) },
    [node('Loop', ['n', '', 's0'], ['s'], { body: count([node('Add', ['s', 's'], ['s1'])], [float('s1', [2])]) })],
    [float('s', [2])],
    { n: i64([0], []) },
  ),
];

const accumulate = body(
  [node('Add', ['s', 'x'], ['s1']), node('Mul', ['s1', 'w'], ['q'])],
  [float('s', [3]), float('x', [3])],
  [float('s1', [3]), float('q', [3])],
);
const scans = [
  ['Scan', {}, [4, 3], [4, 3]],
  ['Scan backwards', { scan_input_directions: [1], scan_output_directions: [1] }, [4, 3], [4, 3]],
  ['Scan input backwards only', { scan_input_directions: [1] }, [4, 3], [4, 3]],
  ['Scan axes', { scan_input_axes: [1], scan_output_axes: [-1] }, [3, 4], [3, 4]],
  ['Scan one step', {}, [1, 3], [1, 3]],
].map(([name, attributes, from, to]) =>
  model(
    name,
    { s0: f32([3]), xs: f32(from), w: f32([3]) },
    [node('Scan', ['s0', 'xs'], ['s', 'ys'], { body: accumulate, num_scan_inputs: 1, ...attributes })],
    [float('s', [3]), float('ys', to)],
  ),
);

const several = [
  model(
    'reshape by a computed shape',
    { x: f32([2, 3, 4]) },
    [
      node('Shape', ['x'], ['sh']),
      node('Gather', ['sh', 'zero'], ['n'], { axis: 0 }),
      node('Unsqueeze', ['n', 'axes'], ['n1']),
      node('Concat', ['n1', 'minus'], ['to'], { axis: 0 }),
      node('Reshape', ['x', 'to'], ['y']),
    ],
    [float('y', [2, 12])],
    { zero: i64([0], []), axes: i64([0]), minus: i64([-1]) },
  ),
  model(
    'nodes in the wrong order, a dead one, an output that is an input',
    { x: f32([3]) },
    [node('Neg', ['a'], ['y']), node('Abs', ['x'], ['a']), node('Exp', ['x'], ['dead'])],
    [float('y', [3]), float('x', [3])],
  ),
  model(
    'one value several times',
    { x: f32([3]) },
    [node('Add', ['x', 'x'], ['a']), node('Mul', ['a', 'a'], ['b']), node('Sub', ['b', 'a'], ['y'])],
    [float('y', [3]), float('a', [3])],
  ),
];

export const cases = [...ifs, ...loops, ...scans, ...several];

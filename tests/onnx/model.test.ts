// OnnxModel and OnnxStream: what may be fed, what comes back, and that nothing leaks.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DisposedError, DTypeError, ShapeError, UnsupportedError, ValueError } from '../../src/errors.js';
import { tensor as gatedTensor, memoryInfo, scope, setMemoryLimit, Tensor } from '../../src/index.js';
import { type Feeds, load } from '../../src/onnx/index.js';
// @ts-expect-error a script without types
import { f32, float, i64, op, tensor, whole, writeModel } from './goldens/model.mjs';

const node = (type: string, inputs: string[], outputs: string[], attributes: object = {}) => ({
  type,
  inputs,
  outputs,
  attributes,
});
const info = (name: string, dims: unknown, type = 'float32') => ({ name, type, dims });
const model = (graph: object, options = {}) => load(writeModel(graph, options));
const floats = (...values: number[]) => new Float32Array(values);

/** y = x + 1 of a fixed or an open shape. */
const plusOne = (dims: unknown) =>
  model({
    nodes: [node('Add', ['x', 'one'], ['y'])],
    inputs: [info('x', dims)],
    outputs: [info('y', dims)],
    initializers: { one: tensor('float32', [], [1]) },
  });

let before = 0;
beforeEach(() => {
  before = memoryInfo().liveBlocks;
});
afterEach(() => {
  expect(memoryInfo().liveBlocks).toBe(before);
});

describe('inputs and outputs', () => {
  test('are described', () => {
    const m = model(
      {
        nodes: [node('Identity', ['x'], ['y']), node('Cast', ['n'], ['z'], { to: 1 })],
        inputs: [info('x', ['batch', 3]), info('n', [], 'int64')],
        outputs: [info('y', ['batch', 3]), info('z', undefined)],
      },
      { metadata: { author: 'me', __proto__x: 'y' } },
    );
    expect(m.inputs).toEqual([
      { name: 'x', dtype: 'float32', shape: ['batch', 3] },
      { name: 'n', dtype: 'int64', shape: [] },
    ]);
    expect(m.outputs).toEqual([
      { name: 'y', dtype: 'float32', shape: ['batch', 3] },
      { name: 'z', dtype: 'float32', shape: null },
    ]);
    expect(m.metadata).toEqual({ producer_name: 'gated tests', author: 'me', __proto__x: 'y' });
    expect(m.notes).toEqual([]);
    m.dispose();
  });

  test('float64 is said to be computed as float32', () => {
    const { graph, feeds } = op('Neg', [f32([2], -2, 2, 'float64')], { outputs: ['float64'] });
    const m = model(graph);
    expect(m.notes).toEqual(['float64 is computed as float32: x0, y0']);
    expect(m.predict(feeds).y0.data).toBeInstanceOf(Float64Array);
    m.dispose();
  });

  test('half floats are fed as numbers or as their bits, and come as numbers', () => {
    const { graph } = op('Neg', [f32([3], -2, 2, 'float16')], { outputs: ['float16'] });
    const m = model(graph);
    expect(m.notes).toEqual(['float16 is computed as float32: x0, y0']);
    const expected = Float32Array.of(-1, 2, -65504);
    for (const x0 of [Uint16Array.of(0x3c00, 0xc000, 0x7bff), [1, -2, 65504], Float32Array.of(1, -2, 65504)])
      expect(m.predict({ x0 }).y0.data).toEqual(expected);
    m.dispose();
  });

  test('lengths of a Scan of opset 8 are 0 to its steps, and its sequences have batch and time', () => {
    const body = {
      nodes: [node('Neg', ['x'], ['y'])],
      inputs: [info('x', [])],
      outputs: [info('y', [])],
      name: 'body',
    };
    const nodes = [node('Scan', ['lengths', 'xs'], ['ys'], { body, num_scan_inputs: 1 })];
    const inputs = [info('lengths', ['n'], 'int64'), info('xs', null)];
    const m = model({ nodes, inputs, outputs: [info('ys', ['n', 'm'])] }, { opset: 8 });
    const xs = { data: [1, 2, 3, 4], dims: [2, 2] };
    const lengths = (...data: number[]) => ({ data, dims: [data.length] });
    expect(m.predict({ lengths: lengths(0, 1), xs }).ys.data).toEqual(floats(0, 0, -3, 0));
    for (const bad of [lengths(-1, 1), lengths(1, 3)])
      expect(() => m.predict({ lengths: bad, xs })).toThrow(/\(Scan\): length (-1|3); expected 0 to 2/);
    expect(() => m.predict({ lengths: lengths(1), xs })).toThrow(ShapeError);
    expect(() => m.predict({ lengths: lengths(1, 1), xs: { data: [1, 2], dims: [2] } })).toThrow(ShapeError);
    m.dispose();
  });

  test('a limit of int64 is beyond int32', () => {
    const { graph, feeds } = op('ReduceMax', [tensor('int64', [0], [])], { outputs: ['int64'], opset: 20 });
    const m = model(graph);
    expect(() => m.predict(feeds as never)).toThrow(/node "y0" \(ReduceMax\): got the integer -9223372036854/);
    m.dispose();
  });

  test("operators of ONNX Runtime's own domain are named with it", () => {
    const nodes = [{ ...node('DynamicQuantizeLSTM', ['x'], ['y']), name: 'lstm', domain: 'com.microsoft' }];
    expect(() => model({ nodes, inputs: [info('x', [1])], outputs: [info('y', [1])] })).toThrow(
      'onnx.load: gated has no operators com.microsoft.DynamicQuantizeLSTM: node "lstm" (com.microsoft.DynamicQuantizeLSTM)',
    );
  });

  test('an initializer that is also listed as an input is none', () => {
    const m = model({
      nodes: [node('Add', ['x', 'w'], ['y'])],
      inputs: [info('x', [1]), info('w', [1])],
      outputs: [info('y', [1])],
      initializers: { w: tensor('float32', [1], [5]) },
    });
    expect(m.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(m.predict({ x: [1] }).y.data).toEqual(floats(6));
    m.dispose();
  });
});

describe('feeds', () => {
  const CASES: [string, Feeds[string]][] = [
    ['a typed array', floats(1, 2)],
    ['numbers', [1, 2]],
    ['data and dims', { data: [1, 2], dims: [2] }],
    ['Float64Array', new Float64Array([1, 2])],
  ];
  test.each(CASES)('%s', (_, x) => {
    const m = plusOne([2]);
    expect(m.predict({ x })).toEqual({ y: { data: floats(2, 3), dims: [2] } });
    m.dispose();
  });
  test('a Tensor', () => {
    const m = plusOne(['n']);
    const x = gatedTensor([1, 2]);
    expect(m.predict({ x }).y.data).toEqual(floats(2, 3));
    x.dispose();
    expect(() => m.predict({ x })).toThrow(DisposedError);
    m.dispose();
  });
  test('one number', () => {
    const m = plusOne([]);
    expect(m.predict({ x: 4 }).y).toEqual({ data: floats(5), dims: [] });
    m.dispose();
  });
  test('int64 as bigints and as numbers', () => {
    const m = model({
      nodes: [node('Neg', ['x'], ['y'])],
      inputs: [info('x', [2], 'int64')],
      outputs: [info('y', [2], 'int64')],
    });
    for (const x of [BigInt64Array.of(3n, -4n), [3n, -4n], [3, -4], new Int32Array([3, -4])])
      expect(m.predict({ x }).y.data).toEqual(BigInt64Array.of(-3n, 4n));
    m.dispose();
  });

  const WRONG: [string, unknown[], Feeds, new (...args: never[]) => Error, string][] = [
    ['nothing', [2], {}, ValueError, 'OnnxModel.predict: input "x" is missing'],
    ['another name', [2], { x: [1, 2], z: 1 }, ValueError, 'OnnxModel.predict: no input "z"; expected x'],
    ['another size', [2], { x: [1, 2, 3] }, ShapeError, 'OnnxModel.predict: "x" has 3 elements; expected [2]'],
    ['another shape', ['n', 3], { x: { data: [1, 2], dims: [1, 2] } }, ShapeError, '"x" is [1, 2]; expected [n, 3]'],
    ['another rank', ['n', 3], { x: { data: [1, 2, 3], dims: [3] } }, ShapeError, '"x" is [3]; expected [n, 3]'],
    [
      'no dims for an open size',
      ['n'],
      { x: [1] },
      ShapeError,
      '"x" is [n]; expected { data, dims } or a Tensor, as its size is open',
    ],
    ['dims that are no sizes', ['n'], { x: { data: [], dims: [-1] } }, ShapeError, '"x" has 0 elements and dims [-1]'],
    ['too few elements', ['n'], { x: { data: [1], dims: [2] } }, ShapeError, '"x" has 1 elements and dims [2]'],
    ['bigints for floats', [1], { x: [1n] }, DTypeError, '"x" has bigints; expected float32'],
  ];
  test.each(WRONG)('%s is refused', (_, dims, feeds, type, text) => {
    const m = plusOne(dims);
    expect(() => m.predict(feeds)).toThrow(type);
    expect(() => m.predict(feeds)).toThrow(text);
    m.dispose();
  });
  test('integers that do not fit, and fractions, are refused', () => {
    const m = model({
      nodes: [node('Neg', ['x'], ['y'])],
      inputs: [info('x', [1], 'int64')],
      outputs: [info('y', [1], 'int64')],
    });
    expect(() => m.predict({ x: [2 ** 31] })).toThrow('"x" has 2147483648 at position 0; expected an int32');
    expect(() => m.predict({ x: [2n ** 61n] })).toThrow(DTypeError);
    expect(() => m.predict({ x: [2 ** 63] })).toThrow(DTypeError);
    // The ends of int64 stand for "to the end", as they do in constants.
    expect(m.predict({ x: [2n ** 63n - 1n] }).y.data).toEqual(BigInt64Array.of(1n - 2n ** 31n));
    expect(() => m.predict({ x: [0.5] })).toThrow(DTypeError);
    m.dispose();
  });
});

describe('integers', () => {
  test('INT64_MAX in a file saturates; a result beyond int32 is an error at its node', () => {
    const m = model({
      nodes: [{ ...node('Add', ['x', 'big'], ['y']), name: 'sum' }],
      inputs: [info('x', [1], 'int64')],
      outputs: [info('y', [1], 'int64')],
      initializers: { big: { type: 'int64', dims: [1], data: BigInt64Array.of(2n ** 63n - 1n) } },
    });
    expect(m.predict({ x: [0] }).y.data).toEqual(BigInt64Array.of(2147483647n));
    expect(() => m.predict({ x: [1] })).toThrow(UnsupportedError);
    expect(() => m.predict({ x: [1] })).toThrow(
      'onnx: node "sum" (Add): got the integer 2147483648; gated computes integers in int32',
    );
    m.dispose();
  });
  test('8 and 16 bits wrap', () => {
    const m = model({
      nodes: [node('Cast', ['x'], ['a'], { to: 2 }), node('Cast', ['x'], ['b'], { to: 5 })],
      inputs: [info('x', [2], 'int32')],
      outputs: [info('a', [2], 'uint8'), info('b', [2], 'int16')],
    });
    const { a, b } = m.predict({ x: [300, -40000] });
    expect([a.data, b.data]).toEqual([new Uint8Array([44, 192]), new Int16Array([300, 25536])]);
    m.dispose();
  });
});

describe('run', () => {
  test('gives Tensors under the scope rules', () => {
    const m = plusOne(['n']);
    const kept = scope(() => {
      const { y } = m.run({ x: gatedTensor([1, 2, 3]) });
      return y.add(m.run({ x: { data: [1], dims: [1] } }).y);
    });
    expect(kept).toBeInstanceOf(Tensor);
    expect(kept.toArray()).toEqual([4, 5, 6]);
    kept.dispose();
    m.dispose();
  });
  test('many shapes, then the same again: memory stays', () => {
    const m = plusOne(['n']);
    const round = () => {
      for (let n = 0; n < 20; n++)
        expect(m.predict({ x: { data: new Float32Array(n), dims: [n] } }).y.dims).toEqual([n]);
    };
    round();
    const { liveBlocks, liveBytes } = memoryInfo();
    for (let i = 0; i < 5; i++) round();
    expect(memoryInfo()).toMatchObject({ liveBlocks, liveBytes });
    m.dispose();
  });
  test('shapes that depend on numbers of the run', () => {
    const m = model({
      nodes: [node('Range', ['a', 'b', 'one'], ['r']), node('Cast', ['r'], ['y'], { to: 1 })],
      inputs: [info('a', [], 'int64'), info('b', [], 'int64')],
      outputs: [info('y', ['n'])],
      initializers: { one: i64([1], []) },
    });
    for (const [a, b] of [
      [0, 3],
      [2, 3],
      [0, 3],
      [5, 1],
    ])
      expect(Array.from(m.predict({ a, b }).y.data, Number)).toEqual(
        Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i),
      );
    m.dispose();
  });
  test('and on floats: planned anew in every run, without a leak', () => {
    const m = model({
      nodes: [
        node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
        node('Cast', ['s'], ['n'], { to: 7 }),
        node('Range', ['zero', 'n', 'one'], ['y']),
      ],
      inputs: [info('x', [2])],
      outputs: [info('y', ['n'], 'int64')],
      initializers: { zero: i64([0], []), one: i64([1], []) },
    });
    expect(m.predict({ x: [1, 1] }).y.data).toEqual(BigInt64Array.of(0n, 1n));
    const { liveBlocks } = memoryInfo();
    for (let i = 0; i < 10; i++) expect(m.predict({ x: [i, 2] }).y.dims).toEqual([i + 2]);
    expect(memoryInfo().liveBlocks).toBe(liveBlocks);
    m.dispose();
  });
  test('a Scan whose body has values of its own, planned once and in every run', () => {
    // t = s + x, u = -t²: what the body gave back while it was planned must not be where the results of earlier steps lie.
    const body = {
      nodes: [node('Add', ['s', 'v'], ['t']), node('Mul', ['t', 't'], ['q']), node('Neg', ['q'], ['u'])],
      inputs: [info('s', [1]), info('v', [1])],
      outputs: [info('t', [1]), info('u', [1])],
    };
    const scan = node('Scan', ['init', 'seq'], ['last', 'all'], { body, num_scan_inputs: 1 });
    const [init, one] = [tensor('float32', [1], [0]), i64([1], [])];
    const outputs = [info('last', [1]), info('all', ['n', 1])];
    const planned = model({ nodes: [scan], inputs: [info('seq', ['n', 1])], outputs, initializers: { init } });
    const inEveryRun = model({
      nodes: [
        node('Cast', ['x'], ['n'], { to: 7 }),
        node('Range', ['zero', 'n', 'one'], ['r']),
        node('Cast', ['r'], ['f'], { to: 1 }),
        node('Unsqueeze', ['f', 'axis'], ['seq']),
        scan,
      ],
      inputs: [info('x', [])],
      outputs,
      initializers: { zero: i64([0], []), one, axis: i64([1]), init },
    });
    for (const n of [4, 5, 4]) {
      const sums = Array.from({ length: n }, (_, t) => (t * (t + 1)) / 2);
      const expected = {
        last: { data: floats(sums[n - 1]), dims: [1] },
        all: { data: floats(...sums.map((sum) => -(sum ** 2))), dims: [n, 1] },
      };
      expect(planned.predict({ seq: { data: Array.from({ length: n }, (_, t) => t), dims: [n, 1] } })).toEqual(
        expected,
      );
      expect(inEveryRun.predict({ x: n })).toEqual(expected);
    }
    planned.dispose();
    inEveryRun.dispose();
  });
  test('an output that is an input, and one value given twice', () => {
    const m = model({
      nodes: [node('Neg', ['x'], ['y'])],
      inputs: [info('x', [2])],
      outputs: [info('x', [2]), info('y', [2])],
    });
    expect(m.predict({ x: [1, 2] })).toEqual({
      x: { data: floats(1, 2), dims: [2] },
      y: { data: floats(-1, -2), dims: [2] },
    });
    m.dispose();
  });
  test('OutOfMemoryError leaves a model that runs', () => {
    const m = plusOne(['n']);
    m.predict({ x: { data: [1], dims: [1] } });
    const { liveBlocks, liveBytes } = memoryInfo();
    setMemoryLimit(liveBytes + 4096);
    expect(() => m.predict({ x: { data: new Float32Array(1e5), dims: [1e5] } })).toThrow('onnx input "x"');
    setMemoryLimit(Number.POSITIVE_INFINITY);
    expect(memoryInfo().liveBlocks).toBe(liveBlocks);
    expect(m.predict({ x: { data: [2], dims: [1] } }).y.data).toEqual(floats(3));
    m.dispose();
  });
  test('after dispose', () => {
    const m = plusOne([1]);
    const stream = m.stream();
    m.dispose();
    m.dispose();
    expect(() => m.predict({ x: [1] })).toThrow(DisposedError);
    expect(() => stream.step({ x: [1] })).toThrow('dispose() was called on its model');
    stream.dispose();
  });
});

describe('stream', () => {
  /** An LSTM of one step whose states are inputs and outputs. */
  const lstm = (dims: unknown[] = [1, 1, 3]) => {
    const weights = { W: f32([1, 12, 2]), R: f32([1, 12, 3]) };
    return model({
      nodes: [node('LSTM', ['x', 'W', 'R', '', '', 'h', 'c'], ['y', 'hn', 'cn'], { hidden_size: 3 })],
      inputs: [info('x', [1, 1, 2]), info('h', dims), info('c', dims)],
      outputs: [info('y', [1, 1, 1, 3]), info('hn', dims), info('cn', dims)],
      initializers: weights,
    });
  };
  const frames = Array.from({ length: 6 }, () => f32([1, 1, 2]).data as Float32Array);

  test('steps as predict with the states handed on; reset, state, views', () => {
    const m = lstm();
    const stream = m.stream({ state: { h: 'hn', c: 'cn' } });
    let [h, c]: Float32Array[] = [new Float32Array(3), new Float32Array(3)];
    const outputs: Float32Array[] = [];
    for (const x of frames) {
      const got = m.predict({ x, h, c });
      [h, c] = [got.hn.data as Float32Array, got.cn.data as Float32Array];
      const step = stream.step({ x });
      expect(step.y).toEqual(got.y.data);
      outputs.push(step.y.slice() as Float32Array);
    }
    expect(stream.state).toEqual({ h, c });
    stream.reset();
    expect(stream.step({ x: frames[0] }).y).toEqual(outputs[0]);
    expect(stream.step({ x: frames[1] }).y).toBe(stream.step({ x: frames[1] }).y);
    stream.state.h.set([0, 0, 0]);
    stream.state.c.set([0, 0, 0]);
    expect(stream.step({ x: frames[0] }).y).toEqual(outputs[0]);
    stream.dispose();
    expect(() => stream.step({ x: frames[0] })).toThrow('dispose() was called on the stream');
    m.dispose();
  });
  test('two streams of one model do not mix', () => {
    const m = lstm();
    const [a, b] = [m.stream({ state: { h: 'hn', c: 'cn' } }), m.stream({ state: { h: 'hn', c: 'cn' } })];
    const alone = frames.map((x) => a.step({ x }).y.slice());
    a.reset();
    frames.forEach((x, t) => {
      b.step({ x: frames[5 - t] });
      expect(a.step({ x }).y).toEqual(alone[t]);
    });
    for (const s of [a, b]) s.dispose();
    m.dispose();
  });
  test('open sizes of states are 1, or given', () => {
    const m = lstm([1, 'batch', 3]);
    const stream = m.stream({ state: { h: 'hn', c: 'cn' } });
    expect(stream.step({ x: frames[0] }).y.length).toBe(3);
    stream.dispose();
    const wide = m.stream({ state: { h: 'hn', c: 'cn' }, dims: { h: [1, 2, 3] } });
    expect(() => wide.step({ x: frames[0] })).toThrow(ShapeError);
    wide.dispose();
    m.dispose();
  });
  test('memory stays over many steps, and the views survive its growth', () => {
    const m = lstm();
    const stream = m.stream({ state: { h: 'hn', c: 'cn' } });
    stream.step({ x: frames[0] });
    const { liveBlocks } = memoryInfo();
    for (let i = 0; i < 100; i++) stream.step({ x: frames[i % 6] });
    expect(memoryInfo().liveBlocks).toBe(liveBlocks);
    const large = gatedTensor(new Float32Array(3e6));
    expect(stream.step({ x: frames[0] }).y.length).toBe(3);
    large.dispose();
    stream.dispose();
    m.dispose();
  });
  test('an error leaves the states', () => {
    const m = model({
      nodes: [node('Mul', ['s', 'x'], ['t'])],
      inputs: [info('x', [1], 'int64'), info('s', [1], 'int64')],
      outputs: [info('t', [1], 'int64')],
    });
    const stream = m.stream({ state: { s: 't' } });
    stream.state.s[0] = 3;
    stream.step({ x: [1000] });
    expect(() => stream.step({ x: [2 ** 30] })).toThrow(UnsupportedError);
    expect(stream.state.s).toEqual(new Int32Array([3000]));
    stream.dispose();
    m.dispose();
  });
  test('names that are not there', () => {
    const m = lstm();
    expect(() => m.stream({ state: { q: 'hn' } })).toThrow('OnnxModel.stream: no input "q"; expected x, h, c');
    expect(() => m.stream({ state: { h: 'q' } })).toThrow('OnnxModel.stream: no output "q"; expected y, hn, cn');
    expect(() => m.stream({ states: {} } as never)).toThrow("unknown option 'states'");
    m.dispose();
  });
});

test('constant weights are prepared once', () => {
  const { graph, feeds } = op('Gemm', [f32([3, 4]), f32([5, 4]), f32([5])], {
    attributes: { transB: 1, alpha: float(1) },
    constants: [1, 2],
  });
  const m = model(graph);
  m.predict(feeds);
  const { liveBlocks } = memoryInfo();
  for (let i = 0; i < 3; i++) m.predict(feeds);
  expect(memoryInfo().liveBlocks).toBe(liveBlocks);
  m.dispose();
});

test('bytes of other kinds', () => {
  const bytes: Uint8Array = writeModel(op('Neg', [whole('int32', [2], 1, 5)], { outputs: ['int32'] }).graph);
  for (const given of [bytes, bytes.slice().buffer, Buffer.from(bytes)]) {
    const m = load(given as never);
    expect(m.predict({ x0: [1, 2] }).y0.data).toEqual(new Int32Array([-1, -2]));
    m.dispose();
  }
  expect(() => load('model.onnx' as never)).toThrow('onnx.load: got String; expected');
});

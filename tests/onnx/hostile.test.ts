// Damaged and strange files: typed errors only, soon, and all memory returned.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FormatError, GatedError, ShapeError, UnsupportedError } from '../../src/errors.js';
import { memoryInfo } from '../../src/index.js';
import { load, type OnnxModel } from '../../src/onnx/index.js';
// @ts-expect-error a script without types
import { bools, f32, i64, op, tensor, writeModel } from './goldens/model.mjs';

const ACCEPTED = [FormatError, UnsupportedError, ShapeError];
const accepted = (error: unknown) => ACCEPTED.some((type) => error instanceof type);

/** Loads what loads; anything but the accepted errors is thrown on. */
function attempt(bytes: Uint8Array): OnnxModel | null {
  const started = performance.now();
  try {
    return load(bytes);
  } catch (error) {
    if (!accepted(error)) throw error;
    return null;
  } finally {
    expect(performance.now() - started).toBeLessThan(2000);
  }
}

/** Runs a model on small feeds; gated's own errors pass. */
function exercise(model: OnnxModel): void {
  const size = (n: number | string | null) => (typeof n === 'number' ? n : 1);
  try {
    const feeds = Object.fromEntries(
      model.inputs.map(({ name, shape }) => {
        const dims = (shape ?? []).map(size);
        const length = dims.reduce((a, b) => a * b, 1);
        if (length > 1e6) throw new ShapeError('large');
        return [name, { data: new Array<number>(length).fill(1), dims }];
      }),
    );
    model.predict(feeds);
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
  }
}

const root = new URL(`${process.env.GATED_MODELS ?? '../shared/models'}/`, `file://${process.cwd()}/`);
const FILES = [
  'burn_onnx/lstm.onnx',
  'burn_onnx/gru_bidirectional.onnx',
  'rnnoise_v0.1/vad_gru.onnx',
  'dtln/model_1.onnx',
];

describe.skipIf(!existsSync(root))('files of ../shared/models', () => {
  test.each(FILES)('%s cut off', (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, root)));
    const before = memoryInfo().liveBlocks;
    const step = bytes.length < 100_000 ? 64 : 4096;
    for (let end = 0; end < bytes.length; end += step) attempt(bytes.subarray(0, end))?.dispose();
    expect(memoryInfo().liveBlocks).toBe(before);
  });

  test.each(FILES.slice(0, 3))('%s with flipped bits', (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, root)));
    const before = memoryInfo().liveBlocks;
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let i = 0; i < 350; i++) {
      const copy = bytes.slice();
      for (let k = 0; k <= random(3); k++) copy[random(Math.min(copy.length, 4000))] ^= 1 << random(8);
      const model = attempt(copy);
      if (!model) continue;
      exercise(model);
      model.dispose();
    }
    expect(memoryInfo().liveBlocks).toBe(before);
  });
});

const info = (name: string, type = 'float32', dims: unknown = [2]) => ({ name, type, dims });
const graph = (nodes: object[], more: object = {}) => ({ nodes, inputs: [info('x')], outputs: [info('y')], ...more });
const node = (type: string, inputs: string[], outputs: string[], more: object = {}) => ({
  type,
  inputs,
  outputs,
  ...more,
});

test('a circle', () => {
  const bytes = writeModel(
    graph([node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Abs', ['b'], ['y'])]),
  );
  expect(() => load(bytes)).toThrow(/node "\w" \((Add|Neg)\) depends on itself/);
});
test('a value nobody makes', () => {
  expect(() => load(writeModel(graph([node('Add', ['x', 'q'], ['y'])])))).toThrow('onnx.load: no node makes "q"');
});
test('a value two make', () => {
  const bytes = writeModel(graph([node('Neg', ['x'], ['y']), node('Abs', ['x'], ['y'])]));
  expect(() => load(bytes)).toThrow('value "y" is made twice');
});
test('all missing operators at once, those of subgraphs too', () => {
  const inner = graph([node('Frobnicate', ['x'], ['t'], { name: 'inside' })], { inputs: [], outputs: [info('t')] });
  const bytes = writeModel(
    graph(
      [
        node('If', ['c'], ['a'], { attributes: { then_branch: inner, else_branch: inner } }),
        node('FusedConv', ['a'], ['b'], { domain: 'com.microsoft', name: 'f' }),
        node('FusedConv', ['b'], ['y'], { domain: 'com.microsoft', name: 'g' }),
      ],
      { initializers: { c: bools([1], []) } },
    ),
  );
  expect(() => load(bytes)).toThrow(
    'onnx.load: gated has no operators Frobnicate: node "inside" (Frobnicate), node "inside" (Frobnicate); ' +
      'com.microsoft.FusedConv: node "f" (com.microsoft.FusedConv), node "g" (com.microsoft.FusedConv)',
  );
});
test.each([6, 24])('opset %i', (opset) => {
  expect(() => load(writeModel(graph([node('Neg', ['x'], ['y'])]), { opset }))).toThrow(UnsupportedError);
});
test('names from Object.prototype', () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const bytes = writeModel({
    nodes: [node('Add', [names[0], names[1]], [names[2]])],
    inputs: [info(names[0]), info(names[1])],
    outputs: [info(names[2])],
  });
  const model = load(bytes);
  const feeds = Object.fromEntries([0, 1].map((i) => [names[i], new Float32Array([1, 2])]));
  expect(Object.entries(model.predict(feeds))).toEqual([['toString', { data: new Float32Array([2, 4]), dims: [2] }]]);
  expect(() => load(writeModel(graph([node('constructor', ['x'], ['y'])])))).toThrow(
    'gated has no operators constructor',
  );
  model.dispose();
});
test('an input that is not there is not looked for in Object.prototype', () => {
  const model = load(
    writeModel({ nodes: [node('Neg', ['toString'], ['y'])], inputs: [info('toString')], outputs: [info('y')] }),
  );
  expect(() => model.predict({})).toThrow('input "toString" is missing');
  model.dispose();
});
test('a long chain', () => {
  const nodes = Array.from({ length: 20_000 }, (_, i) =>
    node('Neg', [i === 0 ? 'x' : `v${i}`], [i === 19_999 ? 'y' : `v${i + 1}`]),
  );
  const model = load(writeModel(graph(nodes.reverse())));
  expect(model.predict({ x: new Float32Array([1, 2]) }).y.data).toEqual(new Float32Array([1, 2]));
  model.dispose();
});
test('messages nested without end', () => {
  // Field 7 of the model is a graph, field 1 a node, 5 an attribute, 6 a graph again.
  let bytes: number[] = [];
  for (let i = 0; i < 400; i++) {
    for (const field of [0x32, 0x2a, 0x0a]) {
      const length: number[] = [];
      for (let n = bytes.length; ; n >>>= 7) {
        length.push(n < 128 ? n : (n & 127) | 128);
        if (n < 128) break;
      }
      bytes = [field, ...length, ...bytes];
    }
    if (bytes.length > 30_000) break;
  }
  expect(() => load(Uint8Array.from([0x3a, 0xff, 0xff, 0x03, ...bytes]))).toThrow(FormatError);
});
interface Case {
  graph: object;
  feeds: Record<string, never>;
  opset?: number;
}
const CASES: [string, Case][] = [
  ['a huge shape', op('ConstantOfShape', [i64([2 ** 30, 2 ** 30])], { constants: [0] })],
  ['a negative shape', op('ConstantOfShape', [i64([-3])], { constants: [0] })],
  ['a huge repeat', op('Tile', [f32([4]), i64([2 ** 40])], { constants: [1] })],
  [
    'an endless range',
    op('Range', [i64([0], []), i64([10], []), i64([0], [])], { constants: [0, 1, 2], outputs: ['int64'] }),
  ],
  ['a reshape that does not fit', op('Reshape', [f32([4]), i64([3])], { constants: [1] })],
  ['a wrong axis', op('Concat', [f32([4])], { attributes: { axis: 7 } })],
  ['a missing input', op('Add', [f32([4])])],
  ['strings for numbers', op('Softmax', [f32([4])], { attributes: { axis: 'a' } })],
  ['integers for floats', op('Sigmoid', [i64([4])])],
  ['a permutation that is none', op('Transpose', [f32([2, 2])], { attributes: { perm: [0, 0] } })],
  ['a kernel wider than the input', op('Conv', [f32([1, 1, 2]), f32([1, 1, 5])], { constants: [1] })],
  ['zero strides', op('Conv', [f32([1, 1, 5]), f32([1, 1, 2])], { attributes: { strides: [0] }, constants: [1] })],
  ['weights of another layer', op('LSTM', [f32([2, 1, 3]), f32([1, 8, 4]), f32([1, 8, 2])], { constants: [1, 2] })],
  [
    'lengths beyond the sequence',
    op('RNN', [f32([2, 1, 1]), f32([1, 1, 1]), f32([1, 1, 1]), null, tensor('int32', [1], [9])]),
  ],
];
test.each(CASES)('%s', (name, { graph, feeds, opset }) => {
  const before = memoryInfo().liveBlocks;
  const model = attempt(writeModel(graph, { opset }));
  let error: unknown = null;
  if (model) {
    try {
      model.predict(feeds);
    } catch (thrown) {
      error = thrown;
    }
    expect(error === null || error instanceof GatedError, String(error)).toBe(true);
    model.dispose();
  }
  if (!name.includes('kernel')) expect(model === null || error !== null).toBe(true);
  expect(memoryInfo().liveBlocks).toBe(before);
});

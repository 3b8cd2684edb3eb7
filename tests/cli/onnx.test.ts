// `gated inspect` and `gated run` on ONNX models, as a process: what people type, what they see, what they get for their mistakes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArrays } from '../../src/cli/onnx/arrays.js';
import { writeNpy } from '../../src/cli/onnx/npy.js';
import { load, save } from '../../src/formats/safetensors.js';
import { GRU, tensor as gatedTensor, Linear, manualSeed, Sequential, Sigmoid } from '../../src/index.js';
import { toOnnx } from '../../src/onnx/index.js';
// @ts-expect-error a script without types
import { tensor, writeModel } from '../onnx/goldens/model.mjs';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const models = resolve(process.env.GATED_MODELS ?? new URL('../../../shared/models', import.meta.url).pathname);
const folder = mkdtempSync(join(tmpdir(), 'gated-onnx-cli-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function gated(...args: string[]) {
  const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: folder });
  return { status: run.status, out: run.stdout, err: run.stderr };
}
/** What is on stdout of a run that must succeed. */
function shown(...args: string[]): string {
  const { status, out, err } = gated(...args);
  expect(err).toBe('');
  expect(status).toBe(0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a pipe gets no control codes
  expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  return out;
}
/** A user's mistake: exit code, one line that names it, no stack trace. */
function expectMistake(args: string[], pattern: RegExp): void {
  const { status, err } = gated(...args);
  expect(err).toMatch(pattern);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect(status).toBe(1);
}

const node = (type: string, inputs: string[], outputs: string[], attributes: object = {}) => ({
  type,
  inputs,
  outputs,
  attributes,
});
const info = (name: string, dims: unknown, type = 'float32') => ({ name, type, dims });
const npy = (name: string, data: Float32Array | Float64Array | BigInt64Array, dims: number[]) =>
  writeFileSync(at(name), writeNpy({ data, dims }));

/** A mono sound of 16 bits. */
function wav(name: string, samples: Int16Array, rate = 16000): void {
  const bytes = Buffer.alloc(44 + samples.byteLength);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples.byteLength, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples.byteLength, 40);
  bytes.set(new Uint8Array(samples.buffer), 44);
  writeFileSync(at(name), bytes);
}
const SAMPLES = Int16Array.from({ length: 100 }, (_, i) => 300 * ((i * i) % 97));

beforeAll(() => {
  const write = (name: string, graph: object, options: object = {}) =>
    writeFileSync(at(name), writeModel(graph, options));
  // y = w·x + b, n·2
  write('plain.onnx', {
    nodes: [node('Gemm', ['x', 'w', 'b'], ['y']), node('Add', ['n', 'n'], ['twice'])],
    inputs: [info('x', ['batch', 3]), info('n', [], 'int64')],
    outputs: [info('y', ['batch', 2]), info('twice', [], 'int64')],
    initializers: { w: tensor('float32', [3, 2], [1, 0, 0, 1, 0, 0]), b: tensor('float32', [2], [10, 20]) },
  });
  write('one.onnx', {
    nodes: [node('Neg', ['x'], ['y'])],
    inputs: [info('x', [2, 3])],
    outputs: [info('y', [2, 3])],
  });
  // stateN = state + the frame's sum, p = its sigmoid; sr is asked for as Silero does.
  write(
    'meter.onnx',
    {
      nodes: [
        node('ReduceSum', ['x'], ['sum'], { keepdims: 1 }),
        node('Add', ['state', 'sum'], ['stateN']),
        node('Sigmoid', ['stateN'], ['p']),
        node('Identity', ['sr'], ['rate']),
      ],
      inputs: [info('x', [1, 'samples']), info('state', [1, 1]), info('sr', [], 'int64')],
      outputs: [info('p', [1, 1]), info('stateN', [1, 1]), info('rate', [], 'int64')],
    },
    { metadata: { author: 'nobody' } },
  );
  // The same with fixed frames and no rate.
  write(
    'fixed.onnx',
    {
      nodes: [
        node('ReduceSum', ['x'], ['sum'], { keepdims: 1 }),
        node('Add', ['a', 'sum'], ['b']),
        node('Sigmoid', ['b'], ['p']),
      ],
      inputs: [info('x', [1, 10]), info('a', [1, 1])],
      outputs: [info('p', [1, 1]), info('b', [1, 1])],
    },
    { metadata: { sample_rate: '8000' } },
  );
  write('strange.onnx', {
    nodes: [
      node('Frobnicate', ['x'], ['f']),
      node('Frobnicate', ['f'], ['g']),
      node('com.acme.Twist', ['g'], ['y']),
      node('Neg', ['y'], ['z']),
    ],
    inputs: [info('x', [2])],
    outputs: [info('z', [2])],
  });
  npy('x.npy', Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  npy('n.npy', BigInt64Array.of(21n), []);
  wav('sound.wav', SAMPLES);
});

/** What meter.onnx gives for the frames of SAMPLES. */
function meter(frame: number, context = 0, state = 0): number[] {
  const found: number[] = [];
  for (let from = 0; from < SAMPLES.length; from += frame) {
    for (let i = Math.max(0, from - context); i < Math.min(from + frame, SAMPLES.length); i++)
      state += SAMPLES[i] / 32768;
    found.push(1 / (1 + Math.exp(-state)));
  }
  return found;
}
function expectNear(got: ArrayLike<number | bigint>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  for (const [i, x] of expected.entries()) expect(Number(got[i])).toBeCloseTo(x, 5);
}
const output = (name: string, tensorName = '') => readArrays(at(name)).get(tensorName)!;

describe('inspect', () => {
  test('inputs, outputs, sizes, operators, and a line that runs it', () => {
    const out = shown('inspect', 'plain.onnx');
    expect(out).toMatch(/^plain\.onnx: ONNX, opset \d+ by gated tests$/m);
    expect(out).toMatch(/^2 nodes, 8 parameters, 32 B$/m);
    expect(out).toMatch(/^input +x +float32 \[batch, 3\]$/m);
    expect(out).toMatch(/^input +n +int64 \[\]$/m);
    expect(out).toMatch(/^output +y +float32 \[batch, 2\]$/m);
    expect(out).toMatch(/^Gemm +1$/m);
    expect(out).toMatch(/^ {2}gated run plain\.onnx --input x=x\.npy --input n=n\.npy$/m);
    const [, ...line] = /gated (run .*)$/m.exec(out)![1].split(' ');
    expect(gated('run', ...line).status).toBe(0);
  });
  test('states are guessed, sounds are suggested where a rate is asked for', () => {
    const out = shown('inspect', 'meter.onnx');
    expect(out).toMatch(/^ +name +type +state \(guessed\)$/m);
    expect(out).toMatch(/^input +state +float32 \[1, 1\] +← stateN$/m);
    expect(out).toMatch(/^input +x +float32 \[1, samples\]$/m);
    expect(out).toMatch(/^author +nobody$/m);
    expect(out).toMatch(/^ {2}gated run meter\.onnx --input speech\.wav --frame 512$/m);
  });
  test('operators gated does not have, with their nodes', () => {
    const out = shown('inspect', 'strange.onnx');
    expect(out).toMatch(/^Frobnicate +2$/m);
    expect(out).toMatch(/^gated cannot run this model: it has no$/m);
    expect(out).toMatch(/^ {2}Frobnicate: f, g$/m);
    expect(out).toMatch(/^ {2}com\.acme\.Twist: y$/m);
    expect(out).not.toMatch(/gated run/);
    expectMistake(
      ['run', 'strange.onnx', '--input', 'x.npy'],
      /strange\.onnx: .*no operators Frobnicate: .*com\.acme\.Twist/,
    );
  });
  test('a node that leads nowhere does not matter; another opset does', () => {
    const graph = {
      nodes: [node('Neg', ['x'], ['y']), node('Frobnicate', ['x'], ['f'])],
      inputs: [info('x', [2])],
      outputs: [info('y', [2])],
    };
    writeFileSync(at('dead.onnx'), writeModel(graph));
    expect(shown('inspect', 'dead.onnx')).toMatch(/gated run dead\.onnx/);
    writeFileSync(at('old.onnx'), writeModel(graph, { opset: 6 }));
    expect(shown('inspect', 'old.onnx')).toMatch(/^gated cannot run this model: opset 6; expected 7 to 23$/m);
  });
  test('names that would move the cursor are shown without', () => {
    const graph = {
      nodes: [node('Neg', ['\x1b[2Jx'], ['y'])],
      inputs: [info('\x1b[2Jx', [2])],
      outputs: [info('y', [2])],
    };
    writeFileSync(at('rude.onnx'), writeModel(graph, { metadata: { '\x1b[1m': '\x9b2J' } }));
    expect(shown('inspect', 'rude.onnx')).toContain('\ufffd[2Jx');
  });
  test('what a file is decides, not its name alone', () => {
    writeFileSync(at('renamed.bin'), readFileSync(at('one.onnx')));
    expect(shown('inspect', 'renamed.bin')).toMatch(/ONNX, opset/);
    writeFileSync(at('not.onnx'), save({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } }));
    expectMistake(['inspect', 'not.onnx'], /not\.onnx: it is a safetensors file; expected an ONNX model/);
    expectMistake(['run', 'not.onnx'], /not\.onnx: it is a safetensors file; expected an ONNX model/);
    expectMistake(['inspect', 'sound.wav'], /sound\.wav is not a readable safetensors file: it is a \.wav sound/);
    expectMistake(['inspect', 'nowhere.onnx'], /nowhere\.onnx: no such file/);
  });
  test('a damaged model', () => {
    const bytes = readFileSync(at('plain.onnx'));
    writeFileSync(at('cut.onnx'), bytes.subarray(0, bytes.length - 30));
    for (const command of ['inspect', 'run'])
      expectMistake([command, 'cut.onnx'], /cut\.onnx: .*damaged at about offset/);
  });
});

describe('run, once', () => {
  test('a summary', () => {
    const out = shown('run', 'plain.onnx', '--input', 'x.npy', '--input', 'n=n.npy');
    expect(out).toMatch(/^output +dims +min +mean +max +begins with$/m);
    expect(out).toMatch(/^y +\[2, 2\] +11 +18 +25 +11 22 14 25$/m);
    expect(out).toMatch(/^twice +\[\] +42 +42 +42 +42$/m);
  });
  test('inputs by order, by name, from one file, a number', () => {
    writeFileSync(at('both.json'), '{"n": 21, "x": [[1, 2, 3], [4, 5, 6]], "more": [1]}');
    const x = { dtype: 'float32' as const, shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    writeFileSync(at('named.safetensors'), save({ first: x, x: { ...x, data: x.data.map((v) => -v) } }));
    const ways = [
      ['--input', 'x.npy', '--input', 'n.npy'],
      ['--input', 'n=21', '--input', 'x.npy'],
      ['--input', 'both.json'],
      ['--input', 'both.json:x', '--input', 'n=n.npy'],
      ['--input', 'x=named.safetensors:first', '--input', 'n=21'],
      ['--input', 'named.safetensors:first', '--input', 'n=21'],
    ];
    for (const way of ways) expect(shown('run', 'plain.onnx', ...way), way.join(' ')).toMatch(/11 22 14 25/);
    expect(shown('run', 'plain.onnx', '--input', 'named.safetensors', '--input', 'n=21')).toMatch(/9 18 6 15/);
  });
  test('outputs to files', () => {
    const args = ['run', 'plain.onnx', '--input', 'both.json', '--output'];
    expect(shown(...args, 'y.safetensors')).toMatch(/^written to y\.safetensors$/m);
    const file = load(readFileSync(at('y.safetensors')));
    expect([...file.get('y')!.data]).toEqual([11, 22, 14, 25]);
    expect([...file.get('twice')!.data]).toEqual([42]);
    shown(...args, 'y.json');
    expect(JSON.parse(readFileSync(at('y.json'), 'utf8'))).toEqual({
      y: [
        [11, 22],
        [14, 25],
      ],
      twice: 42,
    });
    shown('run', 'one.onnx', '--input', 'x.npy', '--output', 'y.npy');
    expect(output('y.npy')).toEqual({ data: Float32Array.of(-1, -2, -3, -4, -5, -6), dims: [2, 3] });
  });
  test('whole numbers of NumPy go to a model of floats; NaN is counted', () => {
    npy('whole.npy', BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n), [2, 3]);
    expect(shown('run', 'one.onnx', '--input', 'whole.npy')).toMatch(/-1 -2 -3 -4 …/);
    npy('nan.npy', Float64Array.of(1, Number.NaN, 3, 4, 5, Number.NaN), [2, 3]);
    const out = shown('run', 'one.onnx', '--input', 'nan.npy', '--output', 'nan.json');
    expect(out).toMatch(/-5 +-3\.250 +-1 +-1 NaN -3 -4 … \(2 NaN\)/);
    expect(out).toMatch(/null stands for NaN and infinity/);
  });
  test.each<[string[], RegExp]>([
    [
      ['plain.onnx'],
      /no value for x \(float32 \[batch, 3\]\), n \(int64 \[\]\); expected --input x=FILE --input n=NUMBER/,
    ],
    [['plain.onnx', '--input', 'x.npy'], /no value for n \(int64 \[\]\); expected --input n=NUMBER/],
    [['one.onnx', '--input', 'z=x.npy'], /--input z=x\.npy: the model has no input 'z'; it has x/],
    [['one.onnx', '--input', 'x.npy', '--input', 'x.npy'], /every input of the model has a value already/],
    [['one.onnx', '--input', 'x.npy', '--input', 'x=x.npy'], /'x' has a value already/],
    [['one.onnx', '--input', 'none.npy'], /cannot read input none\.npy: no such file/],
    [['one.onnx', '--input', 'sound.wav'], /"x" is \[1, 3\]; expected \[2, 3\]/],
    [['plain.onnx', '--input', 'x=n.npy', '--input', 'n=1'], /"x" is \[\]; expected \[batch, 3\]/],
    [['plain.onnx', '--input', 'x.npy', '--input', 'n=1.5'], /"n" has 1\.5 at position 0; expected an int32/],
    [
      ['plain.onnx', '--input', 'both.json:z'],
      /there is no 'z' in the file; expected both\.json:name with one of n, x, more/,
    ],
    [['one.onnx', '--input', 'n=21'], /the model has no input 'n'; it has x/],
    [['one.onnx', '--input', 'x.npy', '--output', 'y.txt'], /expected a name that ends in \.npy/],
    [['one.onnx', '--input', 'x.npy', '--output', 'no/y.npy'], /cannot write no\/y\.npy: its folder does not exist/],
    [
      ['plain.onnx', '--input', 'both.json', '--output', 'y.npy'],
      /\.npy holds one array, and the model gives 2: y, twice/,
    ],
    [['one.onnx', '--input', 'x.npy', '--state', 'x'], /--state x: expected input=output/],
    [['one.onnx', '--input', 'x.npy', '--state', 'x=z'], /--state x=z: the model has no output 'z'; it has y/],
  ])('%j', (args, message) => expectMistake(['run', ...args], message));
});

describe('run, step by step', () => {
  test('a sound in frames, the state guessed, the rate fed', () => {
    const out = shown('run', 'meter.onnx', '--input', 'sound.wav', '--frame', '7', '--output', 'p.safetensors');
    expect(out).toMatch(/^15 steps of 7 samples: 6\.25 ms at 16,000 samples a second$/m);
    expect(out).toMatch(/^state state ← stateN \(zeros at first; guessed, --state says otherwise\)$/m);
    expect(out).toMatch(/^sr = 16000, from the \.wav file$/m);
    expect(out).toMatch(/^p +\[1, 1\] /m);
    expect(out).not.toMatch(/^stateN /m);
    expect(out).toMatch(/^p over time\n1 ┤/m);
    expect(out).toMatch(/a step, [\d,]+ × real time$/m);
    const p = output('p.safetensors', 'p');
    expect(p.dims).toEqual([15, 1, 1]);
    expectNear(p.data, meter(7));
    expect([...output('p.safetensors', 'rate').data]).toEqual(new Array(15).fill(16000));
  });
  test('--context repeats the end of the frame before', () => {
    const out = shown(
      'run',
      'meter.onnx',
      '--input',
      'sound.wav',
      '--frame',
      '9',
      '--context',
      '4',
      '--output',
      'c.json',
    );
    expect(out).toMatch(/^12 steps of 9 samples and 4 before them: /m);
    expectNear((JSON.parse(readFileSync(at('c.json'), 'utf8')).p as number[][][]).flat(2), meter(9, 4));
  });
  test('--state for a state that no name gives away; fixed frames need no --frame', () => {
    wav('slow.wav', SAMPLES, 8000);
    expectMistake(
      ['run', 'fixed.onnx', '--input', 'slow.wav'],
      /no value for a \(float32 \[1, 1\]\); expected --input a=FILE/,
    );
    const out = shown('run', 'fixed.onnx', '--input', 'slow.wav', '--state', 'a=b', '--output', 'f.npy');
    expect(out).toMatch(/^10 steps of 10 samples: 12\.5 ms at 8,000 samples a second$/m);
    expect(out).toMatch(/^state a ← b \(zeros at first\)$/m);
    expectNear(output('f.npy').data, meter(10));
  });
  test('a state that is fed begins so', () => {
    npy('state.npy', Float32Array.of(-2), [1, 1]);
    const args = ['run', 'meter.onnx', '--input', 'sound.wav', '--frame', '10', '--input', 'state=state.npy'];
    expect(shown(...args, '--output', 'b.safetensors')).toMatch(/^state state ← stateN \(begins as fed; guessed/m);
    expectNear(output('b.safetensors', 'p').data, meter(10, 0, -2));
  });
  test('an array with one dimension more: a part to each step', () => {
    const steps = Float32Array.from(SAMPLES, (x) => x / 32768);
    npy('steps.npy', steps, [10, 1, 10]);
    const out = shown('run', 'fixed.onnx', '--input', 'steps.npy', '--state', 'a=b', '--output', 'g.npy');
    expect(out).toMatch(/^10 steps$/m);
    expect(out).toMatch(/^p over the steps$/m);
    expect(output('g.npy').dims).toEqual([10, 1, 1]);
    expectNear(output('g.npy').data, meter(10));
  });
  test('one step of a model with states shows them, too', () => {
    npy('frame.npy', Float32Array.of(0.5, 0.25), [1, 2]);
    const out = shown('run', 'meter.onnx', '--input', 'frame.npy', '--input', 'sr=8000');
    expect(out).toMatch(/^state state: zeros \(--input state=FILE gives others\)$/m);
    expect(out).toMatch(/^stateN +\[1, 1\] +0\.7500/m);
  });
  test.each<[string[], RegExp]>([
    [
      ['meter.onnx', '--input', 'sound.wav'],
      /input 'x' takes any number in a step; expected --frame with the samples of one step/,
    ],
    [
      ['meter.onnx', '--input', 'sound.wav', '--frame', '9', '--rate', '8000'],
      /has 16,000 samples a second; --rate says 8,000\. Convert it first/,
    ],
    [
      ['meter.onnx', '--input', 'sound.wav', '--frame', '9', '--input', 'sr=8000'],
      /has 16,000 samples a second; --input sr says 8,000/,
    ],
    [
      ['fixed.onnx', '--input', 'sound.wav', '--state', 'a=b'],
      /has 16,000 samples a second; the model \(sample_rate in its metadata\) says 8,000/,
    ],
    [
      ['fixed.onnx', '--input', 'slow.wav', '--state', 'a=b', '--context', '10'],
      /input 'x' takes 10 in a step, no more than --context/,
    ],
    [['fixed.onnx', '--input', 'slow.wav', '--state', 'a=b', '--frame', '8'], /"x" is \[1, 8\]; expected \[1, 10\]/],
    [['meter.onnx', '--input', 'silence.wav', '--frame', '9'], /the \.wav file has no samples/],
    [['meter.onnx', '--input', 'sound.wav', '--frame', '0'], /--frame.*Expected a whole number of at least 1/],
  ])('%j', (args, message) => {
    wav('silence.wav', new Int16Array(0));
    const { status, err } = gated('run', ...args);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });
});

/** A GRU's step and its whole sequence, as toOnnx writes them. */
describe('models of our own', () => {
  const frames = Float32Array.from({ length: 18 }, (_, i) => Math.fround(Math.sin(i)));
  let expected: number[];
  beforeAll(() => {
    manualSeed(3);
    const model = new Sequential(
      new GRU({ inputSize: 3, hiddenSize: 5, batchFirst: true }),
      new Linear({ inFeatures: 5, outFeatures: 1 }),
      new Sigmoid(),
    );
    expected = [...model.predict(gatedTensor(frames, [1, 6, 3]))];
    writeFileSync(at('whole.onnx'), toOnnx(model, { input: [1, 'time', 3] }));
    writeFileSync(at('step.onnx'), toOnnx(model, { input: [1, 1, 3], states: true }));
    model.dispose();
    npy('whole.npy', frames, [1, 6, 3]);
    npy('frames.npy', frames, [6, 1, 1, 3]);
  });
  test('inspect: parameters, the state, and a line that then works', () => {
    const out = shown('inspect', 'step.onnx');
    expect(out).toMatch(/^\d+ nodes, 156 parameters, 624 B$/m);
    expect(out).toMatch(/^input +h0 +float32 \[1, 1, 5\] +← hn$/m);
    const line = /gated (run .*)/.exec(out)![1].replace('input.npy', 'frames.npy');
    shown(...line.split(' '));
  });
  test('whole and step by step are predict()', () => {
    shown('run', 'whole.onnx', '--input', 'whole.npy', '--output', 'w.npy');
    expect(output('w.npy').dims).toEqual([1, 6, 1]);
    expectNear(output('w.npy').data, expected);
    shown('run', 'step.onnx', '--input', 'frames.npy', '--output', 's.npy');
    expect(output('s.npy').dims).toEqual([6, 1, 1, 1]);
    expectNear(output('s.npy').data, expected);
  });
  test('a sound in frames is what its frames by hand are', () => {
    wav('short.wav', Int16Array.of(16384, -8192, 4096, 32, 24576));
    shown('run', 'step.onnx', '--input', 'short.wav', '--frame', '2', '--context', '1', '--output', 'short.npy');
    npy('hand.npy', Float32Array.of(0, 0.5, -0.25, -0.25, 0.125, 1 / 1024, 1 / 1024, 0.75, 0), [3, 1, 1, 3]);
    shown('run', 'step.onnx', '--input', 'hand.npy', '--output', 'hand-out.npy');
    expect(readFileSync(at('short.npy'))).toEqual(readFileSync(at('hand-out.npy')));
  });
});

test('help shows the ways to feed and examples', () => {
  expect(shown('run', '--help')).toMatch(
    /sr=16000[\s\S]*Steps:[\s\S]*silero_vad\.onnx --input speech\.wav --frame 512/,
  );
  expect(shown('inspect', '--help')).toMatch(/\.onnx/);
});

describe.skipIf(!existsSync(models))('real models', () => {
  test('silero_vad_v6: twenty seconds of speech', () => {
    const args = ['--input', `${models}/silero_vad_v6/test_20s.wav`, '--frame', '512', '--context', '64'];
    const out = shown('run', `${models}/silero_vad_v6/silero_vad.onnx`, ...args, '--output', 'speech.npy');
    expect(out).toMatch(/^625 steps of 512 samples and 64 before them: 20 s at 16,000 samples a second$/m);
    expect(out).toMatch(/^state state ← stateN/m);
    expect(out).toMatch(/0 s +5 s +10 s +15 s$/m);
    const golden = load(readFileSync(`${models}/silero_vad_v6/golden_silero_vad.safetensors`)).get('output')!.data;
    expectNear(output('speech.npy').data.subarray(0, 600), Array.from(golden));
  });
  test('dtln: its state is guessed though its name says nothing', () => {
    const file = `${models}/dtln/in_model_1.safetensors`;
    const args = ['--input', `input_2=${file}:mag`, '--input', `input_3=${file}:state`, '--output', 'mask.npy'];
    const out = shown('run', `${models}/dtln/model_1.onnx`, ...args);
    expect(out).toMatch(/^state input_3 ← tf_op_layer_stack_2 \(begins as fed; guessed/m);
    const golden = load(readFileSync(`${models}/dtln/golden_model_1.safetensors`)).get('activation_2')!.data;
    expectNear(output('mask.npy').data, Array.from(golden));
    expectMistake(
      ['run', `${models}/dtln/model_1.onnx`, '--input', file],
      /no name in the file \(mag, state\) is an input/,
    );
  });
  test('burn_onnx: a whole sequence, every input from one file', () => {
    const model = `${models}/burn_onnx/lstm_with_initial_state`;
    shown('run', `${model}.onnx`, '--input', `${model}.in.safetensors`, '--output', 'burn.safetensors');
    for (const [name, { data }] of load(readFileSync(`${model}.golden.safetensors`)))
      expectNear(output('burn.safetensors', name).data, Array.from(data));
  });
});

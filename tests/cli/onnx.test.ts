// gated inspect and gated run on .onnx models, and the files they read and write.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNpy, writeNpy } from '../../src/cli/onnx/npy.js';
import { guessStates } from '../../src/cli/onnx/states.js';
import { readWav } from '../../src/cli/onnx/wav.js';
import { sparkline } from '../../src/cli/terminal/sparkline.js';
import { FormatError } from '../../src/errors.js';
import { load as loadTensors, save } from '../../src/formats/safetensors.js';
import { GRU, Linear, manualSeed, noGrad, Sequential, Sigmoid, scope, tensor } from '../../src/index.js';
import { toOnnx } from '../../src/onnx/index.js';
import { encodeMessage } from '../../src/onnx/protobuf.js';
import { modelProto } from '../../src/onnx/schema.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'gated-onnx-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function gated(...args: string[]) {
  const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: folder });
  return { status: run.status, out: run.stdout, err: run.stderr };
}
function expectMistake(run: ReturnType<typeof gated>, pattern: RegExp): void {
  expect(run.err).toMatch(pattern);
  expect(run.err).not.toMatch(/\n\s+at /);
  expect(run.status).toBe(1);
}

/** What the model gives for 6 steps of 3 features. */
let expected: number[];
const frames = Float32Array.from({ length: 18 }, (_, i) => Math.fround(Math.sin(i)));

beforeAll(() => {
  manualSeed(3);
  const model = new Sequential(
    new GRU({ inputSize: 3, hiddenSize: 5, batchFirst: true }),
    new Linear({ inFeatures: 5, outFeatures: 1 }),
    new Sigmoid(),
  );
  model.eval();
  expected = noGrad(() => scope(() => [...model.predict(tensor(frames, [1, 6, 3]))]));
  writeFileSync(at('whole.onnx'), toOnnx(model, { input: [1, 'time', 3] }));
  writeFileSync(at('step.onnx'), toOnnx(model, { input: [1, 1, 3], states: true }));
  model.dispose();
  writeFileSync(at('x.npy'), writeNpy({ data: frames, dims: [1, 6, 3] }));
  writeFileSync(at('steps.npy'), writeNpy({ data: frames, dims: [6, 1, 1, 3] }));
});

function expectOutput(values: ArrayLike<number>): void {
  expect(values.length).toBe(6);
  // The same kernels over the same numbers, but for the order of bias and product.
  for (let i = 0; i < 6; i++) expect(Math.abs(values[i] - expected[i])).toBeLessThan(1e-6);
}

describe('inspect', () => {
  test('inputs, outputs, states, operators, parameters, and a command that then works', () => {
    const { status, out } = gated('inspect', 'step.onnx');
    expect(status).toBe(0);
    expect(out).toMatch(/step\.onnx: ONNX opset 17 by gated/);
    expect(out).toMatch(/156 parameters, 624 B/);
    expect(out).toMatch(/input +input +float32 \[1, 1, 3\]/);
    expect(out).toMatch(/input +h0 +float32 \[1, 1, 5\] +state ← hn/);
    expect(out).toMatch(/GRU +1\n/);
    const line = /gated run (.*)/.exec(out)![1].replace('x.npy', 'steps.npy');
    expect(gated('run', ...line.split(' ')).status).toBe(0);
  });
  test('operators that gated does not have are listed, with their nodes', () => {
    const node = { inputs: ['x'], outputs: ['y'], name: 'fft', type: 'DFT', attributes: [] };
    const custom = { inputs: ['y'], outputs: ['z'], type: 'Fancy', domain: 'com.acme', attributes: [] };
    const type = { tensor: { elementType: 1, shape: { dims: [{ name: 'n' }, { value: 2 }] } } };
    const graph = {
      nodes: [node, custom],
      name: 'g',
      initializers: [],
      inputs: [{ name: 'x', type }],
      outputs: [{ name: 'z', type }],
      sparse: [],
    };
    writeFileSync(
      at('odd.onnx'),
      encodeMessage({ irVersion: 8, graph, opsets: [{ version: 17 }], metadata: [] }, modelProto),
    );
    const { status, out } = gated('inspect', 'odd.onnx');
    expect(status).toBe(0);
    expect(out).toMatch(/float32 \[n, 2\]/);
    expect(out).toMatch(/it has no\n {2}DFT: fft\n {2}com\.acme\.Fancy: z/);
    expectMistake(gated('run', 'odd.onnx', '--input', 'x.npy'), /no operators DFT/);
  });
  test('what is no model', () => {
    writeFileSync(at('text.onnx'), 'not a model at all');
    expectMistake(gated('inspect', 'text.onnx'), /text\.onnx/);
    expectMistake(gated('inspect', 'nowhere.onnx'), /no such file/);
  });
});

describe('run', () => {
  test('whole: the same numbers from .npy, .json and .safetensors, to each of them', () => {
    writeFileSync(
      at('x.json'),
      JSON.stringify({ input: [Array.from({ length: 6 }, (_, t) => [...frames.subarray(3 * t, 3 * t + 3)])] }),
    );
    writeFileSync(at('x.safetensors'), save({ features: { dtype: 'float32', data: frames, shape: [1, 6, 3] } }));
    const { status, out } = gated('run', 'whole.onnx', '--input', 'x.npy', '--output', 'y.npy');
    expect(status).toBe(0);
    expect(out).toMatch(/output +\[1, 6, 1\] +0\.\d+ +0\.\d+ +0\.\d+ +0\.\d+ .* …/);
    expectOutput(readNpy(readFileSync(at('y.npy')), 'y').data as Float32Array);
    expect(gated('run', 'whole.onnx', '--input', 'x.json', '--output', 'y.json').status).toBe(0);
    expectOutput(JSON.parse(readFileSync(at('y.json'), 'utf8')).output.flat(3));
    expect(
      gated('run', 'whole.onnx', '--input', 'input=x.safetensors:features', '--output', 'y.safetensors').status,
    ).toBe(0);
    const [[name, { data, shape }]] = loadTensors(readFileSync(at('y.safetensors')));
    expect([name, shape]).toEqual(['output', [1, 6, 1]]);
    expectOutput(data);
  });
  test('step by step, with states that are guessed or given, and a line of bars', () => {
    const guessed = gated('run', 'step.onnx', '--input', 'steps.npy', '--output', 's.npy');
    expect(guessed.status).toBe(0);
    expect(guessed.out).toMatch(/µs a step; written to s\.npy/);
    const { data, dims } = readNpy(readFileSync(at('s.npy')), 's');
    expect(dims).toEqual([6]);
    expectOutput(data as Float32Array);
    gated('run', 'step.onnx', '--input', 'input=steps.npy', '--state', 'h0=hn', '--output', 's2.npy');
    expect(readFileSync(at('s2.npy'))).toEqual(readFileSync(at('s.npy')));
    writeFileSync(at('many.npy'), writeNpy({ data: new Float32Array(90), dims: [30, 1, 1, 3] }));
    expect(gated('run', 'step.onnx', '--input', 'many.npy').out).toMatch(/output, step by step:\n[▁▂▃▄▅▆▇█]{30}\n/);
  });
  test('a .wav file in frames, with samples of the frame before', () => {
    writeFileSync(at('sound.wav'), wavFile([0.5, -0.25, 0.125, 1 / 1024, 0.75]));
    const { status, out, err } = gated(
      'run',
      'step.onnx',
      '--input',
      'sound.wav',
      '--frame',
      '2',
      '--context',
      '1',
      '--output',
      'w.npy',
    );
    expect([status, err]).toEqual([0, '']);
    expect(out).toMatch(/output +\[3\]/);
    const byHand = Float32Array.of(0, 0.5, -0.25, -0.25, 0.125, 1 / 1024, 1 / 1024, 0.75, 0);
    writeFileSync(at('hand.npy'), writeNpy({ data: byHand, dims: [3, 1, 1, 3] }));
    gated('run', 'step.onnx', '--input', 'hand.npy', '--output', 'h.npy');
    expect(readFileSync(at('w.npy'))).toEqual(readFileSync(at('h.npy')));
  });
  test('mistakes', () => {
    expectMistake(
      gated('run', 'whole.onnx'),
      /nothing is fed to input \(float32 \[1, time, 3\]\); expected --input input=file/,
    );
    expectMistake(gated('run', 'whole.onnx', '--input', 'y=x.npy'), /no input 'y' to feed; expected one of input/);
    expectMistake(
      gated('run', 'whole.onnx', '--input', 'x.txt'),
      /expected a file of \.npy, \.safetensors, \.json or \.wav/,
    );
    expectMistake(gated('run', 'whole.onnx', '--input', 'none.npy'), /cannot read input none\.npy: no such file/);
    expectMistake(
      gated('run', 'whole.onnx', '--input', 'steps.npy'),
      /"input" is \[6, 1, 1, 3\]; expected \[1, time, 3\]/,
    );
    expectMistake(
      gated('run', 'whole.onnx', '--input', 'x.npy', '--output', 'y.txt'),
      /ends in \.npy, \.safetensors or \.json/,
    );
    expectMistake(
      gated('run', 'step.onnx', '--input', 'steps.npy', '--state', 'h0'),
      /--state h0: expected input=output/,
    );
    writeFileSync(at('ragged.json'), '[[1, 2], [3]]');
    expectMistake(gated('run', 'whole.onnx', '--input', 'ragged.json'), /rows of different lengths/);
    writeFileSync(at('words.json'), '["a"]');
    expectMistake(gated('run', 'whole.onnx', '--input', 'words.json'), /"a" is not a number/);
    writeFileSync(at('short.npy'), readFileSync(at('x.npy')).subarray(0, 150));
    expectMistake(
      gated('run', 'whole.onnx', '--input', 'short.npy'),
      /shape \(1,6,3\) of <f4 is 72 bytes; there are 22/,
    );
  });
  test('--help', () => expect(gated('run', '--help').out).toMatch(/Usage: gated run/));
});

/** 16-bit, one channel, 16,000 samples a second. */
function wavFile(values: number[]): Uint8Array {
  const bytes = new Uint8Array(44 + 2 * values.length);
  const view = new DataView(bytes.buffer);
  const word = (from: number, text: string) => bytes.set(Buffer.from(text), from);
  word(0, 'RIFF');
  word(8, 'WAVEfmt ');
  for (const [from, value] of [
    [16, 16],
    [24, 16000],
    [40, 2 * values.length],
  ])
    view.setUint32(from, value, true);
  for (const [from, value] of [
    [20, 1],
    [22, 1],
    [34, 16],
  ])
    view.setUint16(from, value, true);
  word(36, 'data');
  for (const [i, value] of values.entries()) view.setInt16(44 + 2 * i, value * 32768, true);
  return bytes;
}

describe('files', () => {
  test('.npy: types, shapes, and every truncation is a FormatError', () => {
    for (const data of [Float32Array.of(1.5, -2), Int32Array.of(7, -8), BigInt64Array.of(9n, -10n)]) {
      const bytes = writeNpy({ data, dims: [2] });
      expect((bytes.length - data.byteLength) % 64).toBe(0);
      expect(readNpy(bytes, 'x')).toEqual({ data, dims: [2] });
      for (let n = 0; n < bytes.length; n++) expect(() => readNpy(bytes.subarray(0, n), 'x')).toThrow(FormatError);
    }
    const scalar = writeNpy({ data: Float32Array.of(3), dims: [] });
    expect(readNpy(scalar, 'x')).toEqual({ data: Float32Array.of(3), dims: [] });
    const huge = Uint8Array.from(scalar);
    huge.set(new TextEncoder().encode('(9999999999,) '), 10 + 51);
    expect(() => readNpy(huge, 'x')).toThrow(FormatError);
  });
  test('.wav: every truncation is a FormatError or fewer samples', () => {
    const whole = wavFile([0.5, -0.5, 0.25]);
    expect([...readWav(whole, 'x').data]).toEqual([0.5, -0.5, 0.25]);
    for (let n = 0; n < 44; n++) expect(() => readWav(whole.subarray(0, n), 'x')).toThrow(FormatError);
    for (let n = 44; n < whole.length; n++) expect(readWav(whole.subarray(0, n), 'x').data.length).toBe((n - 44) >> 1);
  });
});

test('states are guessed by name, or by a shape that one output alone has', () => {
  const info = (name: string, ...shape: (number | null)[]) => ({ name, dtype: 'float32' as const, shape });
  expect(
    guessStates(
      [info('input', null, 576), info('state', 2, null, 128)],
      [info('output', null, 1), info('stateN', null, null, null)],
    ),
  ).toEqual({ state: 'stateN' });
  expect(
    guessStates(
      [info('x', 1, 1, 257), info('input_3', 1, 2, 128, 2)],
      [info('mask', 1, 1, 257), info('stack', 1, 2, 128, 2)],
    ),
  ).toEqual({ input_3: 'stack' });
  expect(
    guessStates(
      [info('x', 1, 4), info('h0', 1, 1, 8), info('c0', 1, 1, 8)],
      [info('y', 1, 4), info('hn', 1, 1, 8), info('cn', 1, 1, 8)],
    ),
  ).toEqual({ h0: 'hn', c0: 'cn' });
  expect(guessStates([info('a', 1, 4), info('b', 1, 4)], [info('sum', 1, 4)])).toEqual({});
});

test('sparkline', () => {
  expect(sparkline([0, 0.5, 1, Number.NaN], 80)).toBe('▁▅█ ');
  expect(sparkline(new Array(300).fill(1), 80).length).toBe(75);
  expect(sparkline([-3, 5], 80)).toBe('▁█');
});

const models = process.env.GATED_MODELS ?? new URL('../../../shared/models', import.meta.url).pathname;
const silero = join(models, 'silero_vad_v6');
describe.skipIf(!existsSync(silero))('silero_vad_v6', () => {
  test('20 s of speech', () => {
    const wav = join(silero, 'test_20s.wav');
    const { status, out } = gated(
      'run',
      join(silero, 'silero_vad.onnx'),
      '--input',
      wav,
      '--frame',
      '512',
      '--context',
      '64',
      '--output',
      'p.npy',
    );
    expect(status).toBe(0);
    expect(out).toMatch(/output +\[625\]/);
    const golden = new Map([...loadTensors(readFileSync(join(silero, 'golden_silero_vad.safetensors')))]).get(
      'output',
    )!.data;
    const { data } = readNpy(readFileSync(at('p.npy')), 'p');
    for (let t = 0; t < 600; t++) expect(Math.abs(Number(data[t]) - golden[t])).toBeLessThan(1e-5);
  });
});

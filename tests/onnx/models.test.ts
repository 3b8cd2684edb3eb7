// Real models and ONNX's own node tests, from ../shared/models (GATED_MODELS); skipped by name where they are absent.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load as loadSafetensors } from '../../src/formats/safetensors.js';
import { load } from '../../src/onnx/index.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';

const root = new URL(`${process.env.GATED_MODELS ?? '../shared/models'}/`, `file://${process.cwd()}/`);
const present = existsSync(root);
const file = (path: string) => new Uint8Array(readFileSync(new URL(path, root)));
const tensors = (path: string) => loadSafetensors(file(path));
const list = (path: string) => (present ? readdirSync(new URL(path, root)) : []);

function expectClose(got: ArrayLike<number | bigint>, expected: ArrayLike<number>, bound: number, what = ''): void {
  expect(got.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(got[i]) - expected[i]);
    if (!(difference <= worst)) worst = difference;
  }
  expect(worst, what).toBeLessThanOrEqual(bound);
}

describe.skipIf(!present)('onnx_node', () => {
  test.each(list('onnx_node/node'))('%s', (name) => {
    const model = load(file(`onnx_node/node/${name}/model.onnx`));
    const read = (kind: string, i: number) =>
      decodeTensor(file(`onnx_node/node/${name}/test_data_set_0/${kind}_${i}.pb`));
    const feeds = Object.fromEntries(
      model.inputs.map((info, i) => {
        const { data, shape } = read('input', i);
        return [info.name, { data, dims: [...shape] }];
      }),
    );
    const got = model.predict(feeds);
    model.outputs.forEach((info, i) => {
      const { data, shape } = read('output', i);
      expect(got[info.name].dims).toEqual([...shape]);
      expectClose(got[info.name].data, data, 1e-5);
    });
    model.dispose();
  });
});

/** A safetensors tensor as a feed. */
const feed = ({ data, shape }: { data: Float32Array | Int32Array; shape: readonly number[] }) => ({
  data,
  dims: [...shape],
});

describe.skipIf(!present)('burn_onnx', () => {
  const names = list('burn_onnx').flatMap((name) => (name.endsWith('.onnx') ? [name.slice(0, -5)] : []));
  test('there are twelve', () => expect(names.length).toBe(12));
  test.each(names)('%s', (name) => {
    const model = load(file(`burn_onnx/${name}.onnx`));
    const golden = tensors(`burn_onnx/${name}.golden.safetensors`);
    const feeds = Object.fromEntries(
      [...tensors(`burn_onnx/${name}.in.safetensors`)].map(([key, x]) => [key, feed(x)]),
    );
    const got = model.predict(feeds);
    for (const [key, expected] of golden) {
      expect(got[key].dims, key).toEqual([...expected.shape]);
      expectClose(got[key].data, expected.data, 1e-5, key);
    }
    model.dispose();
  });
});

describe.skipIf(!present)('rnnoise_v0.1', () => {
  const golden = present ? tensors('rnnoise_v0.1/golden.safetensors') : new Map();
  const rows = (name: string) => golden.get(name)!.data as Float32Array;
  /** The inputs of each GRU, side by side, as the network wires them. */
  const wiring: [string, string[]][] = [
    ['vad_gru', ['input_dense']],
    ['noise_gru', ['input_dense', 'vad_gru', 'x']],
    ['denoise_gru', ['vad_gru', 'noise_gru', 'x']],
  ];
  test.each(wiring)('%s over 400 frames', (name, parts) => {
    const model = load(file(`rnnoise_v0.1/${name}.onnx`));
    const widths = parts.map((part) => rows(part).length / 400);
    const width = widths.reduce((a, b) => a + b);
    const x = new Float32Array(400 * width);
    for (let t = 0; t < 400; t++) {
      let at = t * width;
      parts.forEach((part, i) => {
        x.set(rows(part).subarray(t * widths[i], (t + 1) * widths[i]), at);
        at += widths[i];
      });
    }
    const got = model.predict({ [model.inputs[0].name]: { data: x, dims: [400, 1, width] } });
    // 400 steps of states that reach 21 in denoise_gru: ONNX Runtime is 3.7e-5 from this float64 golden, gated 2.2e-5.
    expectClose(got[model.outputs[0].name].data, rows(name), name === 'denoise_gru' ? 2.5e-5 : 1e-5);
    model.dispose();
  });
});

describe.skipIf(!present)('dtln, stage 1', () => {
  test('200 frames with state', () => {
    const model = load(file('dtln/model_1.onnx'));
    const golden = tensors('dtln/golden_model_1.safetensors');
    const given = tensors('dtln/in_model_1.safetensors');
    const [mag, mask] = [given.get('mag')!.data, golden.get('activation_2')!.data];
    const stream = model.stream({ state: { input_3: 'tf_op_layer_stack_2' } });
    stream.state.input_3.set(given.get('state')!.data);
    for (let t = 0; t < 200; t++) {
      const { activation_2 } = stream.step({ input_2: mag.subarray(t * 257, (t + 1) * 257) as Float32Array });
      expectClose(activation_2, mask.subarray(t * 257, (t + 1) * 257), 1e-5, `frame ${t}`);
    }
    expectClose(stream.state.input_3, golden.get('final.input_3')!.data, 1e-4);
    stream.dispose();
    model.dispose();
  });
});

describe.skipIf(!present)('silero_vad_v6', () => {
  test('600 frames of speech', () => {
    const model = load(file('silero_vad_v6/silero_vad.onnx'));
    const golden = tensors('silero_vad_v6/golden_silero_vad.safetensors');
    const expected = golden.get('output')!.data;
    const wav = file('silero_vad_v6/test_20s.wav');
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44));
    const stream = model.stream({ state: { state: 'stateN' } });
    const input = { data: new Float32Array(576), dims: [1, 576] };
    for (let t = 0; t < 600; t++) {
      input.data.copyWithin(0, 512);
      for (let i = 0; i < 512; i++) input.data[64 + i] = samples[t * 512 + i] / 32768;
      const { output } = stream.step({ input, sr: 16000 });
      expectClose(output, expected.subarray(t, t + 1), 1e-5, `frame ${t}`);
    }
    expectClose(stream.state.state, golden.get('final.state')!.data, 1e-4);
    stream.dispose();
    model.dispose();
  });
});

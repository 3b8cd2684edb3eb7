// Every subpath of the package, as installed: one engine, one set of classes.
import { expect, test } from 'vitest';
import { load, save } from '../../../src/formats/safetensors.js';
import { FormatError, GatedError, LSTM, tensor } from '../../../src/index.js';
import { load as loadOnnx } from '../../../src/onnx/index.js';
import { ReferenceNetwork } from '../../../src/reference/index.js';

test('errors of gated/safetensors are the classes of gated', () => {
  expect(() => load(new Uint8Array(3))).toThrow(FormatError);
  expect(() => load(new Uint8Array(3))).toThrow(GatedError);
});

test('a model goes through gated/safetensors into gated/reference', () => {
  const sizes = { inputSize: 3, hiddenSize: 4, numLayers: 2 };
  const lstm = new LSTM(sizes);
  const input = Float32Array.from({ length: 15 }, (_, i) => i / 8 - 1);
  const plain = new ReferenceNetwork({ kind: 'lstm', ...sizes });
  plain.setParameters(Object.fromEntries([...load(save(lstm.stateDict()))].map(([name, { data }]) => [name, data])));
  const exact = plain.forward(input, { L: 5, N: 1 }).output;
  const [output] = lstm.predict(tensor(input, [5, 3]));
  // Values below 1, sums of at most 8 products: a few units of 2^-24.
  output.forEach((x, i) => {
    expect(Math.abs(x - exact[i])).toBeLessThan(1e-6);
  });
  lstm.dispose();
});

// HardSigmoid (a kernel of the second module) into an LSTM of one unit (one of the first): written by tests/onnx/goldens/model.mjs.
const MODEL =
  '0808120b67617465642074657374733a84020a130a0279300a01731201722207526573686170650a360a02783012027930220b48617264' +
  '5369676d6f69642a0f0a05616c706861150000803ea001012a0e0a0462657461150000003fa001010a280a01720a01770a017512001201' +
  '6822044c53544d2a120a0b68696464656e5f73697a651801a001021201672a21080310074201734a180400000000000000010000000000' +
  '000001000000000000002a1d08010804080110014201774a100000803f0000003f000080bf000000402a1d08010804080110014201754a' +
  '100000003f000000bf0000803e0000803f5a100a027830120a0a08080112040a020804620a0a02793012040a02080162090a016812040a' +
  '0208014202100e';

test('gated/onnx runs a graph on both modules', () => {
  const model = loadOnnx(Uint8Array.from(MODEL.match(/../g)!, (byte) => Number.parseInt(byte, 16)));
  const { y0, h } = model.predict({ x0: new Float32Array([-9, 0, 1, 9]) });
  expect([...(y0.data as Float32Array)]).toEqual([0, 0.5, 0.75, 1]);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  let [state, cell] = [0, 0];
  for (const x of [0, 0.5, 0.75, 1]) {
    const [i, o, f] = [x + state / 2, x / 2 - state / 2, -x + state / 4].map(sigmoid);
    cell = f * cell + i * Math.tanh(2 * x + state);
    state = o * Math.tanh(cell);
  }
  expect(h.dims).toEqual([1, 1, 1]);
  expect(Math.abs(Number(h.data[0]) - state)).toBeLessThan(1e-6);
  model.dispose();
});

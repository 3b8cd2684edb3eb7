// Every subpath of the package, as installed: one engine, one set of classes.
import { expect, test } from 'vitest';
import { load, save } from '../../../src/formats/safetensors.js';
import { FormatError, GatedError, LSTM, tensor } from '../../../src/index.js';
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

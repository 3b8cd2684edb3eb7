// A bundle holds what it uses: { LSTM, Linear } drags no other room along. Each room is known by its error texts.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { bundle } from '../../scripts/size.mjs';

const everything: string = await bundle("export * from 'gated'");
const data: string = await bundle("export * from 'gated/data'");
const decoding: string = await bundle("export * from 'gated/decoding'");
const serving: string = await bundle("export * from 'gated/serving'");
const safetensors: string = await bundle("export * from 'gated/safetensors'");
const reference: string = await bundle("export * from 'gated/reference'");
const onnx: string = await bundle("export { load } from 'gated/onnx'");
const toOnnx: string = await bundle("export { toOnnx } from 'gated/onnx'");
const cli = readFileSync(new URL('../../dist/cli/main.js', import.meta.url), 'utf8');
const small: Record<string, string> = {
  gated: await bundle("export { LSTM, Linear } from 'gated'"),
  'gated/core': await bundle("export { LSTM, Linear } from 'gated/core'"),
};

/** What is left out, the bundle that has it, and pieces of its texts. */
const ROOMS: [string, string, string[]][] = [
  ['optimizers', everything, ['is not a tensor with requiresGrad', ': got no parameters', 'momentumBuffer']],
  ['clipping', everything, ['clipGradNorm: max is', 'clipGradValue: got']],
  ['losses', everything, ['crossEntropy: labelSmoothing is', ": reduction is '", 'huberLoss: delta is']],
  ['schedules', everything, ['a number above 0, up to 1', 'expected at most totalSteps', 'ReduceLROnPlateau']],
  ['fit', everything, ['fit: neither loss nor step is given', 'fit: the data has no batches']],
  ['data', data, ['textDataset: ', 'paddedDataset: batchSize is']],
  ['batcher', serving, ['batcher: maxDelay is', 'was called on this batcher']],
  ['checkpoints', everything, ['gated-checkpoint']],
  ['attention', everything, ['got attnMask and isCausal', 'sequenceMask']],
  ['CTC', everything, ['logProbs is ']],
  ['decoders', decoding, ['ctcBeamSearch']],
  ['sampling', decoding, ['sample: temperature is']],
  ['activations', everything, ['LeakyReLU', '(= numParameters) in dim 1', 'expected -1, the features']],
  ['cells', everything, ['LSTMCell.forward', 'RNNCell: nonlinearity is']],
  ['norms', everything, ['normalizedShape', 'more than one value per channel', 'running_var']],
  ['convolutions', everything, ['ConvTranspose1d: outputPadding is', 'Conv1d.stream: padding is', 'circular']],
  ['pooling', everything, ['expected at most half of kernelSize', 'maxOverTime']],
  ['embedding', everything, ['Embedding.forward: indices are']],
  ['weight norm', everything, ['removeWeightNorm']],
  ['locked dropout', everything, ['LockedDropout']],
  ['LayerNorm-LSTM', everything, ['layernorm_c']],
  ['formats', safetensors, ['safetensors.load', '__metadata__']],
  ['elements of files', safetensors, ['; expected a value that fits in int32']],
  ['gated/data', data, ['gated-vocabulary-1', 'gated-scaler-1', 'bucketBatches: ', 'slidingWindows: steps']],
  ['reference', reference, ['reference: lengths are']],
  ['onnx', onnx, ['onnx.load: ', 'linear_before_reset', ': damaged at about offset']],
  ['toOnnx', toOnnx, ['toOnnx: no ONNX form for', 'linear_before_reset', 'LayerNormalization']],
  ['cli', cli, ['is not a readable safetensors file', 'the prompt is empty']],
];

test.each(ROOMS)('%s', (_room, home, texts) => {
  for (const text of texts) {
    expect(home.includes(text), `'${text}' is in its own bundle`).toBe(true);
    for (const from in small)
      expect(small[from].includes(text), `'${text}' is in { LSTM, Linear } of ${from}`).toBe(false);
  }
});

test('gated/data has no engine in it', () => expect(data).not.toContain('WebAssembly'));

test('load and toOnnx leave each other out, and toOnnx the engine', () => {
  expect(onnx).not.toContain('toOnnx');
  for (const text of ['WebAssembly', 'onnx.load', 'QLinearMatMul', 'inputSize is']) expect(toOnnx).not.toContain(text);
});

test('what is used is there', () => {
  for (const from in small) for (const text of ['(= inputSize)', 'projSize is']) expect(small[from]).toContain(text);
});

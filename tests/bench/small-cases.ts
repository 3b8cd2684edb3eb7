// Every kind of case the bench knows, small enough to run in a test.
const sizes = (kind: 'lstm' | 'gru', inputSize: number, hiddenSize: number, numLayers: number) => ({
  title: `${kind} ${inputSize}→${hiddenSize}`,
  kind,
  inputSize,
  hiddenSize,
  numLayers,
});
export const SMALL = {
  'stream-lstm': { ...sizes('lstm', 5, 7, 2), mode: 'stream', batch: 1, steps: 1 },
  'stream-gru': { ...sizes('gru', 3, 8, 1), mode: 'stream', batch: 1, steps: 1 },
  lstm: { ...sizes('lstm', 5, 8, 2), mode: 'forward', batch: 3, steps: 6 },
  gru: { ...sizes('gru', 4, 9, 2), mode: 'forward', batch: 2, steps: 5 },
  bilstm: { ...sizes('lstm', 4, 6, 2), mode: 'forward', batch: 1, steps: 9, bidirectional: true },
  'train-lstm': { ...sizes('lstm', 5, 8, 2), mode: 'train', batch: 4, steps: 6 },
  'train-gru': { ...sizes('gru', 5, 6, 1), mode: 'train', batch: 4, steps: 6 },
  'train-classes': { ...sizes('lstm', 11, 8, 2), mode: 'train', batch: 3, steps: 6, classes: 11 },
};

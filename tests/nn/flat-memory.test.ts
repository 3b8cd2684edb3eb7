// Forward and training steps of one shape, again and again: linear memory stays as the first steps left it.
import { describe, expect, test } from 'vitest';
import {
  Adam,
  crossEntropy,
  GRU,
  Linear,
  LSTM,
  memoryInfo,
  noGrad,
  RNN,
  randn,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from '../../src/index.js';

const sizes = { inputSize: 5, hiddenSize: 7, numLayers: 2 };
const MODELS = {
  RNN: () => new RNN(sizes),
  LSTM: () => new LSTM(sizes),
  GRU: () => new GRU(sizes),
  'LSTM both ways': () => new LSTM({ ...sizes, bidirectional: true }),
};
const shape: Shape = [9, 3, 5];

/** Runs `step` so often that a block left at each step would show, and compares. */
function expectFlat(step: () => void): void {
  for (let i = 0; i < 3; i++) step();
  const before = memoryInfo();
  for (let i = 0; i < 300; i++) step();
  expect(memoryInfo()).toEqual(before);
}

describe.each(Object.entries(MODELS))('%s', (_, make) => {
  test('forward under noGrad, predict', () => {
    const model = make();
    const x = randn(shape);
    expectFlat(() => noGrad(() => scope(() => void model.forward(x))));
    expectFlat(() => void (model as LSTM).predict(x));
    model.dispose();
    x.dispose();
  });

  test('training: forward, loss, backward, optimizer', () => {
    const model = make();
    const x = randn(shape);
    const width = noGrad(() => scope(() => (model.forward(x)[0] as Tensor).shape[2]));
    const linear = new Linear({ inFeatures: width, outFeatures: 4 });
    const targets = tensor(Int32Array.from({ length: 27 }, (_, i) => i % 4));
    const optimizer = new Adam([...model.parameters(), ...linear.parameters()], { lr: 1e-3 });
    expectFlat(() => {
      optimizer.zeroGrad();
      scope(() => {
        const output = model.forward(x)[0] as Tensor;
        crossEntropy(linear.forward(output).reshape([27, 4]), targets).backward();
      });
      optimizer.step();
    });
    for (const owned of [model, linear, optimizer, x, targets]) owned.dispose();
  });
});

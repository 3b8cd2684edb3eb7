// Long runs leave nothing behind, in this runtime with its own garbage collector.
import { expect, test } from 'vitest';
import { Adam, GRU, Linear, LSTM, memoryInfo, randn, Sequential, scope } from '../../../src/index.js';

test('5,000 streaming steps and 300 training steps: the same blocks, the same memory', () => {
  const model = new Sequential(
    new LSTM({ inputSize: 6, hiddenSize: 10 }),
    new Linear({ inFeatures: 10, outFeatures: 2 }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const stream = model.stream();
  const frame = new Float32Array(6).fill(0.5);
  const train = () =>
    scope(() => {
      optimizer.zeroGrad();
      model
        .forward(randn([9, 4, 6]))
        .sum()
        .backward();
      optimizer.step();
    });
  train();
  stream.step(frame);
  const before = memoryInfo();
  for (let i = 0; i < 300; i++) train();
  for (let i = 0; i < 5000; i++) stream.step(frame);
  const after = memoryInfo();
  expect(after.liveBlocks).toBe(before.liveBlocks);
  expect(after.memoryBytes).toBe(before.memoryBytes);
  for (const owner of [stream, optimizer, model]) owner.dispose();
});

test('predict and forget: nothing stays', () => {
  const model = new GRU({ inputSize: 3, hiddenSize: 5, bidirectional: true });
  model.predict([[1, 2, 3]]);
  const { liveBlocks } = memoryInfo();
  for (let i = 0; i < 500; i++) model.predict([[1, 2, 3]]);
  expect(memoryInfo().liveBlocks).toBe(liveBlocks);
  model.dispose();
});

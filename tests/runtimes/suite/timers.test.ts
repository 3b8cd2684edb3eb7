// The time limit of a batch on the runtime's own clock (tests/stream has it on a fake one).
import { expect, test } from 'vitest';
import { GRU } from '../../../src/index.js';
import { batcher } from '../../../src/serving.js';

test.skipIf(typeof setTimeout === 'undefined')('a batch that does not fill runs when its time is up', async () => {
  const model = new GRU({ inputSize: 3, hiddenSize: 4 });
  const server = batcher(model, { maxBatch: 8, maxDelay: 5 });
  const outputs = await Promise.all([server.open().step([1, 2, 3]), server.open().step([1, 2, 3])]);
  expect([...outputs[0]]).toEqual([...outputs[1]]);
  server.dispose();
  model.dispose();
});

// Streams and sessions of modules with trainableInitialState.
import { expect, test } from 'vitest';
import { GRU, LSTM, manualSeed, randn, Sequential } from '../../src/index.js';
import { batcher } from '../../src/serving.js';

const sizes = { inputSize: 3, hiddenSize: 4 };

test('a stream, its reset and sessions begin with them as they are then', async () => {
  const model = new Sequential(
    new LSTM({ ...sizes, numLayers: 2, trainableInitialState: true }),
    new GRU({ inputSize: 4, hiddenSize: 2, trainableInitialState: true, resetAfter: false }),
  );
  manualSeed(13);
  for (const [name, p] of model.namedParameters()) if (name.endsWith('_0')) p.set(randn(p.shape));
  const x = randn([3, 2, 3]);
  const want = () => model.predict(x) as Float32Array;
  const frame = (t: number) => x.data().subarray(t * 6, t * 6 + 6) as Float32Array;
  const stream = model.stream({ batch: 2 });
  const steps = () => [0, 1, 2].flatMap((t) => [...stream.step(frame(t))]);
  expect(steps()).toEqual([...want()]);
  const bytes = stream.save();
  const names = stream.state.entries.map(({ name, kind }) => `${name} ${kind}`);
  expect(names.at(-1)).toBe('1.l0.h gruResetBefore');
  for (const [name, p] of model.namedParameters()) if (name.endsWith('_0')) p.set(randn(p.shape));
  stream.reset();
  expect(steps()).toEqual([...want()]);
  const other = model.stream({ batch: 2 });
  other.restore(bytes);
  expect(other.save()).toEqual(bytes);
  const server = batcher(model, { maxBatch: 4 });
  const session = server.open();
  const first = [0, 1, 2].map((t) => session.step(frame(t).slice(0, 3)));
  const alone = (await Promise.all(first)).flatMap((y) => [...y]);
  const row = [0, 1, 2].flatMap((t) => [...want().subarray(t * 4, t * 4 + 2)]);
  expect(alone).toEqual(row);
  session.reset();
  expect([...(await session.step(frame(0).slice(0, 3)))]).toEqual(row.slice(0, 2));
  server.dispose();
  model.dispose();
  x.dispose();
});

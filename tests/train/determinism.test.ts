// The same seed gives the same bits on every runtime: the weights after a seeded training run, hashed, on the baseline build.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load, save } from '../../src/formats/safetensors.js';
import { setDeterministic } from '../../src/index.js';
import { BASELINE_HASH, Net, trainedHash, trainedNet } from './trained-hash.js';

beforeAll(() => setDeterministic(true));
afterAll(() => setDeterministic(process.env.GATED_BUILD === 'baseline'));

test('a seeded training run ends in these very bits, however often', () => {
  expect(trainedHash()).toBe(BASELINE_HASH);
  expect(trainedHash()).toBe(BASELINE_HASH);
});

test('its weights go through a safetensors file unchanged', () => {
  const [net, copy] = [trainedNet(), new Net()];
  copy.loadStateDict(load(save(net.stateDict())));
  net.parameters().forEach((p, i) => {
    expect(copy.parameters()[i].data()).toEqual(p.data());
  });
  for (const model of [net, copy]) model.dispose();
});

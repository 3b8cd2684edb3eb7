// The same seed gives the same bits on every runtime: the weights after a seeded training run, hashed, on the baseline build.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load, save } from '../../src/formats/safetensors.js';
import {
  AdamW,
  clipGradNorm,
  crossEntropy,
  Embedding,
  GRU,
  Linear,
  LSTM,
  Module,
  manualSeed,
  rand,
  scope,
  setDeterministic,
  type Tensor,
  type TensorLike,
} from '../../src/index.js';

class Net extends Module {
  embedding = new Embedding({ numEmbeddings: 11, embeddingDim: 7 });
  lstm = new LSTM({ inputSize: 7, hiddenSize: 13, numLayers: 2, bidirectional: true, dropout: 0.3 });
  gru = new GRU({ inputSize: 26, hiddenSize: 9 });
  head = new Linear({ inFeatures: 9, outFeatures: 11 });
  forward(ids: TensorLike): Tensor {
    return this.head.forward(this.gru.forward(this.lstm.forward(this.embedding.forward(ids))[0])[0].flatten(0, 1));
  }
}

/** 15 steps on random words; FNV-1a over the bytes of every weight. */
function trainedHash(): string {
  manualSeed(20);
  const net = new Net();
  const optimizer = new AdamW(net.parameters(), { lr: 0.01 });
  for (let step = 0; step < 15; step++) {
    scope(() => {
      const words = Int32Array.from(rand([6 * 5]).data(), (x) => Math.floor(x * 11));
      const ids = Array.from({ length: 6 }, (_, t) => Array.from(words.subarray(t * 5, t * 5 + 5)));
      optimizer.zeroGrad();
      crossEntropy(net.forward(ids), words).backward();
      clipGradNorm(net.parameters(), 1);
      optimizer.step();
    });
  }
  let hash = 0x811c9dc5;
  for (const weight of net.parameters()) {
    for (const byte of new Uint8Array(weight.data().buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const copy = new Net();
  copy.loadStateDict(load(save(net.stateDict())));
  net.parameters().forEach((p, i) => {
    expect(copy.parameters()[i].data()).toEqual(p.data());
  });
  for (const disposable of [net, copy, optimizer]) disposable.dispose();
  return (hash >>> 0).toString(16);
}

beforeAll(() => setDeterministic(true));
afterAll(() => setDeterministic(process.env.GATED_BUILD === 'baseline'));

test('a seeded training run ends in these very bits', () => {
  expect(trainedHash()).toMatchInlineSnapshot(`"7e033ed9"`);
  expect(trainedHash()).toMatchInlineSnapshot(`"7e033ed9"`);
});

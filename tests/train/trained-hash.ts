// A seeded training run through everything that draws random numbers or rounds: its weights' hash is the same on every runtime.
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
  type Tensor,
  type TensorLike,
} from '../../src/index.js';

/** trainedHash() on the baseline build, wherever it runs. */
export const BASELINE_HASH = 'f395b6ae';

export class Net extends Module {
  embedding = new Embedding({ numEmbeddings: 11, embeddingDim: 7 });
  lstm = new LSTM({ inputSize: 7, hiddenSize: 13, numLayers: 2, bidirectional: true, dropout: 0.3 });
  gru = new GRU({ inputSize: 26, hiddenSize: 9 });
  head = new Linear({ inFeatures: 9, outFeatures: 11 });
  forward(ids: TensorLike): Tensor {
    return this.head.forward(this.gru.forward(this.lstm.forward(this.embedding.forward(ids))[0])[0].flatten(0, 1));
  }
}

/** FNV-1a, 32 bits, as hexadecimal digits. */
export function fnv1a(arrays: Iterable<{ buffer: ArrayBufferLike }>): string {
  let hash = 0x811c9dc5;
  for (const { buffer } of arrays) {
    for (const byte of new Uint8Array(buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

/** A Net after 15 seeded steps on random words. */
export function trainedNet(): Net {
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
  optimizer.dispose();
  return net;
}

/** Over the bytes of every weight after the run. */
export function trainedHash(): string {
  const net = trainedNet();
  const hash = fnv1a(net.parameters().map((p) => p.data()));
  net.dispose();
  return hash;
}

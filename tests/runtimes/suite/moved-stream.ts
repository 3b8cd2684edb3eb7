// A stream that is saved in one runtime and goes on in another.
import { GRU, Linear, LSTM, manualSeed, RNN, Sequential, Tanh } from '../../../src/index.js';
import { fnv1a } from '../../train/trained-hash.js';

const FRAMES = 20;

export interface Moved {
  /** What stream.save() gave after FRAMES frames, as hexadecimal digits. */
  saved: string;
  /** Hash of the outputs of the FRAMES frames that followed. */
  continued: string;
}

/** Runs a seeded model over fixed frames, saves it in the middle and goes on: from its own bytes, or from those of another runtime. */
export function moveStream(from?: string): Moved {
  manualSeed(31);
  const model = new Sequential(
    new LSTM({ inputSize: 5, hiddenSize: 9, numLayers: 2, projSize: 4 }),
    new GRU({ inputSize: 4, hiddenSize: 7 }),
    new RNN({ inputSize: 7, hiddenSize: 6 }),
    new Linear({ inFeatures: 6, outFeatures: 3 }),
    new Tanh(),
  );
  const first = model.stream();
  for (let t = 0; t < FRAMES; t++) first.step(frame(t));
  const saved = hex(first.save());
  const second = model.stream();
  second.restore(unhex(from ?? saved));
  const outputs = Array.from({ length: FRAMES }, (_, t) => second.step(frame(FRAMES + t)).slice());
  for (const owner of [first, second, model]) owner.dispose();
  return { saved, continued: fnv1a(outputs) };
}

/** Exact in float32, and not from Math.sin, which differs between engines. */
function frame(t: number): Float32Array {
  return Float32Array.from({ length: 5 }, (_, i) => ((t * 37 + i * 11) % 64) / 32 - 1);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
function unhex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

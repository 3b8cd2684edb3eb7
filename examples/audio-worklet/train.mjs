// Trains the pedal on made-up guitar and writes pedal.safetensors: node train.mjs [--epochs 8] [--out pedal.safetensors]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as gated from 'gated';
import { save } from 'gated/safetensors';
import { pluck, riff } from './guitar.js';
import { overdrive } from './overdrive.mjs';
import { createEffect, createPedal, SAMPLE_RATE } from './pedal.js';

const ROWS = 32;
const CHUNK = 512;
const LR = 0.008;

/** `ROWS` recordings of random notes, two ringing at a time, from hardly audible to loud. */
function recordings(seconds) {
  const length = seconds * SAMPLE_RATE;
  const random = gated.scope(() => gated.rand([ROWS * 256]).data());
  let drawn = 0;
  const between = (low, high) => low + (high - low) * random[drawn++];
  return Array.from({ length: ROWS }, (_, row) => {
    const out = new Float32Array(length);
    for (let start = 0; start < length; ) {
      const lasts = Math.floor(between(0.1, 0.5) * SAMPLE_RATE);
      const frequency = 70 * 2 ** between(0, 3.5);
      const strength = between(0, 1) ** 2 * 1.2;
      pluck(out, { frequency, start, length: 2 * lasts, strength, sampleRate: SAMPLE_RATE, seed: 1000 * row + start });
      start += lasts;
    }
    return out;
  });
}

/** Pieces of all recordings in order, [CHUNK, ROWS]; the state goes on from one to the next. */
function dataset(inputs) {
  const targets = inputs.map((input) => overdrive(input, SAMPLE_RATE));
  const piece = (rows, index) => {
    const out = new Float32Array(CHUNK * ROWS);
    for (let t = 0; t < CHUNK; t++) for (let n = 0; n < ROWS; n++) out[t * ROWS + n] = rows[n][index * CHUNK + t];
    return out;
  };
  return {
    length: Math.floor(inputs[0].length / CHUNK),
    carriesState: true,
    at: (index) => ({ input: piece(inputs, index), target: piece(targets, index) }),
  };
}

/** Error to signal ratio: the energy of the difference over the energy of the target. */
export function errorToSignal(model, input) {
  const output = new Float32Array(input.length);
  createEffect(model)(input, output);
  const wanted = overdrive(input, SAMPLE_RATE);
  let error = 0;
  let signal = 0;
  for (let t = 0; t < input.length; t++) {
    error += (output[t] - wanted[t]) ** 2;
    signal += wanted[t] ** 2;
  }
  return error / signal;
}

export async function train({ epochs = 8, seconds = 4, onEpoch } = {}) {
  gated.manualSeed(0);
  const model = createPedal(gated);
  const [lstm, linear] = model.layers();
  await gated.fit(model, dataset(recordings(seconds)), {
    optimizer: new gated.Adam(model.parameters(), { lr: LR }),
    // A step of our own: Sequential keeps the LSTM's state to itself, and the dry signal is added to the output.
    step: ({ input, target }, state) => {
      const x = gated.tensor(input, [CHUNK, ROWS, 1]);
      const wanted = gated.tensor(target, [CHUNK, ROWS, 1]);
      const [output, next] = lstm.forward(x, state);
      const y = linear.forward(output).add(x);
      // The ear forgives errors in the bass more than in the treble, so differences between neighbours count as well.
      const treble = (signal) => signal.slice(0, 1).sub(signal.slice(0, 0, -1).mul(0.9));
      return { loss: gated.mseLoss(y, wanted).add(gated.mseLoss(treble(y), treble(wanted)).mul(4)), state: next };
    },
    epochs,
    clipGradNorm: 1,
    schedule: (step, total) => LR * Math.min(1, step / 50) * (1 - step / total) + 1e-5,
    onEpoch: ({ epoch, loss }) => onEpoch?.({ epoch, loss, model }),
  });
  return model;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { epochs: { type: 'string', default: '8' }, out: { type: 'string', default: 'pedal.safetensors' } },
  });
  const heldOut = riff(SAMPLE_RATE); // no note of it was in training
  const onEpoch = ({ epoch, loss, model }) => {
    const ratio = errorToSignal(model, heldOut);
    console.log(
      `epoch ${epoch + 1}: loss ${loss.toExponential(2)}, error to signal on the riff ${(100 * ratio).toFixed(2)}%`,
    );
  };
  const model = await train({ epochs: Number(values.epochs), onEpoch });
  writeFileSync(values.out, save(model.stateDict()));
  console.log(`wrote ${values.out}`);
}

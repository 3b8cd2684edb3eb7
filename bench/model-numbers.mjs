// What trained models are fed and must give, from the files beside them.
import { readFileSync } from 'node:fs';
import { load } from '../dist/safetensors.js';
import { modelPath } from './models.mjs';

const file = (path) => readFileSync(modelPath(path));
const tensors = (path) => load(file(path));

/** `x` [steps, elements], `state.…` where it does not begin at zero, and the results as `truth.…`: the goldens kept with the model. */
const NUMBERS = {
  silero() {
    const golden = tensors('silero_vad_v6/golden_silero_vad.safetensors');
    const steps = golden.get('output').data.length;
    const wav = file('silero_vad_v6/test_20s.wav');
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44));
    const x = new Float32Array(steps * 576);
    // A frame is 512 samples after the last 64 of the one before.
    for (let t = 0; t < steps; t++)
      for (let i = t === 0 ? 64 : 0; i < 576; i++) x[t * 576 + i] = samples[t * 512 + i - 64] / 32768;
    return {
      x: { shape: [steps, 576], data: x },
      'truth.output': flat(golden.get('output')),
      'truth.state': flat(golden.get('final.state')),
    };
  },
  dtln() {
    const golden = tensors('dtln/golden_model_1.safetensors');
    const given = tensors('dtln/in_model_1.safetensors');
    const { data } = given.get('mag');
    return {
      x: { shape: [data.length / 257, 257], data },
      'state.input_3': flat(given.get('state')),
      'truth.activation_2': flat(golden.get('activation_2')),
      'truth.input_3': flat(golden.get('final.input_3')),
    };
  },
};
const flat = ({ data }) => ({ shape: [data.length], data });

export const modelNumbers = (name) => NUMBERS[name]();

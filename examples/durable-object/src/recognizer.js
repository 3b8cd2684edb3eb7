// The model: what is someone doing, judged from a phone's accelerometer, ten times a second. Used by the worker, train.mjs and the tests.
import { FormatError, Linear, LSTM, Sequential } from 'gated';
import { load } from 'gated/safetensors';

export const ACTIVITIES = ['still', 'walking', 'running', 'cycling'];
/** Acceleration along x, y and z in g. */
export const FEATURES = 3;

export function createModel() {
  return new Sequential(
    new LSTM({ inputSize: FEATURES, hiddenSize: 64, batchFirst: true }),
    new Linear({ inFeatures: 64, outFeatures: ACTIVITIES.length }),
  );
}

/**
 * One model and ONE stream for any number of sessions: a session is the 584 bytes of its state, put into the stream for a step and
 * taken out again. Measured on Node 24: the swap costs 12 µs on top of a step of 2.3 µs, little beside the write to storage. A stream
 * for each session would cost 5.3 kB of WebAssembly memory and 4.8 kB of JavaScript heap: 12,000 of them fill an isolate's 128 MB.
 */
export function createRecognizer(weights) {
  const model = createModel();
  model.loadStateDict(load(weights));
  const stream = model.stream();

  const enter = (state) => {
    if (state === null) stream.reset();
    else stream.restore(state);
  };
  return {
    /** One step of a session whose state is `state` (null: a new one): its scores and its new state. */
    step(state, features) {
      enter(state);
      // Scores before the softmax: Math.exp differs between JavaScript engines in the last bit, gated's kernels do not.
      const scores = Array.from(stream.step(Float32Array.from(features)));
      return { scores, state: stream.save() };
    },
    /** Throws FormatError for bytes that are no state of this model, or hold no numbers. */
    check(state) {
      enter(state);
      for (const { name, data } of stream.state.entries) {
        const bad = data.findIndex((x) => !Number.isFinite(x));
        if (bad >= 0) throw new FormatError(`stream state: ${name}[${bad}] is ${data[bad]}; expected a finite number`);
      }
    },
  };
}

export function bestActivity(scores) {
  return ACTIVITIES[scores.indexOf(Math.max(...scores))];
}

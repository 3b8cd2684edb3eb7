// The network: one sample in, one sample out, 1,233 weights. Shared by the training script (Node), the page and the audio worklet, which get
// gated from different places, so it is handed in.

export const SAMPLE_RATE = 48000;
const HIDDEN = 16;

export function createPedal({ Linear, LSTM, Sequential }) {
  return new Sequential(
    new LSTM({ inputSize: 1, hiddenSize: HIDDEN }),
    new Linear({ inFeatures: HIDDEN, outFeatures: 1 }),
  );
}

/**
 * A function that turns blocks of samples, one step of the network each. The network gives the difference to its input: a pedal that does nothing
 * would be all zeros.
 *
 * It allocates nothing: `sample` is reused, step() returns the stream's own view, and numbers stay within the loop (handing them from function to
 * function, sample by sample, would put each on the heap).
 */
export function createEffect(model) {
  const stream = model.stream();
  const sample = new Float32Array(1);
  return (input, output) => {
    for (let i = 0; i < input.length; i++) {
      sample[0] = input[i];
      output[i] = sample[0] + stream.step(sample)[0];
    }
  };
}

// The model and how a series of any scale goes through it. Used by the worker, by train.mjs and by the tests.
import { GRU, Linear, Module, scope, tensor } from 'gated';
import { load } from 'gated/safetensors';

/** Points that one answer can hold, and what the model was trained on. */
export const MAX_STEPS = 24;
export const MIN_POINTS = 12;
export const MAX_POINTS = 512;

/** Reads a series and gives the next MAX_STEPS points at once: no step feeds on the guess before it, so errors do not add up. */
export class Forecaster extends Module {
  gru = new GRU({ inputSize: 1, hiddenSize: 48, batchFirst: true });
  head = new Linear({ inFeatures: 48, outFeatures: MAX_STEPS });

  /** [N, L, 1] scaled points -> [N, MAX_STEPS], each relative to the row's last point. */
  forward(points) {
    const [, hN] = this.gru.forward(points);
    return this.head.forward(hN.squeeze(0));
  }
}

/** The forecaster with weights from the bytes of a .safetensors file. A damaged or wrong file is a FormatError or StateDictError. */
export function createForecaster(bytes) {
  const model = new Forecaster();
  model.loadStateDict(load(bytes));
  return (series, steps) => {
    const { mean, deviation } = scaleOf(series);
    const scaled = Float32Array.from(series, (x) => (x - mean) / deviation);
    // predict() gives plain typed arrays and frees what forward() made; scope() frees the input. So requests leave nothing behind.
    const ahead = scope(() => model.predict(tensor(scaled, [1, scaled.length, 1])));
    const last = series[series.length - 1];
    return Array.from(ahead.subarray(0, steps), (x) => last + x * deviation);
  };
}

/** Every series is brought to mean 0 and deviation 1, so that the model need not know whether it sees euros or degrees. */
export function scaleOf(series) {
  const mean = average(series);
  const variance = average(series.map((x) => (x - mean) ** 2));
  // A constant series has no scale; 0 / 1 forecasts it as nearly constant.
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function average(numbers) {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

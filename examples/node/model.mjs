// An LSTM reads eight weeks of days and writes the next two at once.
import { readFileSync, writeFileSync } from 'node:fs';
import { Adam, fit, Linear, LSTM, Module, manualSeed, mseLoss } from 'gated';
import * as safetensors from 'gated/safetensors';

export const HISTORY = 56;
export const HORIZON = 14;
/** Days at the end that training never sees. */
export const HELD_OUT = 84;
const HIDDEN = 32;
const BATCH = 32;

export class Forecaster extends Module {
  lstm = new LSTM({ inputSize: 3, hiddenSize: HIDDEN, batchFirst: true });
  head = new Linear({ inFeatures: HIDDEN, outFeatures: HORIZON });

  /** [N, HISTORY, 3] -> [N, HORIZON], both in units of each window's own spread around its own mean. */
  forward(days) {
    const [, [h]] = this.lstm.forward(days); // h [1, N, HIDDEN]: the state after the last day
    return this.head.forward(h.squeeze(0));
  }
}

/** The HISTORY days before `end`. A scale of its own for each window lets the model ignore how high the trend has climbed. */
function windowBefore(values, end) {
  const days = values.slice(end - HISTORY, end);
  const mean = days.reduce((sum, x) => sum + x, 0) / HISTORY;
  const spread = Math.sqrt(days.reduce((sum, x) => sum + (x - mean) ** 2, 0) / HISTORY) || 1;
  const input = days.map((x, i) => {
    const weekday = (2 * Math.PI * (end - HISTORY + i)) / 7;
    return [(x - mean) / spread, Math.sin(weekday), Math.cos(weekday)];
  });
  return { input, mean, spread };
}

function batches(values, from, to) {
  const windows = [];
  for (let end = from; end + HORIZON <= to; end++) {
    const { input, mean, spread } = windowBefore(values, end);
    windows.push({ input, target: values.slice(end, end + HORIZON).map((x) => (x - mean) / spread) });
  }
  // Neighbouring windows share most of their days; dealing them out gives every batch some of each season.
  const count = Math.ceil(windows.length / BATCH);
  return Array.from({ length: count }, (_, i) => {
    const rows = windows.filter((_, w) => w % count === i);
    return { input: rows.map((r) => r.input), target: rows.map((r) => r.target), count: rows.length };
  });
}

/** Trains on everything but the last HELD_OUT days. */
export async function train(values, { epochs = 30, seed = 1, signal, onStep, onEpoch } = {}) {
  const enough = HISTORY + HORIZON + HELD_OUT;
  if (values.length < enough) throw new Error(`${values.length} days; expected at least ${enough}`);
  manualSeed(seed);
  const model = new Forecaster();
  const optimizer = new Adam(model.parameters(), { lr: 0.005 });
  const history = await fit(model, batches(values, HISTORY, values.length - HELD_OUT), {
    optimizer,
    loss: mseLoss,
    epochs,
    shuffle: true,
    clipGradNorm: 1,
    schedule: (step, total) => 0.005 * (1 - step / total),
    signal, // an aborted run ends after the step under way and leaves a usable model
    onStep,
    onEpoch,
  });
  return { model, history };
}

/** HORIZON days from position `end` on, from the HISTORY days before it. */
export function forecast(model, values, end = values.length) {
  const { input, mean, spread } = windowBefore(values, end);
  return Array.from(model.predict([input]), (y) => mean + spread * y);
}

/** The forecast to beat: every day is as the same weekday of the last week. */
export function naive(values, end = values.length) {
  return Array.from({ length: HORIZON }, (_, i) => values[end - 7 + (i % 7)]);
}

/** Mean absolute error over every two weeks within the held-out days. */
export function heldOutError(values, method) {
  let sum = 0;
  let count = 0;
  for (let end = values.length - HELD_OUT; end + HORIZON <= values.length; end++) {
    for (const [i, y] of method(end).entries()) sum += Math.abs(y - values[end + i]);
    count += HORIZON;
  }
  return sum / count;
}

export function saveModel(model, path) {
  writeFileSync(
    path,
    safetensors.save(model.stateDict(), { metadata: { history: `${HISTORY}`, horizon: `${HORIZON}` } }),
  );
}

export function loadModel(path) {
  const model = new Forecaster();
  model.loadStateDict(safetensors.load(readFileSync(path))); // a wrong or damaged file is an error that says where
  return model;
}

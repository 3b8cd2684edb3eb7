// The network, and batches of made-up strokes for it.
import { GRU, Linear, Sequential } from './gated.min.js';
import { createRandom, FEATURES, GESTURES, makeStroke, readStroke } from './strokes.js';

/** Causal, so that training on whole strokes and stepping along while somebody draws are the same thing. */
export function createModel() {
  return new Sequential(
    new GRU({ inputSize: FEATURES, hiddenSize: 48 }),
    new Linear({ inFeatures: 48, outFeatures: GESTURES.length }),
  );
}

/** `size` strokes side by side: input [steps, strokes, features]; ends[i] is the last step of stroke i. */
export function makeBatch(size, random) {
  const labels = Array.from({ length: size }, () => Math.floor(random() * GESTURES.length));
  const strokes = labels.map((label) => readStroke(makeStroke(GESTURES[label], random)));
  const length = Math.max(...strokes.map((steps) => steps.length));
  const nothing = new Array(FEATURES).fill(0);
  const input = Array.from({ length }, (_, t) => strokes.map((steps) => steps[t] ?? nothing));
  // Asked at every step of the last third: earlier, nobody can tell a spiral from a circle. -100, also beyond the end, is not counted.
  const target = new Int32Array(length * size).fill(-100);
  strokes.forEach((steps, i) => {
    for (let t = Math.floor((2 / 3) * steps.length); t < steps.length; t++) target[t * size + i] = labels[i];
  });
  return { input, target, labels, ends: strokes.map((steps) => steps.length - 1) };
}

/** A fresh batch for every step: made-up data never runs out, so the model cannot learn strokes by heart. */
export function endlessStrokes(steps, size, seed) {
  const random = createRandom(seed);
  return { length: steps, at: () => makeBatch(size, random) };
}

/** Share of strokes whose last step has the right answer. */
export function accuracy(model, { input, labels, ends }) {
  const logits = model.predict(input);
  const classes = GESTURES.length;
  const right = labels.filter((label, i) => {
    const at = (ends[i] * labels.length + i) * classes;
    const row = logits.subarray(at, at + classes);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}

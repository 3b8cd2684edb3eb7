// Trains the forecaster on series made here: level, trend, a season with a second harmonic, noise. `node train.mjs [file]`, a few seconds.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Adam, clipGradNorm, manualSeed, mseLoss, rand, scope, setDeterministic, tensor } from 'gated';
import { save } from 'gated/safetensors';
import { Forecaster, MAX_STEPS, scaleOf } from './src/forecaster.js';

const STEPS = 2000;
const BATCH = 32;
const path = process.argv[2] ?? fileURLToPath(new URL('model/forecaster.safetensors', import.meta.url));

// The same numbers on every machine: one generator, one build of the kernels.
setDeterministic(true);
manualSeed(7);

const model = new Forecaster();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
let average = 1;
for (let step = 0; step < STEPS; step++) {
  optimizer.lr = 0.01 * (1 - step / STEPS);
  const { points, ahead, length } = makeBatch(BATCH);
  const loss = scope(() => {
    const guess = model.forward(tensor(points, [BATCH, length, 1]));
    const value = mseLoss(guess, tensor(ahead, [BATCH, MAX_STEPS]));
    optimizer.zeroGrad();
    value.backward();
    clipGradNorm(model.parameters(), 1);
    optimizer.step();
    return value.item();
  });
  average += 0.02 * (loss - average);
  if ((step + 1) % 250 === 0) console.log(`step ${step + 1}: mean squared error ${average.toFixed(3)}`);
}

const test = evaluate(512);
console.log(`on 512 new series: ${test.model.toFixed(3)}; repeating the last point: ${test.naive.toFixed(3)}`);
if (!(test.model < test.naive / 5)) throw new Error('the model has not learned: nothing to deploy');
writeFileSync(path, save(model.stateDict(), { metadata: { format: 'pt' } }));
console.log(`saved ${path}`);

/** Mean squared errors in units of each series' variance. */
function evaluate(count) {
  const { points, ahead, length } = makeBatch(count);
  const guess = scope(() => model.predict(tensor(points, [count, length, 1])));
  const mean = (error) => ahead.reduce((sum, x, i) => sum + error(x, i) ** 2, 0) / ahead.length;
  return { model: mean((x, i) => x - guess[i]), naive: mean((x) => x) };
}

/** `count` series of one random length: scaled points, and what comes next relative to the last point. */
function makeBatch(count) {
  const [a, b] = uniform(2);
  const length = 24 + Math.floor(73 * a * b);
  const points = new Float32Array(count * length);
  const ahead = new Float32Array(count * MAX_STEPS);
  for (let row = 0; row < count; row++) {
    const series = makeSeries(length + MAX_STEPS);
    const { mean, deviation } = scaleOf(series.slice(0, length));
    const last = series[length - 1];
    for (let t = 0; t < length; t++) points[row * length + t] = (series[t] - mean) / deviation;
    for (let t = 0; t < MAX_STEPS; t++) ahead[row * MAX_STEPS + t] = (series[length + t] - last) / deviation;
  }
  return { points, ahead, length };
}

function makeSeries(length) {
  const [trend, period, phase, second, phase2, noise] = uniform(6);
  const errors = uniform(length);
  const turn = (2 * Math.PI) / (5 * 5 ** period); // seasons of 5 to 25 points
  return errors.map(
    (error, t) =>
      0.06 * (trend - 0.5) * t +
      Math.sin(turn * t + 2 * Math.PI * phase) +
      0.5 * second * Math.sin(2 * turn * t + 2 * Math.PI * phase2) +
      0.5 * noise * (error - 0.5),
  );
}

function uniform(count) {
  return scope(() => [...rand([count]).data()]);
}

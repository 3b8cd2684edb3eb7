// Trains the recognizer on accelerometer readings made here; stands in for recordings of your own. `node train.mjs [file]`, some seconds.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Adam, clipGradNorm, crossEntropy, manualSeed, rand, scope, setDeterministic, tensor } from 'gated';
import { save } from 'gated/safetensors';
import { ACTIVITIES, createModel, FEATURES } from './src/recognizer.js';

const STEPS = 600;
const BATCH = 32;
const LENGTH = 64;
const path = process.argv[2] ?? fileURLToPath(new URL('model/recognizer.safetensors', import.meta.url));

// Steps per second and how hard, both with some spread from person to person.
const MOTION = {
  still: { frequency: 0, swing: 0 },
  walking: { frequency: 1.8, swing: 0.35 },
  running: { frequency: 2.8, swing: 1.1 },
  cycling: { frequency: 1.1, swing: 0.15 },
};

setDeterministic(true);
manualSeed(3);
const model = createModel();
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
for (let step = 1; step <= STEPS; step++) {
  const { readings, targets } = makeBatch();
  const loss = scope(() => {
    const scores = model.forward(tensor(readings, [BATCH, LENGTH, FEATURES])).flatten(0, 1);
    const value = crossEntropy(scores, tensor(targets));
    optimizer.zeroGrad();
    value.backward();
    clipGradNorm(model.parameters(), 1);
    optimizer.step();
    return value.item();
  });
  if (step % 150 === 0) console.log(`step ${step}: cross-entropy ${loss.toFixed(3)}`);
}
const right = accuracy();
console.log(`${(100 * right).toFixed(1)}% right, counted from a second and a half after each change`);
if (!(right > 0.9)) throw new Error('the model has not learned: nothing to deploy');
writeFileSync(path, save(model.stateDict(), { metadata: { format: 'pt' } }));
console.log(`saved ${path}`);

function accuracy() {
  const { readings, targets } = makeBatch();
  const scores = scope(() => model.predict(tensor(readings, [BATCH, LENGTH, FEATURES])));
  const settled = [...targets.keys()].filter((i) => i % (LENGTH / 2) >= 15);
  const guess = (i) => {
    const own = scores.subarray(i * ACTIVITIES.length, (i + 1) * ACTIVITIES.length);
    return own.indexOf(Math.max(...own));
  };
  return settled.filter((i) => guess(i) === targets[i]).length / settled.length;
}

/** Rows of 6.4 seconds; halfway each person goes over to another activity. */
function makeBatch() {
  const readings = new Float32Array(BATCH * LENGTH * FEATURES);
  const targets = new Int32Array(BATCH * LENGTH);
  for (let row = 0; row < BATCH; row++) {
    const [first, second, faster, harder, phase, tilt] = uniform(6);
    const noise = uniform(LENGTH * FEATURES);
    // The phone may lie in any direction: gravity, and the swing along it, point anywhere.
    const down = [
      Math.sin(6 * tilt),
      Math.cos(6 * tilt) * Math.cos(6 * phase),
      Math.cos(6 * tilt) * Math.sin(6 * phase),
    ];
    for (let t = 0; t < LENGTH; t++) {
      const activity = Math.floor(ACTIVITIES.length * (t < LENGTH / 2 ? first : second));
      const { frequency, swing } = MOTION[ACTIVITIES[activity]];
      const angle = 2 * Math.PI * (frequency * (0.9 + 0.2 * faster) * (t / 10) + phase);
      const pull = 1 + swing * (0.8 + 0.4 * harder) * Math.sin(angle);
      targets[row * LENGTH + t] = activity;
      for (let axis = 0; axis < FEATURES; axis++) {
        const at = (row * LENGTH + t) * FEATURES + axis;
        readings[at] = pull * down[axis] + 0.06 * (noise[t * FEATURES + axis] - 0.5);
      }
    }
  }
  return { readings, targets };
}

function uniform(count) {
  return scope(() => [...rand([count]).data()]);
}

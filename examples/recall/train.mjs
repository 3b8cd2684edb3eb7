// The same budget for every kind: steps, batch, optimizer, learning rates, hidden size, and spans.
import { Adam, clipGradNorm, crossEntropy, manualSeed, scope, setDeterministic } from 'gated';
import { Recall } from './model.mjs';
import { CLASSES, draw } from './task.mjs';

const BATCH = 32;
const RATE = 0.005;
/** Training begins with this span; each step's is 1.1% longer, up to the goal (1,000 after 356 steps). */
const FIRST_SPAN = 20;
const GROWTH = 1.011;

/**
 * Trains one kind on one seed. Returns { accuracy, curve, model, seconds, flow }: accuracy on 512 sequences that training has not seen, the curve
 * [{ step, accuracy }] on 128 of them, the gradient's flow before training. All at the full span. The same seed gives the same bits.
 */
export function train(kind, { seed = 1, span = 1000, steps = 750, every = 20, onStep } = {}) {
  const start = performance.now();
  setDeterministic(true);
  manualSeed(1_000_000 + seed);
  const unseen = Array.from({ length: 4 }, () => draw(span, 128));
  manualSeed(seed);
  const model = new Recall(kind, span);
  const flow = model.gradientFlow(draw(span, 8));
  const optimizer = new Adam(model.parameters(), { lr: RATE });
  const curve = [{ step: 0, accuracy: accuracy(model, unseen.slice(0, 1)) }];
  let reach = Math.min(FIRST_SPAN, span);
  for (let step = 1; step <= steps; step++) {
    optimizer.lr = RATE * Math.min(1, Math.max(0.02, 2 * (1 - step / steps)));
    const { ids, first } = draw(Math.round(reach), BATCH);
    reach = Math.min(span, reach * GROWTH);
    const loss = scope(() => {
      const value = crossEntropy(model.forward(ids), first);
      optimizer.zeroGrad();
      value.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      return value.item();
    });
    if (step % every === 0) curve.push({ step, accuracy: accuracy(model, unseen.slice(0, 1)) });
    onStep?.({ kind, seed, step, steps, loss, accuracy: curve.at(-1).accuracy });
  }
  return { accuracy: accuracy(model, unseen), curve, flow, model, seconds: (performance.now() - start) / 1000 };
}

export function accuracy(model, batches) {
  let right = 0;
  let all = 0;
  for (const { ids, first } of batches) {
    const logits = model.predict(ids); // flat [N, CLASSES]
    first.forEach((letter, row) => {
      const scores = logits.subarray(row * CLASSES, (row + 1) * CLASSES);
      right += scores.indexOf(Math.max(...scores)) === letter ? 1 : 0;
      all++;
    });
  }
  return right / all;
}

// Trains off the main thread, so that the page stays smooth, and sends news and weights.
import { Adam, crossEntropy, fit, manualSeed, safetensors } from './gated.min.js';
import { accuracy, createModel, endlessStrokes, makeBatch } from './model.js';
import { createRandom } from './strokes.js';

const STEPS = 500;
const LR = 0.02;
let abort = new AbortController();

addEventListener('message', ({ data }) => {
  if (data.type === 'stop') abort.abort();
  if (data.type === 'train') train(data.seed).catch((error) => postMessage({ type: 'error', text: String(error) }));
});

async function train(seed) {
  abort = new AbortController();
  manualSeed(seed);
  const model = createModel();
  const heldOut = makeBatch(400, createRandom(987654321)); // strokes that training never sees
  const report = (step, loss) => {
    const news = { type: 'progress', step, steps: STEPS, loss };
    if (step % 20 !== 0) return postMessage(news);
    const weights = safetensors.save(model.stateDict());
    postMessage({ ...news, accuracy: accuracy(model, heldOut), weights }, [weights.buffer]);
  };
  const { aborted } = await fit(model, endlessStrokes(STEPS, 32, seed), {
    optimizer: new Adam(model.parameters(), { lr: LR }),
    loss: (logits, target) => crossEntropy(logits.flatten(0, 1), target),
    clipGradNorm: 1,
    schedule: (step, total) => LR * Math.min(1, (step + 1) / 20) * (1 - step / total),
    signal: abort.signal,
    onStep: ({ step, loss }) => report(step, loss),
  });
  postMessage({ type: 'done', aborted });
  model.dispose();
}

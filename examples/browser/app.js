// The page: training news from the worker goes to the curve, its weights to a stream that reads along while somebody draws.
import { Curve } from './chart.js';
import { engineInfo, safetensors } from './gated.min.js';
import { createModel } from './model.js';
import { Pad } from './pad.js';
import { GESTURES, makeStroke, StrokeReader } from './strokes.js';

const element = (id) => document.getElementById(id);
const COLOURS = GESTURES.map((_, i) => `oklch(0.66 0.17 ${(25 + i * 137.5) % 360})`); // the golden angle keeps neighbours apart

const model = createModel();
const stream = model.stream();
const reader = new StrokeReader();
const probabilities = new Float32Array(GESTURES.length);
const rows = GESTURES.map(guessRow);

const pad = new Pad(element('pad'), {
  begin(x, y) {
    stream.reset();
    reader.begin(x, y);
    probabilities.fill(0);
    showGuesses();
    verdict('…');
  },
  move(x, y) {
    reader.move(x, y, (features) => softmax(stream.step(features)));
    showGuesses();
    const best = bestGuess();
    if (probabilities[best] > 0.5) verdict(`${GESTURES[best].name}?`, COLOURS[best]);
    return probabilities[best] > 0.5 ? COLOURS[best] : 'gray'; // the line has the colour of what it looked like there
  },
  end() {
    const best = bestGuess();
    const percent = Math.round(100 * probabilities[best]);
    if (percent === 0) verdict('a longer stroke, please');
    else verdict(`${GESTURES[best].name}, ${percent}%`, COLOURS[best]);
    element('said').textContent = element('verdict').textContent; // screen readers hear the answer, not every guess on the way
  },
});

/** Logits to probabilities; the logits are the stream's own view, the next step overwrites them. */
function softmax(logits) {
  const highest = Math.max(...logits);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += probabilities[i] = Math.exp(logits[i] - highest);
  for (let i = 0; i < logits.length; i++) probabilities[i] /= sum;
}
function bestGuess() {
  return probabilities.indexOf(Math.max(...probabilities));
}

function verdict(text, colour = '') {
  element('verdict').textContent = text;
  element('verdict').style.setProperty('--verdict', colour);
}

function guessRow({ name, points }, i) {
  const row = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.style.setProperty('--hue', COLOURS[i]);
  const path = points.map(([x, y]) => `${(15 + 11 * x).toFixed(1)},${(15 + 11 * y).toFixed(1)}`).join(' ');
  button.innerHTML = `<svg viewBox="0 0 30 30" aria-hidden="true"><polyline points="${path}"/></svg><span>${name}</span>`;
  const percent = document.createElement('span');
  percent.className = 'percent';
  button.append(percent);
  button.addEventListener('click', () => pad.play(makeStroke(GESTURES[i], Math.random)));
  row.append(button);
  element('guesses').append(row);
  return { button, percent };
}
function showGuesses() {
  const best = bestGuess();
  rows.forEach(({ button, percent }, i) => {
    const p = probabilities[i];
    button.style.setProperty('--p', p.toFixed(3));
    button.classList.toggle('best', i === best && p > 0.5);
    percent.textContent = p > 0 ? `${Math.round(100 * p)}%` : '';
  });
}

// Training ------------------------------------------------------------------------------------------------------------

const worker = new Worker('worker.js', { type: 'module' });
const curve = new Curve(element('curve'), { steps: 500, highest: Math.log(GESTURES.length) });
const button = element('train');
/** `?seed=1` trains the same model each time. */
const seed = new URLSearchParams(location.search).get('seed');
let training = false;

button.addEventListener('click', () => {
  if (training) return worker.postMessage({ type: 'stop' });
  training = true;
  button.textContent = 'Stop';
  element('status').textContent = 'Training in a worker. You can draw meanwhile.';
  curve.clear();
  worker.postMessage({ type: 'train', seed: Number(seed ?? Math.floor(Math.random() * 2 ** 32)) });
});

worker.onmessage = ({ data }) => {
  if (data.type === 'progress') return progress(data);
  training = false;
  button.textContent = 'Train again';
  element('status').textContent =
    data.type === 'error'
      ? data.text
      : data.aborted
        ? 'Stopped early.'
        : 'Trained. It has never seen your strokes: draw one.';
};
worker.onerror = ({ message }) => {
  element('status').textContent = `The worker failed: ${message}`;
};

function progress({ step, steps, loss, accuracy, weights }) {
  curve.steps = steps;
  curve.addLoss(step, loss);
  element('step').textContent = `${step}/${steps}`;
  element('loss').textContent = loss.toFixed(3);
  if (weights) {
    // The stream notices new weights at its next step: a line under way is read on with them.
    model.loadStateDict(safetensors.load(weights));
    curve.addAccuracy(step, accuracy);
    element('accuracy').textContent = `${(100 * accuracy).toFixed(1)}%`;
    element('curve').setAttribute(
      'aria-label',
      `Step ${step}: loss ${loss.toFixed(2)}, ${(100 * accuracy).toFixed(0)}% right`,
    );
  }
  curve.draw();
}

const count = model.parameters().reduce((sum, { size }) => sum + size, 0);
element('engine').textContent =
  `GRU, ${count.toLocaleString('en')} weights, gated's ${engineInfo().build} WebAssembly build.`;

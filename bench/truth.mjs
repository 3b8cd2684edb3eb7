// What is the right answer? Every case in float64 by gated/reference, kept in a file beside its numbers; and how far an answer is from it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReferenceNetwork } from '../dist/reference.js';
import { CASES, productsOf } from './cases.mjs';
import { linearCrossEntropy } from './linear-cross-entropy.mjs';
import { modelNumbers } from './model-numbers.mjs';
import { numbersOf } from './numbers.mjs';
import { writeTensors } from './tensors.mjs';

/**
 * Largest error of a tensor relative to its largest value: float32 sums of a few hundred products, through up to 240 steps and back, and over
 * up to 30,720 rows.
 */
export const BOUND = 2e-5;

/** Path of the file with the numbers of a case and, as `truth.…`, its results. Made once for each state of the code that makes it. */
export function dataFile(name, cases = CASES) {
  const spec = cases[name];
  const of = spec.of && cases[spec.of];
  const hash = createHash('sha256').update(JSON.stringify([spec, of]));
  for (const file of [
    '../dist/reference.js',
    'model-numbers.mjs',
    'numbers.mjs',
    'cases.mjs',
    'truth.mjs',
    'linear-cross-entropy.mjs',
  ]) {
    hash.update(readFileSync(new URL(file, import.meta.url)));
  }
  const folder = fileURLToPath(new URL('../.cache/bench/', import.meta.url));
  const path = join(folder, `${name}-${hash.digest('hex').slice(0, 12)}.safetensors`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const tensors = spec.mode === 'model' ? modelNumbers(name) : numbersOf(spec, of);
    const truth = truthOf(spec, of, tensors);
    for (const [key, data] of Object.entries(truth)) {
      tensors[`truth.${key}`] = { shape: [data.length], data: Float32Array.from(data) };
    }
    // Whole or not at all, also when two runs make it at once.
    writeTensors(`${path}.${process.pid}`, tensors);
    renameSync(`${path}.${process.pid}`, path);
  }
  return path;
}

function truthOf(spec, of, tensors) {
  if (spec.mode === 'model') return {};
  return of ? productTruth(of, tensors) : networkTruth(spec, tensors);
}

/** { output, loss?, 'grad.<weight>'? } */
export function networkTruth(spec, tensors, precision = 'float64') {
  const { x, dy, targets } = tensors;
  const network = makeNetwork(spec, tensors, precision);
  const { output } = network.forward(x.data, { L: x.shape[0], N: x.shape[1] });
  if (spec.mode !== 'train') return { output };
  const top = targets && linearCrossEntropy(tensors, output, spec.classes);
  const { parameters } = network.backward({ output: top?.dInput ?? dy.data, inputGradient: false });
  const grads = top ? { ...parameters, 'linear.weight': top.dWeight, 'linear.bias': top.dBias } : parameters;
  const named = Object.entries(grads).map(([name, data]) => [`grad.${name}`, data]);
  return { output, ...(top && { loss: [top.loss] }), ...Object.fromEntries(named) };
}

export function makeNetwork({ kind, inputSize, hiddenSize, numLayers, bidirectional }, tensors, precision) {
  const network = new ReferenceNetwork({ kind, inputSize, hiddenSize, numLayers, bidirectional, precision });
  const weights = Object.entries(tensors).filter(([name]) => name in network.parameters);
  network.setParameters(Object.fromEntries(weights.map(([name, { data }]) => [name, data])));
  return network;
}

/** Each product once, in float64. */
function productTruth(of, tensors) {
  const truth = {};
  productsOf(of).forEach(({ kind, m, n, k }, i) => {
    const [a, b] = [tensors[`a.${i}`].data, tensors[`b.${i}`].data];
    // Strides of row, of summand in a; of summand, of column in b.
    const [ar, ak] = kind === 'weights' ? [1, m] : [k, 1];
    const [bk, bc] = kind === 'forward' ? [1, k] : [n, 1];
    const c = new Float64Array(m * n);
    for (let r = 0; r < m; r++) {
      for (let s = 0; s < k; s++) {
        const factor = a[r * ar + s * ak];
        for (let j = 0; j < n; j++) c[r * n + j] += factor * b[s * bk + j * bc];
      }
    }
    truth[i] = c;
  });
  return truth;
}

/** Largest error of `results` against the `truth.…` among the tensors, each relative to its largest value; Infinity where one is missing. */
export function errorOf(results, tensors) {
  let worst = 0;
  for (const [name, { data }] of Object.entries(tensors)) {
    if (!name.startsWith('truth.')) continue;
    const got = results[name.slice('truth.'.length)];
    if (got?.length !== data.length) return Number.POSITIVE_INFINITY;
    let error = 0;
    let largest = 0;
    for (let i = 0; i < data.length; i++) {
      const difference = Math.abs(got[i] - data[i]);
      // Written so that NaN counts.
      if (!(difference <= error)) error = difference;
      largest = Math.max(largest, Math.abs(data[i]));
    }
    if (!(error / largest <= worst)) worst = error / largest;
  }
  return worst;
}

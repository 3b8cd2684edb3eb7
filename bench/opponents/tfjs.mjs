// TensorFlow.js layers on its wasm backend (one thread), from the peers' folder. Its GRU cannot reset after the product (resetAfter throws):
// it runs the other form, nearly the same work on a different function.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

export async function open({ folder }) {
  const require = createRequire(`${folder}/package.json`);
  const tf = require('@tensorflow/tfjs');
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  wasm.setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  const versions = { tfjs: tf.version.tfjs, node: process.versions.node };
  return { versions, prepare: (work) => prepare(tf, work) };
}

/** PyTorch's gate order -> Keras's: i f g o stay, r z n -> z r h. */
const ORDER = { lstm: [0, 1, 2, 3], gru: [1, 0, 2] };

/** [gates · H, n] -> [n, gates · H] in Keras's order; its own inverse where the order is. */
function kernel({ kind, hiddenSize: H }, w) {
  const rows = ORDER[kind].length * H;
  const n = w.length / rows;
  const out = new Float32Array(w.length);
  for (let row = 0; row < rows; row++) {
    const to = ORDER[kind][Math.floor(row / H)] * H + (row % H);
    for (let i = 0; i < n; i++) out[i * rows + to] = w[row * n + i];
  }
  return out;
}

/** [a, b, width] -> [b, a, width] */
function swapped(data, a, b) {
  const width = data.length / (a * b);
  const out = new Float32Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++)
      out.set(data.subarray((i * b + j) * width, (i * b + j + 1) * width), (j * a + i) * width);
  }
  return out;
}

function transposed(data, rows) {
  return swapped(data, rows, data.length / rows);
}

function build(tf, spec, tensors, steps) {
  const { kind, hiddenSize: units, numLayers, batch, inputSize, classes } = spec;
  const model = tf.sequential();
  const first = { batchInputShape: [batch, steps, inputSize] };
  const zeros = { kernelInitializer: 'zeros', recurrentInitializer: 'zeros' };
  const weights = [];
  for (let l = 0; l < numLayers; l++) {
    const options = { units, returnSequences: true, activation: 'tanh', recurrentActivation: 'sigmoid', ...zeros };
    const at = l === 0 ? first : {};
    if (kind === 'gru') options.resetAfter = false;
    if (spec.mode === 'stream') options.stateful = true;
    if (spec.bidirectional) {
      const layer = tf.layers[kind](options);
      model.add(tf.layers.bidirectional({ layer, mergeMode: 'concat', ...at }));
    } else model.add(tf.layers[kind]({ ...options, ...at }));
    for (const suffix of spec.bidirectional ? ['', '_reverse'] : [''])
      weights.push(...layerWeights(tf, spec, tensors, l + suffix));
  }
  if (classes) {
    // Logits: softmax is part of the loss.
    model.add(tf.layers.dense({ units: classes, activation: 'linear' }));
    weights.push(tf.tensor2d(transposed(tensors['linear.weight'].data, classes), [units, classes]));
    weights.push(tf.tensor1d(tensors['linear.bias'].data));
  }
  model.setWeights(weights);
  return model;
}

function layerWeights(tf, spec, tensors, suffix) {
  const [ih, hh, bih, bhh] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map(
    (n) => tensors[`${n}_l${suffix}`].data,
  );
  const width = bih.length;
  const bias = kernel(
    spec,
    bih.map((b, i) => b + bhh[i]),
  );
  return [...[ih, hh].map((w) => tf.tensor2d(kernel(spec, w), [w.length / width, width])), tf.tensor1d(bias)];
}

function prepare(tf, { spec, tensors }) {
  const { x } = tensors;
  const [steps, batch, width] = x.shape;
  const gru = spec.kind === 'gru';
  const common = gru ? { comparable: false, note: 'GRU with resetAfter: false' } : {};
  const model = build(tf, spec, tensors, spec.mode === 'stream' ? 1 : steps);
  const read = (input) => {
    const y = model.predict(input);
    const data = y.dataSync();
    y.dispose();
    return data;
  };
  if (spec.mode === 'stream') {
    const frames = Array.from({ length: steps }, (_, t) =>
      tf.tensor3d(x.data.slice(t * width, (t + 1) * width), [1, 1, width]),
    );
    return { ...common, run: () => read(frames[0]), results: () => ({ output: frames.flatMap((f) => [...read(f)]) }) };
  }
  const input = tf.tensor3d(swapped(x.data, steps, batch), [batch, steps, width]);
  if (spec.mode === 'train') return { ...common, ...prepareTraining(tf, model, input, spec, tensors) };
  return { ...common, run: () => read(input), results: () => ({ output: swapped(read(input), batch, steps) }) };
}

function prepareTraining(tf, model, input, spec, tensors) {
  const { batch, steps, hiddenSize, classes } = spec;
  const variables = model.trainableWeights.map((w) => w.val);
  const dy = tensors.dy && tf.tensor3d(swapped(tensors.dy.data, steps, batch), [batch, steps, hiddenSize]);
  const labels = tensors.targets && tf.tensor2d(oneHot(tensors.targets.data, spec), [batch * steps, classes]);
  const forward = () => model.apply(input, { training: true });
  const loss = classes
    ? () => tf.losses.softmaxCrossEntropy(labels, forward().reshape([batch * steps, classes]))
    : () => tf.sum(tf.mul(forward(), dy));
  /** Everything computed comes to JavaScript; returns the gradients in the order of the variables. */
  const step = () => {
    const { value, grads } = tf.variableGrads(loss, variables);
    const gradients = variables.map((v) => grads[v.name].dataSync());
    const total = value.dataSync()[0];
    tf.dispose([value, grads]);
    return { gradients, total };
  };
  const results = () => {
    const { gradients, total } = step();
    const y = tf.tidy(() =>
      (classes ? model.layers.slice(0, -1) : model.layers).reduce((z, layer) => layer.apply(z), input).dataSync(),
    );
    const named = { output: swapped(y, batch, steps), ...(classes && { loss: [total] }) };
    for (let l = 0; l < spec.numLayers; l++) {
      const [ih, hh, bias] = gradients.slice(l * 3, l * 3 + 3);
      Object.assign(named, { [`grad.weight_ih_l${l}`]: transposed(ih, ih.length / bias.length) });
      Object.assign(named, { [`grad.weight_hh_l${l}`]: transposed(hh, hh.length / bias.length) });
      // One bias here: each of PyTorch's two has its gradient.
      Object.assign(named, { [`grad.bias_ih_l${l}`]: bias, [`grad.bias_hh_l${l}`]: bias });
    }
    if (classes) {
      named['grad.linear.weight'] = transposed(gradients.at(-2), hiddenSize);
      named['grad.linear.bias'] = gradients.at(-1);
    }
    return named;
  };
  return { run: () => void step(), results };
}

/** Targets [steps, batch] -> rows in the order [batch, steps]. */
function oneHot(targets, { batch, steps, classes }) {
  const out = new Float32Array(batch * steps * classes);
  for (let t = 0; t < steps; t++) {
    for (let b = 0; b < batch; b++) out[(b * steps + t) * classes + targets[t * batch + b]] = 1;
  }
  return out;
}

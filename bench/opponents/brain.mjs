// brain.js, from the peers' folder. Not the same function: one state vector, an output layer of the input's width, no batch (rows run one by
// one), no step by step; so results are not compared, and only the cases nearest to what it does are run.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export function open({ folder }) {
  const require = createRequire(`${folder}/package.json`);
  const brain = require('brain.js');
  const { version } = JSON.parse(readFileSync(`${folder}/node_modules/brain.js/package.json`, 'utf8'));
  return { versions: { 'brain.js': version, node: process.versions.node }, prepare: (work) => prepare(brain, work) };
}

const note = 'not the same function';

function prepare({ recurrent }, { name, spec, tensors }) {
  if (!['I2', 'I4a', 'I5a', 'I6b', 'T1', 'T2'].includes(name)) return { declined: 'has nothing like it' };
  const results = () => ({});
  const work = spec.classes ? characters(recurrent, spec, tensors) : sequences(recurrent, spec, tensors);
  return { ...work, results, comparable: false, note };
}

const TRAINING = { learningRate: 1e-5, iterations: 1, log: false };

function sequences(recurrent, { kind, inputSize, hiddenSize, numLayers, batch, mode }, { x }) {
  const Net = recurrent[kind === 'lstm' ? 'LSTMTimeStep' : 'GRUTimeStep'];
  const net = new Net({ inputSize, outputSize: inputSize, hiddenLayers: Array(numLayers).fill(hiddenSize) });
  net.initialize();
  const row = (b) =>
    Array.from({ length: x.shape[0] }, (_, t) =>
      x.data.slice((t * batch + b) * inputSize, (t * batch + b + 1) * inputSize),
    );
  if (mode === 'forward') {
    net.bindEquation();
    const sequence = row(0);
    return { run: () => void net.run(sequence) };
  }
  net.updateTrainingOptions(TRAINING);
  // One step more than it predicts.
  const rows = Array.from({ length: batch }, (_, b) => [...row(b), row(b)[0]]);
  return {
    run() {
      for (const sequence of rows) {
        net.trainArrayOfArray(sequence);
        net.backpropagate();
      }
    },
  };
}

function characters(recurrent, { hiddenSize, classes, batch, steps }, { targets }) {
  const net = new recurrent.LSTM({
    inputSize: classes,
    inputRange: classes,
    outputSize: classes,
    hiddenLayers: [hiddenSize],
  });
  net.initialize();
  net.updateTrainingOptions(TRAINING);
  // 0 marks the start: indices stay below the last class.
  const rows = Array.from({ length: batch }, (_, b) =>
    Array.from({ length: steps }, (_, t) => Math.min(targets.data[t * batch + b], classes - 2)),
  );
  return {
    run() {
      for (const ids of rows) {
        net.trainInput(ids);
        net.backpropagate(ids);
      }
    },
  };
}

// Pure JavaScript: gated/reference in float32.

import { linearCrossEntropy } from '../linear-cross-entropy.mjs';
import { makeNetwork, networkTruth } from '../truth.mjs';

export function open() {
  return { versions: { node: process.versions.node }, prepare };
}

function prepare({ spec, tensors }) {
  const { x, dy, targets } = tensors;
  const results = () => networkTruth(spec, tensors, 'float32');
  const network = makeNetwork(spec, tensors, 'float32');
  const [L, N] = x.shape;
  if (spec.mode === 'stream') {
    const frame = x.data.slice(0, spec.inputSize);
    let state = {};
    const run = () => {
      const { hN, cN } = network.forward(frame, { L: 1, N: 1 }, state);
      state = { h0: hN, c0: cN.length > 0 ? cN : undefined };
    };
    return { run, results };
  }
  if (spec.mode === 'forward') return { run: () => network.forward(x.data, { L, N }), results };
  const run = () => {
    const { output } = network.forward(x.data, { L, N });
    const gradient = targets ? linearCrossEntropy(tensors, output, spec.classes).dInput : dy.data;
    network.backward({ output: gradient, inputGradient: false });
  };
  return { run, results };
}

// gated itself: `build` is 'relaxed' or 'baseline'. optimizer: a training step ends with Adam's (for the profile).
import { readFileSync } from 'node:fs';
import {
  Adam,
  crossEntropy,
  engineInfo,
  GRU,
  Linear,
  LSTM,
  noGrad,
  scope,
  setDeterministic,
  tensor,
} from '../../dist/index.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export function open({ build, optimizer = false }) {
  setDeterministic(build === 'baseline');
  const found = engineInfo().build;
  if (found !== build) throw new Error(`the ${build} build was asked for, Node ${process.version} runs ${found}`);
  return { versions: { gated: version, node: process.versions.node }, prepare: (work) => prepare(work, optimizer) };
}

function prepare({ spec, tensors }, optimizer) {
  const { inputSize, hiddenSize, numLayers, bidirectional } = spec;
  const model = new (spec.kind === 'lstm' ? LSTM : GRU)({ inputSize, hiddenSize, numLayers, bidirectional });
  model.loadStateDict(pick(tensors, Object.keys(model.stateDict()), ''));
  if (spec.mode === 'stream') return prepareStream(model, tensors);
  const x = tensor(tensors.x.data, tensors.x.shape);
  if (spec.mode === 'train') return prepareTraining(model, x, spec, tensors, optimizer);
  const run = () => noGrad(() => scope(() => model.forward(x)[0].data()));
  return { run, results: () => ({ output: run() }) };
}

function pick(tensors, names, prefix) {
  return Object.fromEntries(names.map((name) => [name, tensors[prefix + name]]));
}

function prepareStream(model, { x }) {
  const stream = model.stream();
  const frames = Array.from({ length: x.shape[0] }, (_, t) => x.data.slice(t * x.shape[2], (t + 1) * x.shape[2]));
  return {
    run: () => stream.step(frames[0]),
    results: () => ({ output: frames.flatMap((frame) => [...stream.step(frame)]) }),
  };
}

function prepareTraining(model, x, { classes, hiddenSize }, tensors, optimizer) {
  const top = classes ? new Linear({ inFeatures: hiddenSize, outFeatures: classes }) : null;
  top?.loadStateDict(pick(tensors, ['weight', 'bias'], 'linear.'));
  const dy = tensors.dy && tensor(tensors.dy.data, tensors.dy.shape);
  const targets = tensors.targets && tensor(tensors.targets.data, [tensors.targets.data.length]);
  const step = (read) => {
    model.zeroGrad();
    top?.zeroGrad();
    return scope(() => {
      const [output] = model.forward(x);
      if (!top) output.backward({ gradient: dy });
      const loss = top && crossEntropy(top.forward(output).reshape([-1, classes]), targets);
      loss?.backward();
      return read?.(output, loss);
    });
  };
  const grads = (module, prefix) =>
    module.namedParameters().map(([name, p]) => [`grad.${prefix}${name}`, p.grad.data()]);
  const results = () =>
    step((output, loss) => ({
      output: output.data(),
      ...(loss && { loss: [loss.item()] }),
      ...Object.fromEntries([...grads(model, ''), ...(top ? grads(top, 'linear.') : [])]),
    }));
  if (!optimizer) return { run: () => step(), results };
  const adam = new Adam(
    [model, top].flatMap((module) => module?.parameters() ?? []),
    { lr: 1e-6 },
  );
  return {
    run() {
      step();
      adam.step();
    },
    results,
  };
}

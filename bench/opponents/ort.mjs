// ONNX Runtime from the peers' folder: `backend` is 'web' (wasm, one thread) or 'node' (native, one thread).
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { framesOf, modelFile } from '../models.mjs';

export function open({ folder, backend }) {
  const require = createRequire(`${folder}/package.json`);
  const ort = require(`onnxruntime-${backend}`);
  if (backend === 'web') ort.env.wasm.numThreads = 1;
  const versions = { onnxruntime: ort.env.versions.common, node: process.versions.node };
  return { versions, prepare: (work) => prepare(ort, backend, work) };
}

const SESSION = {
  web: { executionProviders: ['wasm'], graphOptimizationLevel: 'all' },
  node: { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' },
};

async function prepare(ort, backend, { spec, tensors, file }) {
  if (spec.mode === 'train') return { declined: 'no training' };
  if (spec.mode === 'model') return prepareModel(ort, backend, spec, tensors);
  const model = file.replace(/safetensors$/, 'onnx');
  if (!existsSync(model)) return { declined: 'no model' };
  const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(model)), SESSION[backend]);
  const { x } = tensors;
  const [steps, batch, width] = x.shape;
  const D = spec.bidirectional ? 2 : 1;
  const zeros = () =>
    new ort.Tensor('float32', new Float32Array(D * batch * spec.hiddenSize), [D, batch, spec.hiddenSize]);
  const parts = spec.kind === 'lstm' ? ['h', 'c'] : ['h'];
  const states = Array.from({ length: spec.numLayers }, (_, l) =>
    parts.map((part) => [part + l, `${part}o${l}`]),
  ).flat();
  const state = () => Object.fromEntries(states.map(([input]) => [input, zeros()]));
  if (spec.mode === 'forward') {
    const feeds = { x: new ort.Tensor('float32', x.data, x.shape), ...state() };
    const run = async () => (await session.run(feeds)).y.data;
    return { run, results: async () => ({ output: await run() }) };
  }
  const frames = Array.from(
    { length: steps },
    (_, t) => new ort.Tensor('float32', x.data.slice(t * width, (t + 1) * width), [1, batch, width]),
  );
  const feeds = state();
  const run = async (frame = frames[0]) => {
    feeds.x = frame;
    const outputs = await session.run(feeds);
    for (const [input, output] of states) feeds[input] = outputs[output];
    return outputs.y.data;
  };
  const results = async () => {
    const output = [];
    for (const frame of frames) output.push(...(await run(frame)));
    return { output };
  };
  return { run: () => run(), results };
}

/** A trained model one step at a time: each step's states are the last one's outputs. */
async function prepareModel(ort, backend, spec, tensors) {
  const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(modelFile(spec))), SESSION[backend]);
  const frames = framesOf(tensors.x).map((data) => new ort.Tensor('float32', data, spec.dims));
  const states = Object.entries(spec.state);
  const feeds = {};
  for (const [name, value] of Object.entries(spec.feeds))
    feeds[name] = new ort.Tensor('int64', BigInt64Array.of(BigInt(value)), []);
  for (const [name, { dims }] of states) {
    const given = tensors[`state.${name}`]?.data;
    feeds[name] = new ort.Tensor('float32', given ?? new Float32Array(dims.reduce((a, b) => a * b)), dims);
  }
  let t = 0;
  const run = async () => {
    feeds[spec.input] = frames[t++ % frames.length];
    const outputs = await session.run(feeds);
    for (const [name, { from }] of states) feeds[name] = outputs[from];
    return outputs[spec.output].data;
  };
  const results = async () => {
    const rows = [];
    for (let i = 0; i < frames.length; i++) rows.push(...(await run()));
    return { [spec.output]: rows, ...Object.fromEntries(states.map(([name]) => [name, feeds[name].data])) };
  };
  return { run, results };
}

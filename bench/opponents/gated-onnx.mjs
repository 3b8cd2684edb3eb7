// gated/onnx, one step at a time with the states inside: the cases of mode 'model'.
import { readFileSync } from 'node:fs';
import { engineInfo, setDeterministic } from '../../dist/index.js';
import { load } from '../../dist/onnx.js';
import { framesOf, modelFile } from '../models.mjs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export function open({ build }) {
  setDeterministic(build === 'baseline');
  const found = engineInfo().build;
  if (found !== build) throw new Error(`the ${build} build was asked for, Node ${process.version} runs ${found}`);
  return { versions: { gated: version, node: process.versions.node }, prepare };
}

function prepare({ spec, tensors }) {
  const { input, dims, feeds, output } = spec;
  const states = Object.entries(spec.state);
  const model = load(new Uint8Array(readFileSync(modelFile(spec))));
  const stream = model.stream({ state: Object.fromEntries(states.map(([name, { from }]) => [name, from])) });
  for (const [name] of states) stream.state[name].set(tensors[`state.${name}`]?.data ?? []);
  const steps = framesOf(tensors.x).map((data) => ({ ...feeds, [input]: { data, dims } }));
  let t = 0;
  const run = () => stream.step(steps[t++ % steps.length])[output];
  const results = () => {
    const rows = steps.flatMap(() => [...run()]);
    return { [output]: rows, ...Object.fromEntries(states.map(([name]) => [name, [...stream.state[name]]])) };
  };
  return { run, results };
}

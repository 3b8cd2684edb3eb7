// gated run MODEL.onnx: arrays from files in, arrays to a file or a summary on the screen out. A model with states goes step by step.
import { SingleBar } from 'cli-progress';
import { GatedError } from '../../errors.js';
import { load, type OnnxModel, type OnnxOutput } from '../../onnx/index.js';
import { sizeOf } from '../../shape.js';
import { checkOutput, type FileArray, writeArrays } from '../onnx/arrays.js';
import { checkAllFed, type Framing, feedRate, framed, readFeeds } from '../onnx/feeding.js';
import { guessStates } from '../onnx/states.js';
import { CliError } from '../terminal/cli-error.js';
import { readBytes } from '../terminal/files.js';
import { formatDuration } from '../terminal/format.js';
import { columns } from '../terminal/screen.js';
import { sparkline } from '../terminal/sparkline.js';
import { table } from '../terminal/table.js';

export interface RunOptions extends Framing {
  input: string[];
  state: string[];
  output?: string;
}

type Outputs = Map<string, FileArray>;

export function run(path: string, options: RunOptions): number {
  const bytes = readBytes(path, 'model');
  try {
    const model = load(bytes);
    try {
      runModel(model, options);
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (error instanceof GatedError) throw new CliError(`${path}: ${error.message}`);
    throw error;
  }
  return 0;
}

function runModel(model: OnnxModel, options: RunOptions): void {
  const states = { ...guessStates(model.inputs, model.outputs), ...given(options.state) };
  const open = model.inputs.filter(({ name }) => states[name] === undefined);
  const kept = new Set(Object.values(states));
  const shown = model.outputs.filter(({ name }) => !kept.has(name)).map(({ name }) => name);
  if (options.output) checkOutput(options.output, shown.length);
  const feeds = readFeeds(options.input, model.inputs);
  for (const name of feeds.keys()) delete states[name];
  const stepwise = Object.keys(states).length > 0;
  for (const info of model.inputs) {
    const array = feeds.get(info.name);
    if (array?.rate !== undefined)
      feeds.set(info.name, { ...framed(array, info, options, stepwise), rate: array.rate });
  }
  feedRate(feeds, open);
  checkAllFed(feeds, open);
  const begun = performance.now();
  const outputs = stepwise ? runSteps(model, states, feeds, shown) : runOnce(model, feeds);
  report(outputs, (performance.now() - begun) / 1000, stepwise, options.output);
}

/** --state values, 'input=output'. */
function given(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const [input, output, ...rest] = value.split('=');
      if (!input || !output || rest.length > 0) throw new CliError(`--state ${value}: expected input=output`);
      return [input, output];
    }),
  );
}

function runOnce(model: OnnxModel, feeds: ReadonlyMap<string, FileArray>): Outputs {
  const outputs = model.predict(Object.fromEntries(feeds));
  return new Map(Object.entries(outputs).map(([name, { data, dims }]) => [name, { data: plain(data), dims }]));
}

function plain(data: OnnxOutput['data']): FileArray['data'] {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof BigInt64Array) return data;
  if (data instanceof BigUint64Array) return BigInt64Array.from(data);
  return data instanceof Float64Array ? Float32Array.from(data) : Int32Array.from(data);
}

/** Step by step: an input of one dimension more than the model's gives a part to each step, the others all of themselves to every one. */
function runSteps(
  model: OnnxModel,
  state: Record<string, string>,
  feeds: ReadonlyMap<string, FileArray>,
  shown: readonly string[],
): Outputs {
  const parts = [...feeds].map(([name, array]) => {
    const rank = model.inputs.find((info) => info.name === name)?.shape?.length ?? array.dims.length;
    return { name, array, count: array.dims.length > rank ? array.dims[0] : 0 };
  });
  const steps = Math.max(1, ...parts.map(({ count }) => count));
  const odd = parts.find(({ count }) => count > 0 && count !== steps);
  if (odd) throw new CliError(`input '${odd.name}' has ${odd.count} steps and another ${steps}`);
  const stream = model.stream({ state });
  const found = new Map<string, (Float32Array | Int32Array)[]>(shown.map((name) => [name, []]));
  const progress =
    steps > 200 && process.stderr.isTTY ? new SingleBar({ format: ' {bar} {value}/{total} steps' }) : null;
  progress?.start(steps, 0);
  try {
    for (let t = 0; t < steps; t++) {
      const step = Object.fromEntries(parts.map(({ name, array, count }) => [name, count ? partOf(array, t) : array]));
      const outputs = stream.step(step);
      for (const [name, list] of found) list.push(outputs[name].slice());
      progress?.update(t + 1);
    }
  } finally {
    progress?.stop();
    stream.dispose();
  }
  return new Map([...found].map(([name, list]) => [name, stacked(list)]));
}

function partOf({ data, dims }: FileArray, t: number): FileArray {
  const inner = dims.slice(1);
  const size = sizeOf(inner);
  return { data: data.subarray(t * size, (t + 1) * size) as FileArray['data'], dims: inner };
}

function stacked(list: (Float32Array | Int32Array)[]): FileArray {
  const size = list[0].length;
  if (list.some((part) => part.length !== size)) throw new CliError('an output has another size in another step');
  const data =
    list[0] instanceof Float32Array ? new Float32Array(list.length * size) : new Int32Array(list.length * size);
  for (const [t, part] of list.entries()) data.set(part, t * size);
  return { data, dims: size === 1 ? [list.length] : [list.length, size] };
}

function report(outputs: Outputs, seconds: number, stepwise: boolean, path: string | undefined): void {
  if (path) writeArrays(path, outputs);
  const rows = [...outputs].map(([name, array]) => [name, `[${array.dims.join(', ')}]`, ...statistics(array)]);
  console.log(
    table(rows, {
      head: ['output', stepwise ? 'steps first' : 'dims', 'min', 'mean', 'max', 'begins with'],
      align: ['left', 'left', 'right', 'right', 'right', 'left'],
    }),
  );
  for (const [name, { data, dims }] of outputs) {
    if (stepwise && dims.length === 1 && dims[0] > 8)
      console.log(`\n${name}, step by step:\n${sparkline(Array.from(data, Number), columns)}`);
  }
  const [first] = outputs.values();
  const each = stepwise && first ? `, ${((seconds / first.dims[0]) * 1e6).toFixed(0)} µs a step` : '';
  console.log(`\n${formatDuration(seconds)}${each}${path ? `; written to ${path}` : ''}`);
}

function statistics({ data }: FileArray): string[] {
  const values = Array.from(data, Number);
  const show = (x: number) => (Number.isInteger(x) ? String(x) : x.toPrecision(4));
  if (values.length === 0) return ['', '', '', 'nothing'];
  const [min, max] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [show(min), show(mean), show(max), values.slice(0, 4).map(show).join(' ') + (values.length > 4 ? ' …' : '')];
}

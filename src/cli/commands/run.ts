// gated run MODEL.onnx: arrays from files in, arrays to a file or a summary on the screen out. A model with states goes step by step.
import { FormatError, GatedError } from '../../errors.js';
import { load, type OnnxModel } from '../../onnx/index.js';
import { checkOutput, writeArrays } from '../onnx/arrays.js';
import { checkAllFed, checkRate, type Framing, framed, readFeeds, wantsFrames } from '../onnx/feeding.js';
import { ONNX, otherKind } from '../onnx/file-kind.js';
import { about, type Cut, notInJson, report, stateLines } from '../onnx/report.js';
import { type Arrays, runOnce, runSteps, stepsOf } from '../onnx/steps.js';
import { summarize } from '../onnx/summary.js';
import { CliError } from '../terminal/cli-error.js';
import { checkWritable, readBytes } from '../terminal/files.js';
import { printable } from '../terminal/format.js';

export interface RunOptions extends Framing {
  input?: string[];
  state?: string[];
  output?: string;
  rate?: number;
}

export function run(path: string, options: RunOptions): number {
  const bytes = readBytes(path, 'model');
  try {
    const model = load(bytes);
    try {
      runModel(model, bytes, options);
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
    const other = error instanceof FormatError && otherKind(bytes, ONNX);
    throw new CliError(`${path}: ${other ? `${other}; expected ${ONNX}` : printable(error.message)}`);
  }
  return 0;
}

interface Work {
  /** Input -> the output that it is in the next step. */
  states: Record<string, string>;
  feeds: Arrays;
  /** 0: the model runs once. */
  steps: number;
  cut: Cut | null;
  /** What the user should know of how files were understood. */
  notes: (string | null)[];
}

function runModel(model: OnnxModel, bytes: Uint8Array, options: RunOptions): void {
  const { states, feeds, steps, cut, notes } = prepared(model, bytes, options);
  if (options.output) {
    const next = new Set(steps > 0 ? Object.values(states) : []);
    checkOutput(
      options.output,
      model.outputs.map(({ name }) => name).filter((name) => !next.has(name)),
    );
    checkWritable(options.output);
  }
  const lines = [...notes, ...model.notes].filter((line) => line !== null);
  if (lines.length > 0) console.log(`${lines.map(printable).join('\n')}\n`);
  const begun = performance.now();
  const outputs = steps > 0 ? runSteps(model, states, feeds, steps) : runOnce(model, feeds, Object.keys(states));
  const seconds = (performance.now() - begun) / 1000;
  if (options.output) writeArrays(options.output, outputs);
  report(outputs, seconds, steps, cut);
  if (options.output) console.log(`written to ${options.output}${notInJson(options.output, outputs)}`);
}

function prepared(model: OnnxModel, bytes: Uint8Array, options: RunOptions): Work {
  const { states, metadata } = summarize(bytes, 'model');
  const given = givenStates(options.state ?? [], model);
  Object.assign(states, given);
  const stateless = model.inputs.filter(({ name }) => states[name] === undefined);
  const feeds = readFeeds(options.input ?? [], [
    ...stateless,
    ...model.inputs.filter((info) => !stateless.includes(info)),
  ]);
  const rankOf = (name: string) => model.inputs.find((info) => info.name === name)?.shape?.length;
  // What is fed step by step is no state.
  for (const [name, { dims }] of feeds) if (dims.length > (rankOf(name) ?? dims.length)) delete states[name];
  const cut = framedFeeds(model, feeds, options, Object.keys(states).length > 0);
  const rate = checkRate(feeds, model.inputs, metadata, options.rate);
  checkAllFed(feeds, stateless);
  const steps = stepsOf(model, feeds);
  // Without steps a state that is fed is an input like others.
  if (steps === 0) for (const name of feeds.keys()) delete states[name];
  const notes = [about(steps, cut, options.context), ...stateLines(steps, states, given, feeds), rate];
  return { states, feeds, steps, cut, notes };
}

/** --state values, 'input=output'. */
function givenStates(values: readonly string[], { inputs, outputs }: OnnxModel): Record<string, string> {
  const states: Record<string, string> = {};
  for (const value of values) {
    const [input, output, ...rest] = value.split('=');
    if (!input || !output || rest.length > 0)
      throw new CliError(`--state ${value}: expected input=output, h0=hn for example`);
    for (const [what, name, infos] of [
      ['input', input, inputs],
      ['output', output, outputs],
    ] as const)
      if (!infos.some((info) => info.name === name))
        throw new CliError(
          `--state ${value}: the model has no ${what} '${name}'; it has ${infos.map((i) => i.name).join(', ')}`,
        );
    states[input] = output;
  }
  return states;
}

/** Puts the samples of a .wav file in the model's shape. */
function framedFeeds(model: OnnxModel, feeds: Arrays, options: RunOptions, stateful: boolean): Cut | null {
  let cut: Cut | null = null;
  for (const info of model.inputs) {
    const wav = feeds.get(info.name);
    if (wav?.rate === undefined) continue;
    const samples = wav.data.length;
    if (samples === 0) throw new CliError('the .wav file has no samples');
    const stepwise = stateful || wantsFrames(info, samples, options);
    const array = framed(wav, info, options, stepwise);
    feeds.set(info.name, array);
    const frame = stepwise ? array.data.length / array.dims[0] - options.context : samples;
    cut = { rate: wav.rate, channels: wav.channels ?? 1, samples, frame };
  }
  return cut;
}

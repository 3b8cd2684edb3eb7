// gated run MODEL.onnx: arrays from files in, arrays to a file or a summary on the screen out. A model with states goes step by step.
import { FormatError, GatedError } from '../../errors.js';
import { load, type OnnxModel } from '../../onnx/index.js';
import { checkOutput, type FileArray, writeArrays } from '../onnx/arrays.js';
import { checkAllFed, checkRate, type Framing, framed, readFeeds, wantsFrames } from '../onnx/feeding.js';
import { ONNX, otherKind } from '../onnx/file-kind.js';
import { type Arrays, runOnce, runSteps, stepsOf } from '../onnx/steps.js';
import { summarize } from '../onnx/summary.js';
import { bars } from '../terminal/bars.js';
import { CliError } from '../terminal/cli-error.js';
import { checkWritable, readBytes } from '../terminal/files.js';
import { formatDuration, formatExact, printable } from '../terminal/format.js';
import { columns } from '../terminal/screen.js';
import { table } from '../terminal/table.js';

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

function runModel(model: OnnxModel, bytes: Uint8Array, options: RunOptions): void {
  const { states: guessed, metadata } = summarize(bytes, 'model');
  const given = givenStates(options.state ?? [], model);
  const states: Record<string, string> = { ...guessed, ...given };
  const isState = ({ name }: { name: string }) => states[name] !== undefined;
  const order = [...model.inputs].sort((a, b) => Number(isState(a)) - Number(isState(b)));
  const feeds = readFeeds(options.input ?? [], order);
  const rankOf = (name: string) => model.inputs.find((info) => info.name === name)?.shape?.length;
  // What is fed step by step is no state.
  for (const [name, { dims }] of feeds) if (dims.length > (rankOf(name) ?? dims.length)) delete states[name];
  const cut = framedFeeds(model, feeds, options, Object.keys(states).length > 0);
  const rate = checkRate(feeds, model.inputs, metadata, options.rate);
  checkAllFed(
    feeds,
    model.inputs.filter((info) => !isState(info)),
  );
  const steps = stepsOf(model, feeds);
  // Without steps a state that is fed is an input like others.
  if (steps === 0) for (const name of feeds.keys()) delete states[name];
  const ends = new Set(Object.values(states));
  const names = model.outputs.map(({ name }) => name).filter((name) => steps === 0 || !ends.has(name));
  if (options.output) {
    checkOutput(options.output, names);
    checkWritable(options.output);
  }
  const lines = [about(steps, cut, options), ...stateLines(steps, states, guessed, feeds), rate, ...model.notes].filter(
    (line) => line !== null,
  );
  if (lines.length > 0) console.log(`${lines.map(printable).join('\n')}\n`);
  const begun = performance.now();
  const outputs = steps > 0 ? runSteps(model, states, feeds, steps) : runOnce(model, feeds, Object.keys(states));
  const seconds = (performance.now() - begun) / 1000;
  if (options.output) writeArrays(options.output, outputs);
  report(outputs, seconds, steps, cut, options.output);
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

/** How a .wav file was cut, for the report's axis. */
interface Cut {
  rate: number;
  channels: number;
  /** Samples; and those of one step. */
  samples: number;
  frame: number;
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

function about(steps: number, cut: Cut | null, { context }: RunOptions): string | null {
  if (!cut) return steps > 0 ? `${formatExact(steps)} steps` : null;
  const { rate, channels, samples, frame } = cut;
  const long = `${formatDuration(samples / rate)} at ${formatExact(rate)} samples a second`;
  const mixed = channels > 1 ? `, the mean of ${channels} channels` : '';
  if (steps === 0) return `${formatExact(samples)} samples: ${long}${mixed}`;
  return `${formatExact(steps)} steps of ${frame} samples${context > 0 ? ` and ${context} before them` : ''}: ${long}${mixed}`;
}

function stateLines(
  steps: number,
  states: Readonly<Record<string, string>>,
  guessed: Readonly<Record<string, string>>,
  feeds: Arrays,
): string[] {
  return Object.entries(states).map(([from, to]) => {
    if (steps === 0) return `state ${from}: zeros (--input ${from}=FILE gives others)`;
    const why = guessed[from] === to ? '; guessed, --state says otherwise' : '';
    return `state ${from} ← ${to} (${feeds.has(from) ? 'begins as fed' : 'zeros at first'}${why})`;
  });
}

function report(outputs: Arrays, seconds: number, steps: number, cut: Cut | null, path: string | undefined): void {
  const rows = [...outputs].map(([name, array]) => [
    printable(name),
    `[${array.dims.slice(steps > 0 ? 1 : 0).join(', ')}]`,
    ...statistics(array),
  ]);
  console.log(
    table(rows, {
      head: ['output', steps > 0 ? 'each step' : 'dims', 'min', 'mean', 'max', 'begins with'],
      align: ['left', 'left', 'right', 'right', 'right', 'left'],
    }),
  );
  const time = cut ? { xOf: (i: number) => (i * cut.frame) / cut.rate, unit: ' s' } : {};
  for (const [name, { data }] of outputs) {
    // One number a step is drawn over time; so are a few.
    const width = data.length / steps;
    for (let i = 0; steps > 8 && width <= 4 && i < width; i++) {
      const values = Array.from({ length: steps }, (_, t) => Number(data[t * width + i]));
      const each = width > 1 ? `[${i}]` : '';
      console.log(
        `\n${printable(name)}${each} over ${cut ? 'time' : 'the steps'}\n${bars(values, { columns, ...time })}`,
      );
    }
  }
  const pace = steps > 1 ? `, ${formatDuration(seconds / steps)} a step` : '';
  const faster = cut && steps > 0 ? `, ${formatExact(Math.round(cut.samples / cut.rate / seconds))} × real time` : '';
  console.log(`\ntook ${formatDuration(seconds)}${pace}${faster}`);
  if (path) console.log(`written to ${path}${notInJson(path, outputs)}`);
}

/** JSON has no NaN and no infinity. */
function notInJson(path: string, outputs: Arrays): string {
  const odd = [...outputs.values()].some(({ data }) =>
    Array.from<number | bigint>(data).some((x) => !Number.isFinite(Number(x))),
  );
  return odd && /\.json$/i.test(path) ? '; null stands for NaN and infinity' : '';
}

/** min, mean, max of the numbers among the elements, and the first few. */
function statistics({ data }: FileArray): string[] {
  if (data.length === 0) return ['', '', '', '(empty)'];
  let [min, max, sum, nan] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (Number.isNaN(x)) nan++;
    else [min, max, sum] = [Math.min(min, x), Math.max(max, x), sum + x];
  }
  const show = (x: number) => (Number.isInteger(x) ? String(x) : x.toPrecision(4));
  const first = Array.from<number | bigint>(data.subarray(0, 4)).map((x) => show(Number(x)));
  const begins = `${first.join(' ')}${data.length > 4 ? ' …' : ''}${nan > 0 ? ` (${formatExact(nan)} NaN)` : ''}`;
  return nan === data.length ? ['', '', '', begins] : [show(min), show(sum / (data.length - nan)), show(max), begins];
}

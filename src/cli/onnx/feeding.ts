// From files to what a model is fed: which array goes to which input, and how the samples of a .wav file are cut.
import { existsSync } from 'node:fs';
import type { ValueInfo } from '../../onnx/graph.js';
import { CliError } from '../terminal/cli-error.js';
import { formatExact } from '../terminal/format.js';
import { type FileArray, readArrays } from './arrays.js';
import { typeOf } from './summary.js';

export interface Framing {
  /** New samples of a .wav file in each step. */
  frame?: number;
  /** Samples of the step before that come again in front of them. */
  context: number;
}

/** An input's name, a file, a tensor of that file. */
const PARTS = /^(?:([^=/\\]+)=)?(.+?)(?:(?<=\.safetensors|\.json):(.+))?$/s;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * --input values, '[name=]file[:tensor]' or 'name=number', as arrays by input name. Arrays without a name go to the inputs that are not fed yet, in
 * the order of `infos`.
 */
export function readFeeds(values: readonly string[], infos: readonly ValueInfo[]): Map<string, FileArray> {
  const feeds = new Map<string, FileArray>();
  const named = (name: string) => infos.some((info) => info.name === name);
  for (const value of values) {
    const [, name = '', file, tensor] = PARTS.exec(value) ?? [];
    if (name && !named(name)) throw unknown(value, name, infos);
    const arrays = name && NUMBER.test(file) && !existsSync(file) ? scalar(file) : chosen(value, file, name, tensor);
    const known = [...arrays].filter(([own]) => named(name || own));
    if (known.length === 0 && arrays.size > 1) throw noneFits(value, file, [...arrays.keys()], infos);
    for (const [own, array] of known.length > 0 ? known : arrays) {
      const target = name || (named(own) ? own : infos.find((info) => !feeds.has(info.name))?.name);
      if (target === undefined) throw new CliError(`--input ${value}: every input of the model has a value already`);
      if (feeds.has(target)) throw new CliError(`--input ${value}: '${target}' has a value already`);
      feeds.set(target, array);
    }
  }
  return feeds;
}

function scalar(text: string): Map<string, FileArray> {
  return new Map([['', { data: Float64Array.of(Number(text)), dims: [] }]]);
}

function chosen(value: string, file: string, name: string, tensor: string | undefined): Map<string, FileArray> {
  const arrays = readArrays(file);
  const wanted = tensor ?? (name && arrays.size > 1 ? name : undefined);
  if (wanted === undefined) return arrays;
  const array = arrays.get(wanted);
  if (array) return new Map([[wanted, array]]);
  const names = [...arrays.keys()].filter(Boolean);
  const expected = names.length > 0 ? `expected ${file}:name with one of ${listed(names)}` : 'its array has no name';
  throw new CliError(`--input ${value}: there is no '${wanted}' in the file; ${expected}`);
}

function unknown(value: string, name: string, infos: readonly ValueInfo[]): CliError {
  return new CliError(`--input ${value}: the model has no input '${name}'; it has ${listed(infos.map((i) => i.name))}`);
}

function noneFits(value: string, file: string, names: readonly string[], infos: readonly ValueInfo[]): CliError {
  return new CliError(
    `--input ${value}: no name in the file (${listed(names)}) is an input of the model (${listed(infos.map((i) => i.name))}); expected --input ${infos[0]?.name}=${file}:${names[0]} or the like`,
  );
}

function listed(names: readonly string[]): string {
  return names.slice(0, 12).join(', ') + (names.length > 12 ? ` and ${names.length - 12} more` : '');
}

/** A scalar or one number where the model takes a whole number of samples a second. */
export function rateInput(infos: readonly ValueInfo[]): ValueInfo | undefined {
  return infos.find(
    ({ name, shape }) =>
      /^(sr|(sample|sampling)?_?rate|fs)$/i.test(name) && !shape?.some((n) => typeof n === 'number' && n > 1),
  );
}

/** Names under which files keep their sample rate. */
const RATE_KEYS = /^(sr|fs|(sample|sampling)[ _-]?rate)$/i;

/**
 * Feeds the sample rate to a model that asks for it and throws CliError where the .wav file has another than the model or --rate say.
 * @returns what was fed, for the report.
 */
export function checkRate(
  feeds: Map<string, FileArray>,
  infos: readonly ValueInfo[],
  metadata: readonly (readonly [string, string])[],
  asked: number | undefined,
): string | null {
  const input = rateInput(infos);
  const wav = [...feeds.values()].find(({ rate }) => rate !== undefined);
  const fed = input && feeds.get(input.name);
  const said = metadata.find(([key, value]) => RATE_KEYS.test(key) && Number(value) > 0);
  const expected: [number, string] | undefined =
    asked !== undefined
      ? [asked, '--rate']
      : fed
        ? [Number(fed.data[0]), `--input ${input.name}`]
        : said && [Number(said[1]), `the model (${said[0]} in its metadata)`];
  if (wav && expected && wav.rate !== expected[0]) {
    throw new CliError(
      `the .wav file has ${formatExact(wav.rate!)} samples a second; ${expected[1]} says ${formatExact(expected[0])}. Convert it first, for example: ffmpeg -i in.wav -ar ${expected[0]} -ac 1 out.wav`,
    );
  }
  const rate = expected?.[0] ?? wav?.rate;
  if (!input || fed || rate === undefined) return null;
  feeds.set(input.name, { data: Float64Array.of(rate), dims: input.shape?.map(() => 1) ?? [] });
  return `${input.name} = ${rate}, from ${asked !== undefined ? '--rate' : said ? 'the metadata' : 'the .wav file'}`;
}

/** Throws CliError that lists what has no value yet. */
export function checkAllFed(feeds: ReadonlyMap<string, FileArray>, infos: readonly ValueInfo[]): void {
  const missing = infos.filter(({ name }) => !feeds.has(name));
  if (missing.length === 0) return;
  const list = missing.map((info) => `${info.name} (${typeOf(info)})`).join(', ');
  const wanted = missing.map(({ name, shape }) => `--input ${name}=${shape?.length === 0 ? 'NUMBER' : 'FILE'}`);
  throw new CliError(`no value for ${list}; expected ${wanted.join(' ')}`);
}

/** Whether a .wav file goes to this input frame by frame even if the model has no states. */
export function wantsFrames({ shape }: ValueInfo, samples: number, { frame }: Framing): boolean {
  const last = shape?.[samplesAxis(shape)];
  return frame !== undefined || (typeof last === 'number' && last !== samples);
}

/** The last dimension that is not fixed at 1. */
function samplesAxis(shape: NonNullable<ValueInfo['shape']>): number {
  let axis = shape.length - 1;
  while (axis > 0 && shape[axis] === 1) axis--;
  return axis;
}

/** The samples of a .wav file as the model takes them: whole, or cut into frames [steps, …, context + frame, …]. */
export function framed(wav: FileArray, { name, shape }: ValueInfo, framing: Framing, stepwise: boolean): FileArray {
  const { data, rate, channels } = wav;
  const own = shape ?? [1, null];
  const axis = samplesAxis(own);
  const dims = (width: number) => own.map((_, d) => (d === axis ? width : 1));
  if (!stepwise) return { ...wav, dims: dims(data.length) };
  const { context } = framing;
  const fixed = own[axis];
  const frame = framing.frame ?? (typeof fixed === 'number' ? fixed - context : 0);
  if (frame < 1) {
    const why =
      typeof fixed === 'number' ? `takes ${fixed} in a step, no more than --context` : 'takes any number in a step';
    throw new CliError(`input '${name}' ${why}; expected --frame with the samples of one step, 512 for example`);
  }
  const steps = Math.ceil(data.length / frame);
  const width = context + frame;
  const frames = new Float32Array(steps * width);
  for (let i = 0; i < steps; i++) {
    const begin = i * frame - context;
    const from = Math.max(0, begin);
    frames.set((data as Float32Array).subarray(from, (i + 1) * frame), i * width + from - begin);
  }
  return { data: frames, dims: [steps, ...dims(width)], rate, channels };
}

// From files to what a model is fed: which array goes to which input, and whether it comes step by step.
import type { ValueInfo } from '../../onnx/graph.js';
import { sizeOf } from '../../shape.js';
import { CliError } from '../terminal/cli-error.js';
import { type FileArray, readArrays } from './arrays.js';
import { typeOf } from './summary.js';

export interface Framing {
  /** New samples of a .wav file in each step. */
  frame?: number;
  /** Samples of the step before that come again in front of them. */
  context: number;
}

/** --input values, '[name=]file[:tensor]', as arrays by input name. */
export function readFeeds(values: readonly string[], open: readonly ValueInfo[]): Map<string, FileArray> {
  const feeds = new Map<string, FileArray>();
  for (const value of values) {
    const [, name = '', path, tensor] = PARTS.exec(value) ?? [];
    for (const [own, array] of chosen(readArrays(path), value, name, tensor)) {
      const target = name || own || (open.find((info) => !feeds.has(info.name))?.name ?? '');
      if (!open.some((info) => info.name === target)) {
        const known = open.map((info) => info.name).join(', ');
        throw new CliError(`--input ${value}: the model has no input '${target}' to feed; expected one of ${known}`);
      }
      feeds.set(target, array);
    }
  }
  return feeds;
}

/** An input's name, a file, a tensor of that file. */
const PARTS = /^(?:([^=/\\]+)=)?(.+?)(?:(?<=\.safetensors|\.json):(.+))?$/s;

function chosen(arrays: Map<string, FileArray>, value: string, name: string, tensor?: string): Map<string, FileArray> {
  const wanted = tensor ?? (name && arrays.size > 1 ? name : undefined);
  if (wanted === undefined) return arrays;
  const array = arrays.get(wanted);
  if (array) return new Map([[name || wanted, array]]);
  throw new CliError(
    `--input ${value}: no '${wanted}' in the file; expected :name with one of ${[...arrays.keys()].join(', ')}`,
  );
}

/** A sample rate that the model asks for and nobody gave comes from the .wav file. */
export function feedRate(feeds: Map<string, FileArray>, open: readonly ValueInfo[]): void {
  const rate = [...feeds.values()].find((array) => array.rate !== undefined)?.rate;
  const asked = open.find(({ name, shape }) => /^(sr|rate|sample_?rate)$/i.test(name) && sizeOfKnown(shape) === 1);
  if (rate !== undefined && asked && !feeds.has(asked.name)) {
    feeds.set(asked.name, { data: Int32Array.of(rate), dims: asked.shape!.map(() => 1) });
  }
}

function sizeOfKnown(shape: ValueInfo['shape']): number {
  return shape ? sizeOf(shape.map((n) => (typeof n === 'number' ? n : 1))) : 0;
}

/** Throws CliError that lists what has no value yet. */
export function checkAllFed(feeds: ReadonlyMap<string, FileArray>, open: readonly ValueInfo[]): void {
  const missing = open.filter(({ name }) => !feeds.has(name));
  if (missing.length === 0) return;
  const list = missing.map((info) => `${info.name} (${typeOf(info)})`).join(', ');
  throw new CliError(`nothing is fed to ${list}; expected --input ${missing[0].name}=file`);
}

/** The samples of a .wav file as the model wants them: whole, or frames [steps, …, context + frame] where it has states. */
export function framed(
  array: FileArray,
  { name, shape }: ValueInfo,
  { frame, context }: Framing,
  steps: boolean,
): FileArray {
  const rank = shape?.length ?? 2;
  const ones = new Array<number>(Math.max(0, rank - 1)).fill(1);
  if (!steps) return { data: array.data, dims: [...ones, array.data.length] };
  const last = shape?.at(-1);
  const size = frame ?? (typeof last === 'number' ? last - context : 0);
  if (size < 1) {
    throw new CliError(`the model does not say how many samples '${name}' takes in a step; expected --frame, 512 say`);
  }
  const count = Math.ceil(array.data.length / size);
  const width = context + size;
  const data = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const from = Math.max(0, i * size - context);
    const part = (array.data as Float32Array).subarray(from, (i + 1) * size);
    data.set(part, i * width + (from - (i * size - context)));
  }
  return { data, dims: [count, ...ones, width] };
}

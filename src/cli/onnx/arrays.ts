// Files that hold arrays: what `gated run` reads its inputs from and writes its outputs to.
import { extname } from 'node:path';
import { GatedError } from '../../errors.js';
import { load, type SavableTensor, save } from '../../formats/safetensors.js';
import { sizeOf } from '../../shape.js';
import { CliError } from '../terminal/cli-error.js';
import { readBytes, readText, writeAtomic } from '../terminal/files.js';
import { readNpy, writeNpy } from './npy.js';
import { readWav } from './wav.js';

type Data = Float32Array | Int32Array | BigInt64Array;
export interface FileArray {
  data: Data;
  dims: number[];
  /** Of a .wav file: samples a second. Its dims are [samples]. */
  rate?: number;
}

export const INPUT_KINDS = '.npy, .safetensors, .json or .wav';

/** The arrays of a file by name; '' where the file names none. */
export function readArrays(path: string): Map<string, FileArray> {
  try {
    switch (extname(path).toLowerCase()) {
      case '.npy':
        return new Map([['', readNpy(readBytes(path, 'input'), path)]]);
      case '.wav':
        return new Map([['', readWav(readBytes(path, 'input'), path)]]);
      case '.json':
        return readJson(readText(path, 'input'), path);
      case '.safetensors':
        return new Map(
          [...load(readBytes(path, 'input'))].map(([name, { data, shape }]) => [name, { data, dims: [...shape] }]),
        );
    }
  } catch (error) {
    if (error instanceof GatedError) throw new CliError(`input ${path}: ${error.message}`);
    throw error;
  }
  throw new CliError(`input ${path}: expected a file of ${INPUT_KINDS}`);
}

/** Nested lists of numbers, or an object of such lists by input name. */
function readJson(text: string, path: string): Map<string, FileArray> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError(`input ${path} is not JSON: ${(error as Error).message}`);
  }
  const named = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries: [string, unknown][] = named ? Object.entries(value as object) : [['', value]];
  return new Map(entries.map(([name, list]) => [name, nested(list, `input ${path}${name && `, ${name}`}`)]));
}

function nested(value: unknown, where: string): FileArray {
  const dims: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) dims.push(inner.length);
  const flat = Array.isArray(value) ? value.flat(dims.length) : [value];
  const regular = (list: unknown, depth: number): boolean =>
    depth === dims.length
      ? !Array.isArray(list)
      : Array.isArray(list) && list.length === dims[depth] && list.every((inner) => regular(inner, depth + 1));
  if (!regular(value, 0)) throw new CliError(`${where}: rows of different lengths; expected a regular list of lists`);
  const wrong = flat.find((x) => typeof x !== 'number');
  if (wrong !== undefined) throw new CliError(`${where}: ${JSON.stringify(wrong)} is not a number`);
  return { data: Float32Array.from(flat as number[]), dims };
}

/** Writes outputs by the name's ending; .npy holds one. */
export function writeArrays(path: string, outputs: ReadonlyMap<string, FileArray>): void {
  writeAtomic(path, encoded(path, outputs));
}

function encoded(path: string, outputs: ReadonlyMap<string, FileArray>): Uint8Array | string {
  const [first] = outputs.values();
  switch (checkOutput(path, outputs.size)) {
    case '.npy':
      return writeNpy(first);
    case '.json':
      return `${JSON.stringify(Object.fromEntries([...outputs].map(([name, array]) => [name, lists(array)])))}\n`;
    default:
      return save(new Map([...outputs].map(([name, array]) => [name, savable(array)])));
  }
}

/** safetensors are written with int32: what gated computes integers in. */
function savable({ data, dims }: FileArray): SavableTensor {
  const shape = dims;
  if (data instanceof Float32Array) return { dtype: 'float32', data: new Float32Array(data), shape };
  return { dtype: 'int32', data: Int32Array.from(data, Number), shape };
}

/** The ending of a file that can hold `count` outputs. Throws CliError before any work is done. */
export function checkOutput(path: string, count: number): string {
  const kind = extname(path).toLowerCase();
  if (!['.npy', '.json', '.safetensors'].includes(kind)) {
    throw new CliError(`--output ${path}: expected a name that ends in .npy, .safetensors or .json`);
  }
  if (kind === '.npy' && count !== 1) {
    throw new CliError(
      `--output ${path}: .npy holds one array, and there are ${count}; expected .safetensors or .json`,
    );
  }
  return kind;
}

function lists({ data, dims }: FileArray): unknown {
  const build = (depth: number, from: number): unknown => {
    if (depth === dims.length) return Number(data[from]);
    const inner = sizeOf(dims.slice(depth + 1));
    return Array.from({ length: dims[depth] }, (_, i) => build(depth + 1, from + i * inner));
  };
  return build(0, 0);
}

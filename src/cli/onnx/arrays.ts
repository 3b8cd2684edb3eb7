// Files that hold arrays: what `gated run` reads its inputs from and writes its outputs to.
import { extname } from 'node:path';
import { GatedError } from '../../errors.js';
import { load, save } from '../../formats/safetensors.js';
import { sizeOf } from '../../shape.js';
import { CliError } from '../terminal/cli-error.js';
import { readBytes, readText, writeAtomic } from '../terminal/files.js';
import { NPY, otherKind, SAFETENSORS, WAV } from './file-kind.js';
import { readNpy, writeNpy } from './npy.js';
import { readWav } from './wav.js';

export type Data = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;
export interface FileArray {
  data: Data;
  dims: number[];
  /** Of a .wav file: samples a second, and the channels that were averaged. Its dims are [samples]. */
  rate?: number;
  channels?: number;
}

const ENDINGS = '.npy, .safetensors, .json or .wav';
/** What a name promises. */
const KINDS: Readonly<Record<string, string>> = { '.npy': NPY, '.wav': WAV, '.safetensors': SAFETENSORS };
/** Lists within lists in a .json file: no model has inputs of a higher rank. */
const MAX_RANK = 32;

/** The arrays of a file by name; '' where the file names none. */
export function readArrays(path: string): Map<string, FileArray> {
  const kind = extname(path).toLowerCase();
  if (kind === '.json') return readJson(readText(path, 'input'), path);
  const bytes = readBytes(path, 'input');
  try {
    if (kind === '.npy') return new Map([['', readNpy(bytes, path)]]);
    if (kind === '.wav') return new Map([['', readWav(bytes, path)]]);
    if (kind === '.safetensors') {
      return new Map([...load(bytes)].map(([name, { data, shape }]) => [name, { data, dims: [...shape] }]));
    }
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
    const other = otherKind(bytes, KINDS[kind]);
    throw new CliError(`cannot read input ${other ? `${path}: ${other}` : error.message}`);
  }
  throw new CliError(`cannot read input ${path}: expected a file whose name ends in ${ENDINGS}`);
}

/** Nested lists of numbers, or an object of such lists by input name. */
function readJson(text: string, path: string): Map<string, FileArray> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError(`cannot read input ${path}: it is not JSON: ${(error as Error).message}`);
  }
  const named = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries: [string, unknown][] = named ? Object.entries(value as object) : [['', value]];
  return new Map(entries.map(([name, list]) => [name, nested(list, `input ${path}${name && `, "${name}"`}`)]));
}

function nested(value: unknown, where: string): FileArray {
  const dims: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) dims.push(inner.length);
  if (dims.length > MAX_RANK) throw new CliError(`${where}: ${dims.length} lists within lists`);
  const flat: number[] = [];
  const collect = (list: unknown, depth: number): void => {
    if (depth < dims.length) {
      if (!Array.isArray(list) || list.length !== dims[depth])
        throw new CliError(`${where}: its lists have different lengths; expected ${dims.join(' × ')} numbers`);
      for (const inner of list) collect(inner, depth + 1);
    } else if (typeof list === 'number' || typeof list === 'boolean') flat.push(Number(list));
    else throw new CliError(`${where}: ${JSON.stringify(list)?.slice(0, 40)} is not a number`);
  };
  collect(value, 0);
  return { data: Float64Array.from(flat), dims };
}

/** Writes outputs by the name's ending; .npy holds one. */
export function writeArrays(path: string, outputs: ReadonlyMap<string, FileArray>): void {
  writeAtomic(path, encoded(path, outputs));
}

function encoded(path: string, outputs: ReadonlyMap<string, FileArray>): Uint8Array | string {
  const [first] = outputs.values();
  switch (checkOutput(path, [...outputs.keys()])) {
    case '.npy':
      return writeNpy(first);
    case '.json':
      return `${JSON.stringify(Object.fromEntries([...outputs].map(([name, array]) => [name, lists(array)])))}\n`;
    default:
      return save(new Map([...outputs].map(([name, array]) => [name, savable(array)])));
  }
}

/** As gated computes: float32, and integers in int32. */
function savable({ data, dims }: FileArray) {
  if (data instanceof Float32Array || data instanceof Float64Array)
    return { dtype: 'float32' as const, shape: dims, data: Float32Array.from(data) };
  return { dtype: 'int32' as const, shape: dims, data: Int32Array.from(data as ArrayLike<number>, Number) };
}

/** The ending of a file that can hold these outputs. Throws CliError, before any work is done. */
export function checkOutput(path: string, names: readonly string[]): string {
  const kind = extname(path).toLowerCase();
  if (!['.npy', '.json', '.safetensors'].includes(kind)) {
    throw new CliError(`--output ${path}: expected a name that ends in .npy, .safetensors or .json`);
  }
  if (kind === '.npy' && names.length !== 1) {
    throw new CliError(
      `--output ${path}: .npy holds one array, and the model gives ${names.length}: ${names.join(', ')}; expected .safetensors or .json`,
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

// Copying a state dict into a module: everything is checked before anything is written.
import { StateDictError } from '../errors.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape.js';
import { readData, type TensorData } from '../tensor/data.js';
import { Tensor } from '../tensor/tensor.js';

/** A tensor of a file: what `gated/safetensors` gives. */
export interface FileTensorLike {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}
type Entry = Tensor | FileTensorLike | TensorData;
export type StateDictSource = ReadonlyMap<string, Entry> | { readonly [name: string]: Entry };

export interface LoadOptions {
  /** false: missing and unexpected names are allowed (and returned). Default true. */
  strict?: boolean;
}

interface Copy {
  target: Tensor;
  values: ArrayLike<number>;
}

export function loadStateDict(
  module: string,
  own: Readonly<Record<string, Tensor>>,
  dict: StateDictSource,
  { strict = true }: LoadOptions,
): { missingKeys: string[]; unexpectedKeys: string[] } {
  const entries = new Map<string, Entry>(dict instanceof Map ? dict : Object.entries(dict));
  const missingKeys = Object.keys(own).filter((name) => !entries.has(name));
  const unexpectedKeys = [...entries.keys()].filter((name) => !Object.hasOwn(own, name));
  const copies: Copy[] = [];
  const misfits: string[] = [];
  for (const [name, entry] of entries) {
    if (!Object.hasOwn(own, name)) continue;
    const { values, shape } = read(entry, name);
    if (sameShape(shape, own[name].shape) && values.length === sizeOf(shape))
      copies.push({ target: own[name], values });
    else misfits.push(`${name} is ${formatShape(shape)} (expected ${formatShape(own[name].shape)})`);
  }
  const problems = [
    ...(strict && missingKeys.length > 0 ? [`missing: ${missingKeys.join(', ')}`] : []),
    ...(strict && unexpectedKeys.length > 0 ? [`unexpected: ${unexpectedKeys.join(', ')}`] : []),
    ...(misfits.length > 0 ? [`wrong shape: ${misfits.join(', ')}`] : []),
  ];
  if (problems.length > 0) throw new StateDictError(`${module}.loadStateDict: ${problems.join('; ')}`);
  for (const { target, values } of copies) target.set(typedCopy(values));
  return { missingKeys, unexpectedKeys };
}

function read(entry: Entry, name: string): { values: ArrayLike<number>; shape: Shape } {
  if (entry instanceof Tensor) return { values: entry.data(), shape: entry.shape };
  if (isFileTensor(entry)) return { values: entry.data, shape: entry.shape };
  return readData(entry as TensorData, {}, `loadStateDict: ${name}`);
}

function isFileTensor(entry: Entry): entry is FileTensorLike {
  return typeof entry === 'object' && !Array.isArray(entry) && 'data' in entry && 'shape' in entry;
}

/** set() takes a flat typed array of the right length whatever its rank. */
function typedCopy(values: ArrayLike<number>): Float32Array | Int32Array {
  return values instanceof Float32Array || values instanceof Int32Array ? values : Float32Array.from(values);
}

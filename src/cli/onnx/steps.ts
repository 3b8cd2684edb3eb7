// Running a model once, or step by step with its states inside.
import type { OnnxModel, OnnxOutput } from '../../onnx/index.js';
import { sizeOf } from '../../shape.js';
import { CliError } from '../terminal/cli-error.js';
import { StepProgress } from '../terminal/step-progress.js';
import type { FileArray } from './arrays.js';

export type Arrays = Map<string, FileArray>;

/** Steps in the feeds: an input with one dimension more than the model's gives a part to each; 0 where none has. */
export function stepsOf(model: OnnxModel, feeds: ReadonlyMap<string, FileArray>): number {
  const counts = model.inputs.flatMap(({ name, shape }) => {
    const dims = feeds.get(name)?.dims;
    return dims && shape && dims.length === shape.length + 1 ? [{ name, count: dims[0] }] : [];
  });
  const odd = counts.find(({ count }) => count !== counts[0].count);
  if (odd)
    throw new CliError(`input '${odd.name}' has ${odd.count} steps, and '${counts[0].name}' has ${counts[0].count}`);
  return counts[0]?.count ?? 0;
}

/** Every output, those for the next step too; the states are zeros. */
export function runOnce(model: OnnxModel, feeds: ReadonlyMap<string, FileArray>, states: readonly string[]): Arrays {
  const sizes = stateSizes(model, feeds, states);
  const zeros = states.map((name) => [
    name,
    { data: new Array<number>(sizeOf(sizes[name])).fill(0), dims: sizes[name] },
  ]);
  const outputs = model.predict({ ...fitted(model, feeds), ...Object.fromEntries(zeros) });
  return new Map(Object.entries(outputs).map(([name, { data, dims }]) => [name, { data: plain(data), dims }]));
}

function plain(data: OnnxOutput['data']): FileArray['data'] {
  if (data instanceof Float64Array) return Float32Array.from(data);
  const kept = [Float32Array, Int32Array, BigInt64Array, BigUint64Array].some((kind) => data instanceof kind);
  return kept ? (data as FileArray['data']) : Int32Array.from(data as Uint8Array);
}

/** Dims of states: numbers as the file has them; names as the fed inputs fix them; what is open is 1. */
function stateSizes(model: OnnxModel, feeds: ReadonlyMap<string, FileArray>, states: readonly string[]) {
  const sizes = new Map<unknown, number>();
  for (const { name, shape } of model.inputs) {
    const dims = feeds.get(name)?.dims;
    shape?.forEach((n, d) => {
      if (typeof n === 'string' && dims) sizes.set(n, dims[d]);
    });
  }
  const of = (n: number | string | null) => (typeof n === 'number' ? n : (sizes.get(n) ?? 1));
  return Object.fromEntries(
    states.map((name) => {
      const { shape } = model.inputs.find((info) => info.name === name)!;
      if (!shape)
        throw new CliError(`the file does not say what shape state '${name}' has; expected --input ${name}=FILE`);
      return [name, feeds.get(name)?.dims ?? shape.map(of)];
    }),
  );
}

/** Arrays in the kind of numbers that an input takes: NumPy's whole numbers come in 64 bits. */
function fitted(model: OnnxModel, feeds: ReadonlyMap<string, FileArray>): Record<string, FileArray> {
  return Object.fromEntries(
    [...feeds].map(([name, array]) => {
      const { dtype, shape } = model.inputs.find((info) => info.name === name)!;
      const long = array.data instanceof BigInt64Array || array.data instanceof BigUint64Array;
      const data = long && dtype.includes('float') ? Float64Array.from(array.data as never, Number) : array.data;
      // One number is a scalar, or [1], as the model wants it.
      const one = data.length === 1 && shape?.every((n) => n === 1 || typeof n !== 'number');
      return [name, { ...array, data, dims: one && array.dims.length === 0 ? shape!.map(() => 1) : array.dims }];
    }),
  );
}

/** Outputs that are no states, [steps, …dims]. A state that is fed begins so. */
export function runSteps(
  model: OnnxModel,
  state: Readonly<Record<string, string>>,
  feeds: ReadonlyMap<string, FileArray>,
  steps: number,
): Arrays {
  const all = fitted(model, feeds);
  const given = Object.keys(state).filter((name) => feeds.has(name));
  const partsOf = (t: number) =>
    Object.entries(all).map(([name, array]) => {
      const rank = model.inputs.find((info) => info.name === name)!.shape?.length ?? array.dims.length;
      return [name, array.dims.length > rank ? partOf(array, t) : array] as const;
    });
  const first = new Map(partsOf(0));
  const sizes = stateSizes(model, first, Object.keys(state));
  const zeros = Object.keys(state).filter((name) => !given.includes(name));
  const shapes = runOnce(model, first, zeros);
  for (const name of Object.values(state)) shapes.delete(name);
  const found = new Map([...shapes].map(([name, { data, dims }]) => [name, room(data, dims, steps)]));
  const stream = model.stream({ state, dims: sizes });
  for (const name of given) {
    stream.state[name].set(Array.from<number | bigint>(first.get(name)!.data).map(Number));
    delete all[name];
  }
  const progress = new StepProgress({ total: steps });
  try {
    for (let t = 0; t < steps; t++) {
      const outputs = stream.step(Object.fromEntries(partsOf(t)));
      for (const [name, { data }] of found) put(outputs[name], data, t, steps, name);
      progress.update(t + 1);
    }
  } finally {
    progress.stop();
    stream.dispose();
  }
  return found;
}

function room(data: FileArray['data'], dims: readonly number[], steps: number) {
  const size = data.length * steps;
  return { data: data instanceof Float32Array ? new Float32Array(size) : new Int32Array(size), dims: [steps, ...dims] };
}

function put(part: Float32Array | Int32Array, to: Float32Array | Int32Array, t: number, steps: number, name: string) {
  if (part.length * steps !== to.length)
    throw new CliError(
      `output '${name}' has ${to.length / steps} elements in the first step and ${part.length} in step ${t + 1}`,
    );
  to.set(part, t * part.length);
}

function partOf({ data, dims }: FileArray, t: number): FileArray {
  const inner = dims.slice(1);
  const size = sizeOf(inner);
  return { data: data.subarray(t * size, (t + 1) * size), dims: inner };
}

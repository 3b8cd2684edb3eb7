// A checkpoint is one safetensors file: weights, optimizer, carried state, random generator and position.
import { FormatError } from '../errors.js';
import type { Module } from '../nn/module.js';
import type { Optimizer, OptimizerStateDict } from '../optim/optimizer.js';
import { tensor } from '../tensor/create.js';
import { checkRandomState, type RandomState, randomState, setRandomState } from '../tensor/random.js';
import { Tensor } from '../tensor/tensor.js';
import type { TensorFile } from '../weights/tensor-file.js';
import { readCheckpoint, type Savable, writeCheckpoint } from './checkpoint-file.js';

/** Where training stands. Everything a resumed run needs to give the same losses. */
export interface Position {
  epoch: number;
  /** Batches done in this epoch. */
  batch: number;
  /** Steps done in all epochs. */
  step: number;
  /** Sum of losses times counts, and of counts, in this epoch. */
  lossSum: number;
  lossCount: number;
  /** The generator before this epoch's shuffle. */
  epochRandom: RandomState;
  /** Losses of the epochs done. */
  history: { loss: number; validationLoss: number | null }[];
}

const FORMAT = 'gated-checkpoint-2';

export interface CheckpointParts {
  model: Module;
  optimizer: Optimizer;
  state: unknown;
  position: Position;
  /** The caller's own facts (vocabulary, sizes). */
  metadata?: Record<string, string>;
}

/** All of training as bytes: names 'model.…', 'optimizer.<parameter>.<buffer>', 'state.<path>'. */
export function saveCheckpoint({ model, optimizer, state, position, metadata = {} }: CheckpointParts): Uint8Array {
  const tensors = new Map<string, Savable>();
  const put = (name: string, t: Tensor) => {
    tensors.set(name, { dtype: t.dtype, shape: t.shape, data: t.data() });
  };
  for (const [name, t] of Object.entries(model.stateDict())) put(`model.${name}`, t);
  const saved = optimizer.stateDict();
  saved.state.forEach((one, i) => {
    for (const [name, { shape, data }] of Object.entries(one?.buffers ?? {})) {
      tensors.set(`optimizer.${i}.${name}`, { dtype: 'float32', shape, data });
    }
  });
  forEachTensor(state, 'state', put);
  return writeCheckpoint(tensors, {
    ...metadata,
    format: FORMAT,
    position: JSON.stringify(position),
    random: JSON.stringify(randomState()),
    optimizer: JSON.stringify({ paramGroups: saved.paramGroups, steps: saved.state.map((one) => one?.step ?? null) }),
    state: JSON.stringify(outline(state)),
  });
}

/** Restores model, optimizer and generator, and gives back position and carried state. Throws FormatError or StateDictError. */
export function loadCheckpoint(
  bytes: Uint8Array,
  model: Module,
  optimizer: Optimizer,
): { position: Position; state: unknown } {
  const file = readCheckpoint(bytes);
  if (file.metadata.get('format') !== FORMAT) {
    throw new FormatError(`checkpoint: format is ${file.metadata.get('format') ?? 'absent'}; expected ${FORMAT}`);
  }
  const position = parse<Position>(
    file,
    'position',
    ({ epoch, batch, step, lossSum, lossCount, history }) =>
      [epoch, batch, step, lossSum, lossCount].every(Number.isFinite) && Array.isArray(history),
  );
  const random = parse<RandomState>(file, 'random', () => true);
  const { paramGroups, steps } = parse<{ paramGroups: OptimizerStateDict['paramGroups']; steps: (number | null)[] }>(
    file,
    'optimizer',
    ({ paramGroups, steps }) =>
      Array.isArray(steps) &&
      steps.every((step) => step === null || Number.isInteger(step)) &&
      Array.isArray(paramGroups) &&
      paramGroups.every((group) => Array.isArray(group?.params) && Object.keys(group.options)),
  );
  const weights = new Map(
    [...file].filter(([name]) => name.startsWith('model.')).map(([name, t]) => [name.slice(6), t]),
  );
  const state: OptimizerStateDict['state'] = steps.map((step, i) =>
    step === null ? null : { step, buffers: buffersOf(file, i) },
  );
  // Everything is checked before anything is written; building the state may still find a tensor missing.
  checkRandomState(random);
  checkRandomState(position.epochRandom);
  optimizer.checkStateDict({ paramGroups, state });
  const carried = rebuild(
    parse<unknown>(file, 'state', () => true),
    'state',
    file,
  );
  model.loadStateDict(weights);
  optimizer.loadStateDict({ paramGroups, state });
  setRandomState(random);
  return { position, state: carried };
}

function buffersOf(file: TensorFile, i: number): Record<string, { shape: readonly number[]; data: Float32Array }> {
  const prefix = `optimizer.${i}.`;
  const found = [...file].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    found.map(([name, { shape, data }]) => [name.slice(prefix.length), { shape, data: data as Float32Array }]),
  );
}

/** The JSON under `key` of the metadata, if it is `valid`, which may also throw. */
function parse<T>(file: TensorFile, key: string, valid: (value: T) => boolean): T {
  const text = file.metadata.get(key);
  try {
    const value = JSON.parse(text ?? '');
    if (valid(value)) return value;
  } catch {
    // Answered below, like what is not valid.
  }
  throw new FormatError(`checkpoint: metadata '${key}' is ${text === undefined ? 'absent' : 'damaged'}`);
}

/** Calls visit with every tensor in nested arrays, named by its path. */
function forEachTensor(x: unknown, path: string, visit: (name: string, t: Tensor) => void): void {
  if (x instanceof Tensor) visit(path, x);
  else if (Array.isArray(x)) for (const [i, element] of x.entries()) forEachTensor(element, `${path}.${i}`, visit);
}
/** The nesting without the tensors: 1 for a tensor, null for none. */
function outline(x: unknown): unknown {
  if (Array.isArray(x)) return x.map(outline);
  return x instanceof Tensor ? 1 : null;
}
function rebuild(shape: unknown, path: string, file: TensorFile): unknown {
  if (Array.isArray(shape)) return shape.map((element, i) => rebuild(element, `${path}.${i}`, file));
  if (shape === null) return null;
  const saved = file.get(path);
  if (!saved) throw new FormatError(`checkpoint: tensor '${path}' is missing`);
  return tensor(saved.data, saved.shape);
}

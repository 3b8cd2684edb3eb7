// toOnnx: a model of gated's layers as the bytes of an ONNX file. Modules are known by their `static name`, so this brings no layer, no
// kernel and no engine into a bundle.
//
//   graph          nodes, constants, inputs, outputs and their names
//   recurrent, states, lstm-step, convolution, dense, activations   a function for each class: from a value to a value
import { UnsupportedError, ValueError } from '../../errors.js';
import type { BatchNorm1d } from '../../nn/batch-norm.js';
import type { Module } from '../../nn/module.js';
import { between, checkOptionNames, checkOptions } from '../../options.js';
import { encodeMessage } from '../protobuf.js';
import { modelProto } from '../schema.js';
import { activations, operator } from './activations.js';
import { convolutions, overChannels } from './convolution.js';
import { dense } from './dense.js';
import { FLOAT, GraphWriter, INT, LONG, placed } from './graph.js';
import type { Layer } from './layer.js';
import { recurrent } from './recurrent.js';

declare const __VERSION__: string;

export interface ToOnnxOptions {
  /**
   * The input's shape, as forward() takes it: a number fixes a size, a name ('batch', 'seqLen') leaves it to each run. Sizes the model
   * decides, such as inputSize, are numbers.
   */
  input: readonly (number | string)[];
  /**
   * true: the states of recurrent layers are inputs h0 and (LSTM) c0 of the graph and outputs hn and cn, of PyTorch's shapes; with more
   * than one such layer in a Sequential '0.h0', '2.h0', … by its place. Default false: each run begins with zeros, or with
   * the trained initial states.
   */
  states?: boolean;
  /** Other names for inputs and outputs: { input: 'audio', h0: 'state', hn: 'stateN' }. Defaults 'input', 'output', and those of states. */
  names?: Readonly<Record<string, string>>;
  /** Element type of an input of indices, in a model that begins with Embedding. Default 'int64'. */
  dtype?: 'int64' | 'int32';
  /** Version of the operator set, 17 to 23. Default 17. */
  opset?: number;
  /** metadata_props of the file. */
  metadata?: Readonly<Record<string, string>>;
}

/** In eval mode they pass their input on. */
const PASS = ['Identity', 'Dropout', 'LockedDropout'];

/** What writes a module of a class of gated. */
function writerOf(kind: string): Layer | undefined {
  if (PASS.includes(kind)) return (_, __, x) => x;
  if (Object.hasOwn(convolutions, kind)) return overChannels;
  const table = [recurrent, dense, activations].find((t) => Object.hasOwn(t, kind));
  const found = (table as Readonly<Record<string, Layer | string>> | undefined)?.[kind];
  return typeof found === 'string' ? (g, m, x) => operator(g, found, m, x) : found;
}

interface Part {
  readonly module: Module;
  /** '1.0' in a Sequential within a Sequential, '' for the model itself. */
  readonly place: string;
  readonly kind: string;
}

/**
 * A model as the bytes of an ONNX file, for ONNX Runtime, gated/onnx's `load` and others. It computes what predict() does: eval mode, whatever
 * mode the model is in, which stays as it is.
 *
 *     const bytes = toOnnx(model, { input: ['seqLen', 'batch', 40] });
 *
 * Exported are Sequential (nested as well) and every layer of gated that stands in one, or one such layer or cell alone: RNN, LSTM (with
 * projection and peepholes too), GRU and their cells, LayerNormLSTMCell, Linear, Embedding, LayerNorm, BatchNorm1d, Conv1d, ConvTranspose1d,
 * Permute, pooling, dropout and all activations. A model with a forward() of its own is exported through a Sequential of its layers.
 * The weights are copied as they are now; nothing of the model changes.
 *
 * Inputs: input (float32; indices int64) and with `states` h0, c0. Outputs: output, and with `states` hn, cn. Of a recurrent layer
 * or cell, output is the output or h' alone, as in a Sequential.
 *
 * @throws UnsupportedError modules without an ONNX form, all of them with their places; ShapeError an input that a module cannot take;
 * ValueError an option; DisposedError.
 */
export function toOnnx(model: Module, options: ToOnnxOptions): Uint8Array<ArrayBuffer> {
  const { input, states = false, names = {}, dtype, opset = 17, metadata = {} } = checked(model, options);
  const parts = partsOf(model, '');
  refuse(parts.flatMap((part) => reasonAgainst(part)));
  const g = new GraphWriter();
  g.states = states;
  g.many = parts.filter(({ kind }) => Object.hasOwn(recurrent, kind)).length > 1;
  const indices = parts.find(({ kind }) => ![...PASS, 'Permute'].includes(kind))?.kind === 'Embedding';
  if (dtype && !indices) throw new ValueError(`toOnnx: dtype is '${dtype}'; expected none: the input is float32`);
  let x = g.input('input', input, indices ? (dtype === 'int32' ? INT : LONG) : FLOAT);
  for (const { module, place, kind } of parts) {
    g.place = place;
    g.kind = kind;
    x = writerOf(kind)!(g, module, x);
  }
  refuse(g.problems);
  g.place = '';
  g.output('output', x, true);
  return encodeMessage(
    {
      // The least version of the format that has the opset.
      irVersion: Math.max(8, (opset - 1) >> 1),
      producer: 'gated',
      producerVersion: __VERSION__,
      graph: g.proto(checkedNames(names, g.names())),
      opsets: [{ domain: '', version: opset }],
      metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    },
    modelProto,
  );
}

const isSize = (n: unknown) => (typeof n === 'string' ? n !== '' : Number.isInteger(n) && (n as number) > 0);
const RULES = {
  input: [(x: unknown) => Array.isArray(x) && x.every(isSize), 'a list of positive integers and names'],
  states: 'flag',
  names: 'any',
  dtype: ['int64', 'int32'],
  opset: [(x: unknown) => Number.isInteger(x) && between(17, 23)(x), 'an integer from 17 to 23'],
  metadata: 'any',
} as const;

function checked(model: Module, options: ToOnnxOptions): ToOnnxOptions {
  if (typeof model?.forward !== 'function') throw new ValueError(`toOnnx: model is ${model}; expected a module`);
  checkOptions('toOnnx', options, RULES, ['input']);
  return options;
}

function checkedNames(names: Readonly<Record<string, string>>, known: readonly string[]): typeof names {
  checkOptionNames('toOnnx: names', names, Object.fromEntries(known.map((name) => [name, 0])));
  const all = known.map((name) => names[name] ?? name);
  // Names with a slash in front are the nodes'.
  const wrong = all.find((name, i) => !/^[^/]/.test(name) || all.indexOf(name) !== i);
  if (wrong === undefined) return names;
  throw new ValueError(`toOnnx: names has '${wrong}'; expected each once, not empty, without a slash in front`);
}

function partsOf(module: Module, place: string): Part[] {
  const kind = kindOf(module);
  if (kind !== 'Sequential') return [{ module, place, kind }];
  return [...module.children()].flatMap(([name, child]) => partsOf(child, place ? `${place}.${name}` : name));
}

/**
 * The class of gated that a module is of, unless a class of the user's has a forward() of its own. A `static name` is enumerable, the name that
 * every class has is not; and it stays as it is in minified bundles.
 */
function kindOf(module: Module): string {
  for (let c = module.constructor; c?.prototype; c = Object.getPrototypeOf(c)) {
    if (Object.keys(c).includes('name')) return c.name;
    if (Object.hasOwn(c.prototype, 'forward')) break;
  }
  return '';
}

/** Why a module cannot be exported: none or one text. */
function reasonAgainst({ module, place, kind }: Part): string[] {
  const reason =
    kind === 'AdditiveAttention'
      ? 'it has more than one input'
      : !writerOf(kind)
        ? 'it has a forward() of its own; export a Sequential of its layers'
        : kind.endsWith('LSTMCell') && place
          ? 'it gives a pair, which Sequential cannot pass on'
          : kind === 'BatchNorm1d' && !(module as BatchNorm1d).trackRunningStats && 'it has no running statistics';
  return reason ? [`${placed(place, kind || module.constructor.name)}: ${reason}`] : [];
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new UnsupportedError(`toOnnx: no ONNX form for ${problems.join(', ')}`);
}

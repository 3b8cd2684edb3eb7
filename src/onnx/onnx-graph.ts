// A model file, checked: its graph, its constants in linear memory as far as something asked for them.
import { FormatError, UnsupportedError } from '../errors.js';
import { sizeOf } from '../shape.js';
import type { Operator } from './call.js';
import { buildGraph, type Graph, type ValueInfo, valueInfo } from './graph.js';
import { OPERATORS } from './operators/index.js';
import { decodeMessage } from './protobuf.js';
import { type ModelProto, modelProto, type TensorProto } from './schema.js';
import type { Elements } from './tensor-proto.js';
import { readTensor } from './tensor-proto.js';
import { Arena, Storage, Value } from './value.js';

const OLDEST = 7;
const NEWEST = 23;

export class OnnxGraph {
  readonly graph: Graph;
  readonly opset: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  /** Owns the constants and what was computed from them alone. */
  readonly arena = new Arena();
  private readonly constants = new Map<TensorProto, Value>();

  constructor(bytes: Uint8Array) {
    const where = 'onnx.load';
    const model = decodeMessage<ModelProto>(bytes, modelProto, where);
    if (!model.graph) throw new FormatError(`${where}: no graph in ${bytes.length} bytes; expected an ONNX model`);
    this.opset = opsetOf(model, where);
    const missing = { known: (type: string) => Object.hasOwn(OPERATORS, type), nodes: new Map<string, string[]>() };
    this.graph = buildGraph(model.graph, where, missing);
    if (missing.nodes.size > 0) {
      const list = [...missing.nodes].map(([type, labels]) => `${type}: ${labels.slice(0, 20).join(', ')}`);
      throw new UnsupportedError(`${where}: gated has no operators ${list.join('; ')}`);
    }
    const { outer, inputs, outputs, outputInfos } = this.graph;
    if (outer.length > 0) throw new FormatError(`${where}: no node makes "${outer.join('", "')}"`);
    this.inputs = inputs.map(({ name, info }) => valueInfo(name, info, `${where}: input`));
    this.outputs = outputs.map((name, i) => valueInfo(name, outputInfos[i], `${where}: output`));
    this.notes = ['float64', 'float16', 'bfloat16'].flatMap((type) => {
      const names = [...this.inputs, ...this.outputs].filter(({ dtype }) => dtype === type).map(({ name }) => name);
      return names.length > 0 ? `${type} is computed as float32: ${names.join(', ')}` : [];
    });
    this.metadata = Object.fromEntries([...about(model), ...model.metadata.map((e) => [e.key ?? '', e.value ?? ''])]);
  }

  operator(type: string): Operator {
    return OPERATORS[type];
  }
  constant(proto: TensorProto): Value {
    const had = this.constants.get(proto);
    if (had) return had;
    const value = this.keep(readTensor(proto, `tensor "${proto.name ?? ''}"`));
    this.constants.set(proto, value);
    return value;
  }
  /** A constant of the model with these elements. */
  keep({ type, shape, data }: Elements): Value {
    const { arena } = this;
    const storage = new Storage(arena.take(sizeOf(shape) * 4, 'onnx constant'), arena);
    const value = new Value(type, shape, storage, true, true);
    value.view().set(data);
    return value;
  }
}

function opsetOf(model: ModelProto, where: string): number {
  const own = model.opsets.find(({ domain }) => !domain || domain === 'ai.onnx');
  const version = own?.version ?? 1;
  if (!(version >= OLDEST && version <= NEWEST))
    throw new UnsupportedError(`${where}: opset ${version}; expected ${OLDEST} to ${NEWEST}`);
  return version;
}

/** What the file says of itself, under its field names in onnx.proto. */
function about(model: ModelProto): [string, string][] {
  const { producer, producerVersion, domain, version, doc } = model;
  const entries: [string, string | number | undefined][] = [
    ['producer_name', producer],
    ['producer_version', producerVersion],
    ['domain', domain],
    ['model_version', version],
    ['doc_string', doc],
  ];
  return entries.filter(([, value]) => value).map(([name, value]) => [name, String(value)]);
}

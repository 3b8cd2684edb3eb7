// What an .onnx file says of itself, read without running or even supporting it.
import { FormatError, GatedError } from '../../errors.js';
import type { ElementType } from '../../onnx/element-types.js';
import { type ValueInfo, valueInfo } from '../../onnx/graph.js';
import { OPERATORS } from '../../onnx/operators/index.js';
import { decodeMessage } from '../../onnx/protobuf.js';
import { type GraphProto, type ModelProto, modelProto, type TensorProto } from '../../onnx/schema.js';
import { sizeOf } from '../../shape.js';
import { guessStates, leadingToStates } from './states.js';

export interface Summary {
  producer: string;
  opset: number;
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  /** Guessed: input name -> the output that it is in the next step. */
  states: Record<string, string>;
  metadata: [string, string][];
  /** Elements of the weights, and their bytes. */
  parameters: number;
  bytes: number;
  /** Operator -> nodes that have it, subgraphs included; most first. */
  operators: [string, number][];
  /** Those gated does not have, with their nodes. */
  unsupported: [string, string[]][];
}

/** Throws FormatError for what is no ONNX model. */
export function summarize(bytes: Uint8Array, where: string): Summary {
  const model = decodeMessage<ModelProto>(bytes, modelProto, where);
  const { graph } = model;
  if (!graph) throw new FormatError(`${where}: no graph in ${bytes.length} bytes; expected an ONNX model`);
  const count = { operators: new Map<string, number>(), unsupported: new Map<string, string[]>() };
  const tensors: TensorProto[] = [];
  walk(graph, count, tensors);
  const weights = tensors.filter(({ dataType = 1 }) => BYTES[dataType]);
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name)).map(described);
  const outputs = graph.outputs.map(described);
  return {
    producer: [model.producer, model.producerVersion].filter(Boolean).join(' '),
    opset: model.opsets.find(({ domain }) => !domain || domain === 'ai.onnx')?.version ?? 1,
    inputs,
    outputs,
    states: guessStates(inputs, outputs, leadingToStates(graph)),
    metadata: model.metadata.map(({ key = '', value = '' }) => [key, value]),
    parameters: weights.reduce((sum, { dims }) => sum + sizeOf(dims), 0),
    bytes: weights.reduce((sum, { dims, dataType = 1 }) => sum + sizeOf(dims) * BYTES[dataType], 0),
    operators: [...count.operators].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    unsupported: [...count.unsupported],
  };
}

/** What is no tensor, or of a type gated has not, is listed all the same. */
function described(info: GraphProto['inputs'][number]): ValueInfo {
  const name = info.name ?? '';
  try {
    return valueInfo(name, info, '');
  } catch (error) {
    if (!(error instanceof GatedError)) throw error;
    return { name, dtype: 'a type gated has not' as ElementType, shape: null };
  }
}

/** Bytes of an element by TensorProto.DataType: floats and 8-bit integers. Others are axes and shapes, not weights. */
const BYTES: Record<number, number> = { 1: 4, 2: 1, 3: 1, 10: 2, 11: 8, 16: 2 };

function walk(
  graph: GraphProto,
  count: { operators: Map<string, number>; unsupported: Map<string, string[]> },
  tensors: TensorProto[],
): void {
  tensors.push(...graph.initializers);
  for (const node of graph.nodes) {
    const own = !node.domain || node.domain === 'ai.onnx';
    const type = own ? (node.type ?? '') : `${node.domain}.${node.type}`;
    count.operators.set(type, (count.operators.get(type) ?? 0) + 1);
    if (!own || !Object.hasOwn(OPERATORS, type)) {
      const label = node.name || node.outputs.find((name) => name) || '(without a name)';
      count.unsupported.set(type, [...(count.unsupported.get(type) ?? []), label]);
    }
    for (const { t, g } of node.attributes) {
      if (t && type === 'Constant') tensors.push(t);
      if (g) walk(g, count, tensors);
    }
  }
}

/** 'float32 [batch, 1, 257]' */
export function typeOf({ dtype, shape }: ValueInfo): string {
  return `${dtype} ${shape ? `[${shape.map((n) => n ?? '?').join(', ')}]` : 'of any shape'}`;
}

// GraphProto -> what the planner walks: nodes in an order that works, constants by name, and which outer values a subgraph reads.
import { FormatError, UnsupportedError } from '../errors.js';
import type { Call } from './call.js';
import { fuseCells } from './cells-spelled-out.js';
import { type ElementType, elementType } from './element-types.js';
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from './schema.js';
import { checkTensor } from './tensor-proto.js';
import type { Value } from './value.js';

/** A graph input or output: sizes are numbers, names ('batch') or null where the file says nothing. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: ElementType;
  /** null: of any rank. */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface Node {
  /** For messages: `node "encoder/Conv_0" (Conv)`. */
  readonly label: string;
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  readonly graphs: ReadonlyMap<string, Graph>;
  /** Every value it reads, those its subgraphs take from outside included; each once. */
  readonly reads: readonly string[];
  /** Its outputs, once computed from constants alone. */
  folded: readonly (Value | null)[] | null;
  /** Set for a node that stands for others: they are planned in its place where plan() gives false. */
  readonly cell?: { readonly parts: readonly Node[]; plan(call: Call): boolean };
}

export interface Graph {
  readonly inputs: readonly { readonly name: string; readonly info: ValueInfoProto }[];
  readonly outputs: readonly string[];
  readonly outputInfos: readonly ValueInfoProto[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, TensorProto>;
  /** Names it takes from the graph around it. */
  readonly outer: readonly string[];
}

/** Collects what no table has, over the whole model. */
export interface Missing {
  readonly known: (type: string) => boolean;
  readonly nodes: Map<string, string[]>;
}

/** @throws FormatError a value nobody makes, one that two make, a circle; UnsupportedError sparse or external tensors. */
export function buildGraph(proto: GraphProto, where: string, missing: Missing): Graph {
  if (proto.sparse.length > 0) throw new UnsupportedError(`${where}: sparse initializers; expected dense ones`);
  const constants = new Map<string, TensorProto>();
  for (const tensor of proto.initializers) {
    const name = tensor.name ?? '';
    checkTensor(tensor, `${where}: initializer "${name}"`);
    constants.set(name, tensor);
  }
  const inputs = proto.inputs
    .map((info) => ({ name: info.name ?? '', info }))
    .filter(({ name }) => !constants.has(name));
  const outputs = proto.outputs.map((info) => info.name ?? '');
  const makers = new Map<string, Node | null>();
  const made = (name: string, by: Node | null) => {
    if (name === '') return;
    if (makers.has(name)) throw new FormatError(`${where}: value "${name}" is made twice`);
    makers.set(name, by);
  };
  for (const name of constants.keys()) made(name, null);
  for (const { name } of inputs) made(name, null);
  const nodes = proto.nodes.map((node, i) => buildNode(node, i, where, missing));
  for (const node of nodes) for (const name of node.outputs) made(name, node);
  fuseCells(nodes, makers, outputs);
  const { order, outer } = sorted(outputs, makers, where);
  for (const node of order) note(missing, node);
  return { inputs, outputs, outputInfos: proto.outputs, nodes: order, constants, outer };
}

function note({ known, nodes }: Missing, node: Node): void {
  if (node.cell || known(node.type)) return;
  const list = nodes.get(node.type);
  if (list) list.push(node.label);
  else nodes.set(node.type, [node.label]);
}

function buildNode(proto: NodeProto, index: number, where: string, missing: Missing): Node {
  const domain = proto.domain && proto.domain !== 'ai.onnx' ? `${proto.domain}.` : '';
  const type = `${domain}${proto.type}`;
  const label = `node "${proto.name || proto.outputs[0] || index}" (${type})`;
  const graphs = new Map<string, Graph>();
  const reads = new Set(proto.inputs.filter((name) => name !== ''));
  const attributes = new Map<string, AttributeProto>();
  for (const attribute of proto.attributes) {
    const name = attribute.name ?? '';
    attributes.set(name, attribute);
    if (!attribute.g) continue;
    const graph = buildGraph(attribute.g, `${where}: ${label}: ${name}`, missing);
    graphs.set(name, graph);
    for (const read of graph.outer) reads.add(read);
  }
  const { inputs, outputs } = proto;
  return { label, type, inputs, outputs, attributes, graphs, reads: [...reads], folded: null };
}

/** The nodes that lead to the outputs, each after those it reads from; dead ones are left out. No recursion: chains are long. */
function sorted(outputs: readonly string[], makers: ReadonlyMap<string, Node | null>, where: string) {
  const order: Node[] = [];
  const outer = new Set<string>();
  const state = new Map<Node, 'open' | 'done'>();
  const stack: (Node | string)[] = [...outputs].reverse();
  while (stack.length > 0) {
    const top = stack.pop()!;
    if (typeof top !== 'string') {
      state.set(top, 'done');
      order.push(top);
      continue;
    }
    const node = makers.get(top);
    if (node === undefined) outer.add(top);
    if (!node || state.get(node) === 'done') continue;
    if (state.has(node)) throw new FormatError(`${where}: ${node.label} depends on itself`);
    state.set(node, 'open');
    stack.push(node, ...node.reads);
  }
  return { order, outer: [...outer] };
}

export function valueInfo(name: string, info: ValueInfoProto, where: string): ValueInfo {
  const tensor = info.type?.tensor;
  if (!tensor) throw new UnsupportedError(`${where}: "${name}" is no tensor; expected tensors only`);
  const dtype = elementType(tensor.elementType, `${where}: "${name}"`);
  return { name, dtype, shape: tensor.shape?.dims.map((d) => d.value ?? d.name ?? null) ?? null };
}

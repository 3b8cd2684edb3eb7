// Finds LSTM and GRU cells that are spelled out as products, Split, Sigmoid, Tanh and sums, and makes one node of each.
//
//   LSTM   i, f, g, o = split(x·W + h·R + b)   c' = σ(f)·c + σ(i)·tanh(g)   h' = σ(o)·tanh(c')
//   GRU    split(x·W + b), split(h·R + d)      r, z = σ(xr + hr), σ(xz + hz)   n = tanh(xn + r·hn)   h' = n + z·(h - n), or (1 - z)·n + z·h
//
// The match is by names alone; shapes are known only when a graph is planned. So a cell keeps the nodes it stands for, and where its
// planner (operators/spelled-out.ts) finds that the shapes are no cell's, they are planned one by one.
import type { Node } from './graph.js';
import { type Cell, planCell } from './operators/spelled-out.js';

type Makers = Map<string, Node | null>;

/** A product: a · w, or a · wᵀ; `after`: w's first rows belong to that value, with which a was joined. */
export interface Product {
  a: string;
  w: string;
  transposed: boolean;
  after: string;
}
/** What a sum is made of. */
interface Sum {
  products: Product[];
  biases: string[];
}

/** One attempt: the nodes that belong to the cell. Each method gives null (or false) where something is not as it should be. */
class Match {
  readonly parts = new Set<Node>();
  readonly checks: { splits: string[]; ones: string[]; axes: number[] } = { splits: [], ones: [], axes: [] };
  constructor(private readonly makers: Makers) {}

  /** The node that makes `name`, if it is a `type`; it becomes a part. */
  made(name: string, type: string): Node | null {
    const node = this.makers.get(name);
    if (node?.type !== type) return null;
    this.parts.add(node);
    return node;
  }
  /** The inputs of a node of two, in the order that `first` accepts the first one in. */
  either<T>(node: Node | null, first: (name: string) => T | null): [T, string] | null {
    if (node?.inputs.length !== 2) return null;
    for (const k of [0, 1]) {
      const found = first(node.inputs[k]);
      if (found !== null) return [found, node.inputs[1 - k]];
    }
    return null;
  }
  /** What a function of one argument is applied to. */
  argument(name: string, type: string): string | null {
    return this.made(name, type)?.inputs[0] ?? null;
  }

  /** Terms of a sum, through nested Adds and Gemms. */
  sum(name: string, into: Sum = { products: [], biases: [] }, depth = 0): Sum {
    // A cell's sum is not deeper; a strange file's may be endless.
    const node = depth < 8 ? this.makers.get(name) : null;
    const plain = ({ attributes }: Node) =>
      (attributes.get('alpha')?.f ?? 1) === 1 && (attributes.get('beta')?.f ?? 1) === 1 && !attributes.get('transA')?.i;
    if (node?.type === 'Add') {
      this.parts.add(node);
      for (const term of node.inputs) this.sum(term, into, depth + 1);
    } else if (node?.type === 'MatMul' || (node?.type === 'Gemm' && plain(node))) {
      this.parts.add(node);
      this.product(node, into.products);
      if (node.inputs[2]) this.sum(node.inputs[2], into, depth + 1);
    } else into.biases.push(name);
    return into;
  }
  private product(node: Node, into: Product[]): void {
    const [a, w] = node.inputs;
    const transposed = Boolean(node.attributes.get('transB')?.i);
    const joined = this.makers.get(a);
    if (joined?.type !== 'Concat' || joined.inputs.length !== 2) {
      into.push({ a, w, transposed, after: '' });
      return;
    }
    this.parts.add(joined);
    this.checks.axes.push(joined.attributes.get('axis')?.i ?? 0);
    const [first, second] = joined.inputs;
    into.push({ a: first, w, transposed, after: '' }, { a: second, w, transposed, after: first });
  }

  /** The Split that all these names come from, in `count` parts, and which part each is. */
  split(names: readonly string[], count: number): { from: string; order: number[] } | null {
    const node = this.made(names[0], 'Split');
    if (node?.outputs.length !== count) return null;
    const order = names.map((name) => node.outputs.indexOf(name));
    const sizes = node.attributes.get('split')?.ints ?? [];
    if (order.includes(-1) || new Set(order).size !== names.length || sizes.some((n) => n !== sizes[0])) return null;
    if (node.inputs[1]) this.checks.splits.push(node.inputs[1]);
    this.checks.axes.push(node.attributes.get('axis')?.i ?? 0);
    return { from: node.inputs[0], order };
  }
}

/** The cell whose h' is made by a Mul. */
function lstm(m: Match, root: Node): Cell | null {
  const product = (name: string): Node | null => m.made(name, 'Mul');
  const sigmoid = (name: string) => m.argument(name, 'Sigmoid');
  m.parts.add(root);
  const output = m.either(root, sigmoid);
  const next = output && m.argument(output[1], 'Tanh');
  const sum = next ? m.made(next, 'Add') : null;
  if (!output || !next || sum?.inputs.length !== 2) return null;
  // σ(i)·tanh(g) and σ(f)·c: the first has both functions.
  for (const k of [0, 1]) {
    const input = m.either(product(sum.inputs[k]), sigmoid);
    const g = input && m.argument(input[1], 'Tanh');
    const forget = g ? m.either(product(sum.inputs[1 - k]), sigmoid) : null;
    if (!input || !g || !forget) continue;
    const gates = m.split([input[0], forget[0], g, output[0]], 4);
    if (!gates) return null;
    const { products, biases } = m.sum(gates.from);
    if (products.length !== 2) return null;
    const { order } = gates;
    const outputs = [root.outputs[0], next];
    return { kind: 'LSTM', order, products, biases, recurrentBiases: [], state: forget[1], outputs, ...m.checks };
  }
  return null;
}

/** The cell whose h' is made by an Add. */
function gru(m: Match, root: Node): Cell | null {
  m.parts.add(root);
  const found = mixed(m, root);
  if (!found) return null;
  const [z, n, state] = found;
  const argument = m.argument(n, 'Tanh');
  const sum = argument ? m.made(argument, 'Add') : null;
  const reset = m.either(sum, (name) => m.either(m.made(name, 'Mul'), (part) => m.argument(part, 'Sigmoid')));
  if (!reset) return null;
  const [[r, hn], xn] = reset;
  const [zs, rs] = [z, r].map((name) => m.made(name, 'Add')?.inputs);
  if (zs?.length !== 2 || rs?.length !== 2) return null;
  const fromX = (names: readonly string[]) => names.find((name) => m.split([name, xn], 3)) ?? '';
  const [xr, xz] = [fromX(rs), fromX(zs)];
  const rest = (names: readonly string[], name: string) => (names[0] === name ? names[1] : names[0]);
  const x = m.split([xr, xz, xn], 3);
  const h = m.split([rest(rs, xr), rest(zs, xz), hn], 3);
  if (!x || !h || x.order.join() !== h.order.join()) return null;
  const [left, right] = [m.sum(x.from), m.sum(h.from)];
  if (left.products.length !== 1 || right.products.length !== 1 || right.products[0].a !== state) return null;
  const products = [...left.products, ...right.products];
  const { biases } = left;
  return {
    kind: 'GRU',
    order: x.order,
    products,
    biases,
    recurrentBiases: right.biases,
    state,
    outputs: [root.outputs[0]],
    ...m.checks,
  };
}

/** [z before its σ, n, h] of n + z·(h - n) or (1 - z)·n + z·h. */
function mixed(m: Match, root: Node): [string, string, string] | null {
  const sigmoid = (name: string) => m.argument(name, 'Sigmoid');
  for (const k of [0, 1]) {
    const [term, other] = [root.inputs[k], root.inputs[1 - k]];
    const scaled = m.either(m.made(term, 'Mul'), sigmoid);
    if (!scaled) continue;
    const [z, by] = scaled;
    const difference = m.made(by, 'Sub');
    if (difference?.inputs[1] === other) return [z, other, difference.inputs[0]];
    const rest = m.either(m.made(other, 'Mul'), (name) => {
      const sub = m.made(name, 'Sub');
      return sub && sigmoid(sub.inputs[1]) === z ? sub.inputs[0] : null;
    });
    if (!rest) continue;
    m.checks.ones.push(rest[0]);
    return [z, rest[1], by];
  }
  return null;
}

/** Replaces cells among `nodes` in `makers`. */
export function fuseCells(nodes: readonly Node[], makers: Makers, outputs: readonly string[]): void {
  const readers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.reads) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  }
  for (const node of nodes) {
    if (node.type !== 'Mul' && node.type !== 'Add') continue;
    const m = new Match(makers);
    const cell = (node.type === 'Mul' ? lstm : gru)(m, node);
    if (!cell) continue;
    const inside = (part: Node) =>
      part.outputs.every(
        (name) =>
          cell.outputs.includes(name) ||
          (!outputs.includes(name) && (readers.get(name) ?? []).every((reader) => m.parts.has(reader))),
      );
    const parts = nodes.filter((part) => m.parts.has(part));
    if (parts.every(inside)) replace(cell, parts, makers);
  }
}

function replace(cell: Cell, parts: readonly Node[], makers: Makers): void {
  const own = new Set(parts.flatMap((part) => part.outputs));
  const reads = [...new Set(parts.flatMap((part) => part.reads))].filter((name) => !own.has(name));
  const { products, biases, recurrentBiases, state, splits, ones } = cell;
  const needed = [...products.flatMap((p) => [p.a, p.w]), ...biases, ...recurrentBiases, state, ...splits, ...ones];
  if (!needed.every((name) => reads.includes(name))) return;
  const label = `node "${cell.outputs[0]}" (${cell.kind} cell of ${parts.length} nodes)`;
  const node: Node = {
    label,
    type: `${cell.kind}Cell`,
    inputs: reads,
    outputs: cell.outputs,
    attributes: new Map(),
    graphs: new Map(),
    reads,
    folded: null,
    cell: { parts, plan: (call) => planCell(call, cell, (name) => reads.indexOf(name)) },
  };
  for (const name of cell.outputs) makers.set(name, node);
}

// Finds LSTM and GRU cells that are spelled out as products, Split, Sigmoid, Tanh and sums, and makes one node of each.
//
//   LSTM   i, f, g, o = split(x·W + h·R + b)   c' = σ(f)·c + σ(i)·tanh(g)   h' = σ(o)·tanh(c')
//   GRU    split(x·W + b), split(h·R + d)      r, z = σ(xr + hr), σ(xz + hz)   n = tanh(xn + r·hn)   h' = n + z·(h - n), or (1 - z)·n + z·h
//
// The match is by names alone; shapes are known only when a graph is planned. So a cell keeps the nodes it stands for, and where its
// planner (operators/spelled-out.ts) finds that the shapes are no cell's, they are planned one by one.
import type { Node } from './graph.js';
import { type Cell, planCell } from './operators/spelled-out.js';
import type { Makers } from './simplify.js';

/** A product: a · w, or a · wᵀ; `after`: w's first rows belong to that value, with which a was joined. */
export interface Product {
  a: string;
  w: string;
  transposed: boolean;
  after: string;
}

/** A value of any maker, named; or a node and what its inputs are. */
type Pattern = string | readonly [string, ...Pattern[]];
const LSTM_H: Pattern = ['Mul', ['Sigmoid', 'o'], ['Tanh', 'c1']];
const LSTM_C: Pattern = ['Add', ['Mul', ['Sigmoid', 'f'], 'c'], ['Mul', ['Sigmoid', 'i'], ['Tanh', 'g']]];
const GRU_H: readonly Pattern[] = [
  ['Add', 'n', ['Mul', ['Sigmoid', 'z'], ['Sub', 'h', 'n']]],
  ['Add', ['Mul', ['Sub', 'one', ['Sigmoid', 'z']], 'n'], ['Mul', ['Sigmoid', 'z'], 'h']],
];
const GRU_N: Pattern = ['Tanh', ['Add', 'xn', ['Mul', ['Sigmoid', 'r'], 'hn']]];

/** One attempt: the nodes that belong to the cell, and what must hold for its shapes. */
class Match {
  parts: Node[] = [];
  names: Record<string, string> = {};
  readonly axes: number[] = [];
  readonly splits: string[] = [];
  readonly products: Product[] = [];
  constructor(private readonly makers: Makers) {}

  /** Whether `name` is made as the pattern says; sums and products in either order. */
  is(pattern: Pattern, name: string): boolean {
    const { names, parts } = this;
    if (typeof pattern === 'string') {
      this.names = { ...names, [pattern]: name };
      return (names[pattern] ?? name) === name;
    }
    const [type, ...inputs] = pattern;
    const node = this.makers.get(name);
    if (node?.type !== type || node.inputs.length !== inputs.length) return false;
    return [node.inputs, ...(type === 'Sub' ? [] : [[...node.inputs].reverse()])].some((given) => {
      this.names = names;
      this.parts = [...parts, node];
      return inputs.every((input, i) => this.is(input, given[i]));
    });
  }

  /** The names that a sum is made of beside its products, through nested Adds and Gemms. */
  terms(name: string, depth = 0): string[] {
    // A cell's sum is not deeper; a strange file's may be endless.
    const node = depth < 8 ? this.makers.get(name) : null;
    const attribute = (key: string) => node?.attributes.get(key);
    const product = node?.type === 'MatMul' || node?.type === 'Gemm';
    const scaled = ['alpha', 'beta'].some((key) => (attribute(key)?.f ?? 1) !== 1) || attribute('transA')?.i;
    if (!node || scaled || !(product || node.type === 'Add')) return [name];
    this.parts.push(node);
    const { inputs } = node;
    if (product) this.product(inputs[0], inputs[1], Boolean(attribute('transB')?.i));
    return inputs.slice(product ? 2 : 0).flatMap((term) => (term ? this.terms(term, depth + 1) : []));
  }
  private product(a: string, w: string, transposed: boolean): void {
    const joined = this.makers.get(a);
    if (joined?.type === 'Concat' && joined.inputs.length === 2) {
      this.parts.push(joined);
      this.axes.push(joined.attributes.get('axis')?.i ?? 0);
      const [first, second] = joined.inputs;
      this.products.push({ a: first, w, transposed, after: '' }, { a: second, w, transposed, after: first });
    } else this.products.push({ a, w, transposed, after: '' });
  }

  /** Whether one node makes both. */
  siblings(a: string, b: string): boolean {
    return this.makers.get(a) === this.makers.get(b);
  }
  /** What all these names are parts of, if the parts are equal, and which part each is. */
  split(...names: string[]): { from: string; order: number[] } | null {
    const node = this.makers.get(names[0]);
    if (node?.type !== 'Split' || node.outputs.length !== names.length) return null;
    const order = names.map((name) => node.outputs.indexOf(name));
    const sizes = node.attributes.get('split')?.ints ?? [];
    if (order.includes(-1) || new Set(order).size !== names.length || sizes.some((n) => n !== sizes[0])) return null;
    this.parts.push(node);
    this.splits.push(...node.inputs.slice(1));
    this.axes.push(node.attributes.get('axis')?.i ?? 0);
    return { from: node.inputs[0], order };
  }
}

function lstm(m: Match, h: string): Cell | null {
  if (!m.is(LSTM_H, h) || !m.is(LSTM_C, m.names.c1)) return null;
  const { i, f, g, o, c, c1 } = m.names;
  const gates = m.split(i, f, g, o);
  if (!gates) return null;
  const biases = m.terms(gates.from);
  const { products, axes, splits } = m;
  const { order } = gates;
  return {
    kind: 'LSTM',
    order,
    products,
    biases,
    recurrentBiases: [],
    state: c,
    outputs: [h, c1],
    axes,
    splits,
    ones: [],
  };
}

function gru(m: Match, y: string): Cell | null {
  const form = GRU_H.find((pattern) => {
    m.names = {};
    m.parts = [];
    return m.is(pattern, y);
  });
  if (!form || !m.is(GRU_N, m.names.n)) return null;
  const { z, r, h, xn, hn, one } = m.names;
  // The parts of x·W are those of xn's Split.
  const pairs = [r, z].map((name, k) => {
    if (!m.is(['Add', `a${k}`, `b${k}`], name)) return ['', ''];
    const [a, b] = [m.names[`a${k}`], m.names[`b${k}`]];
    return m.siblings(a, xn) ? [a, b] : [b, a];
  });
  const x = m.split(pairs[0][0], pairs[1][0], xn);
  const s = m.split(pairs[0][1], pairs[1][1], hn);
  if (!x || !s || x.order.join() !== s.order.join()) return null;
  const biases = m.terms(x.from);
  const { products, axes, splits } = m;
  if (products.length !== 1) return null;
  const recurrentBiases = m.terms(s.from);
  if (products[1]?.a !== h) return null;
  return {
    kind: 'GRU',
    order: x.order,
    products,
    biases,
    recurrentBiases,
    state: h,
    outputs: [y],
    axes,
    splits,
    ones: one ? [one] : [],
  };
}

/** Puts one node in the place of each cell among `nodes`. */
export function fuseCells(
  nodes: readonly Node[],
  makers: Makers,
  inside: (parts: readonly Node[], outputs: readonly string[]) => boolean,
): void {
  for (const { type, outputs } of nodes) {
    const find = { Mul: lstm, Add: gru }[type];
    const m = new Match(makers);
    const cell = find?.(m, outputs[0]);
    if (cell?.products.length !== 2) continue;
    // Found from the outputs back: reversed, each comes after what it reads.
    const parts = [...new Set(m.parts.reverse())];
    if (inside(parts, cell.outputs)) replace(cell, parts, makers);
  }
}

function replace(cell: Cell, parts: readonly Node[], makers: Makers): void {
  const own = new Set(parts.flatMap((part) => part.outputs));
  const reads = [...new Set(parts.flatMap((part) => part.reads))].filter((name) => !own.has(name));
  const { kind, outputs, products, biases, recurrentBiases, state, splits, ones } = cell;
  const needed = [...products.flatMap((p) => [p.a, p.w]), ...biases, ...recurrentBiases, state, ...splits, ...ones];
  if (!needed.every((name) => reads.includes(name))) return;
  const node: Node = {
    label: `node "${outputs[0]}" (${kind} cell of ${parts.length} nodes)`,
    type: `${kind}Cell`,
    inputs: reads,
    outputs,
    attributes: new Map(),
    graphs: new Map(),
    reads,
    folded: null,
    cell: { parts, plan: (call) => planCell(call, cell, (name) => reads.indexOf(name)) },
  };
  for (const name of outputs) makers.set(name, node);
}

// What is made simpler before a graph is put in order: by names and attributes alone, as shapes are not known yet.
import { fuseCells } from './cells-spelled-out.js';
import type { Node } from './graph.js';
import { planFolded } from './operators/folded-norm.js';

/** The node that makes each value; null for inputs and constants. */
export type Makers = Map<string, Node | null>;

/** Changes who makes what in `makers`; nodes that nobody needs any more are left out later. */
export function simplify(nodes: readonly Node[], makers: Makers, outputs: readonly string[]): void {
  const readers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of node.reads) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  }
  /** Whether nobody else needs what `parts` make, but for `made`. */
  const inside = (parts: readonly Node[], made: readonly string[]) =>
    parts.every((part) =>
      part.outputs.every(
        (name) =>
          made.includes(name) ||
          (!outputs.includes(name) && (readers.get(name) ?? []).every((reader) => parts.includes(reader))),
      ),
    );
  fuseCells(nodes, makers, inside);
  for (const node of nodes) {
    const before = makers.get(node.inputs[0]);
    if (!before || makers.get(node.outputs[0]) !== node) continue;
    if (node.type === 'Transpose' && before.type === 'Transpose') joinTransposes(before, node, makers);
    if (node.type === 'BatchNormalization' && before.type === 'Conv' && inside([before, node], node.outputs))
      foldNorm(before, node, makers);
  }
}

/** Two permutations are one; where it moves nothing, it costs nothing. */
function joinTransposes(first: Node, second: Node, makers: Makers): void {
  const [p, q] = [first, second].map(({ attributes }) => attributes.get('perm')?.ints);
  if (!p || !q || p.length !== q.length) return;
  const perm = q.map((d) => p[d]);
  const attributes = new Map([['perm', { floats: [], strings: [], ints: perm }]]);
  makers.set(second.outputs[0], { ...second, inputs: first.inputs, reads: first.reads, attributes });
}

/** A convolution whose channels are scaled and shifted has other weights. */
function foldNorm(conv: Node, norm: Node, makers: Makers): void {
  const inputs = [conv.inputs[0], conv.inputs[1], conv.inputs[2] ?? '', ...norm.inputs.slice(1)];
  const parts = [conv, norm];
  const reads = [...new Set(inputs)].filter((name) => name !== '');
  const node: Node = {
    ...conv,
    inputs,
    outputs: norm.outputs,
    reads,
    cell: { parts, plan: (call) => planFolded(call, norm.attributes) },
  };
  makers.set(norm.outputs[0], node);
}

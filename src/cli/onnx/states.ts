// Which outputs of a model are its inputs of the next step: ONNX does not say; names, shapes and the nodes they lead to do.
import type { ValueInfo } from '../../onnx/graph.js';
import type { GraphProto } from '../../onnx/schema.js';

/** Names that recurrent models give their states: state, h0, cn, hidden, initial_h, cache. */
const WORDS = /state|hidden|cell|cache|memory|(^|[^a-z])[hc]([_.]?(x|n|t|in|out|\d+)|[^a-z]|$)/i;

/** Inputs of RNN, GRU and LSTM nodes that are states. */
const STATE_INPUTS = [5, 6];
/** Operators that move elements about but keep them as they are. */
const MOVING = new Set([
  'Cast',
  'Concat',
  'Expand',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

/**
 * Input name -> output name, for inputs that look like states: an output of the same type and of a shape that may be the same, with the same name
 * but for words such as 'in', 'out', 'new' and 'n', or the only such output. By a name alone nothing that is no state by its own name or by
 * leading to a recurrent node's state is taken.
 */
export function guessStates(
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
  leading: ReadonlySet<string> = new Set(),
): Record<string, string> {
  // Without a prototype: an input may be called 'constructor'.
  const found: Record<string, string> = Object.create(null);
  const taken = new Set<string>();
  const likely = inputs.filter(({ name }) => WORDS.test(name) || leading.has(name));
  for (const byName of [true, false]) {
    for (const input of likely) {
      if (found[input.name] !== undefined) continue;
      const fitting = outputs.filter((o) => !taken.has(o.name) && o.dtype === input.dtype && mayBeSame(input, o));
      const output = byName
        ? fitting.find((o) => stem(o.name) === stem(input.name))
        : fitting.length === 1 && (WORDS.test(fitting[0].name) || leading.has(input.name))
          ? fitting[0]
          : undefined;
      if (!output) continue;
      found[input.name] = output.name;
      taken.add(output.name);
    }
  }
  return found;
}

/** The graph's inputs that reach a recurrent node's initial state through operators that only move elements; subgraphs too. */
export function leadingToStates(graph: GraphProto): Set<string> {
  const makers = new Map<string, readonly string[]>();
  const wanted: string[] = [];
  const walk = ({ nodes }: GraphProto): void => {
    for (const { type = '', inputs, outputs, attributes } of nodes) {
      if (MOVING.has(type)) for (const name of outputs) makers.set(name, inputs);
      if (['RNN', 'GRU', 'LSTM'].includes(type)) wanted.push(...STATE_INPUTS.flatMap((i) => inputs[i] || []));
      for (const { g } of attributes) if (g) walk(g);
    }
  };
  walk(graph);
  const seen = new Set(wanted);
  for (const name of seen) for (const from of makers.get(name) ?? []) seen.add(from);
  return seen;
}

/** 'state' of state, stateN, state_in, prev_state, output_state; 'h' of h0, hx and hn. */
function stem(name: string): string {
  return name
    .toLowerCase()
    .replace(/input|output|prev(ious)?|past|present|next|new|initial|final|last/g, '')
    .replace(/[_.]?(in|out|n|t|\d+)$/, '')
    .replace(/^([hc])x$/, '$1')
    .replace(/[^a-z\d]/g, '');
}

function mayBeSame(a: ValueInfo, b: ValueInfo): boolean {
  if (!a.shape || !b.shape) return a.shape === b.shape;
  return (
    a.shape.length === b.shape.length &&
    a.shape.every((n, d) => typeof n !== 'number' || typeof b.shape![d] !== 'number' || n === b.shape![d])
  );
}

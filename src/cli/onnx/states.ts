// Which outputs of a model are its states for the next step: ONNX does not say, names and shapes do.
import type { ValueInfo } from '../../onnx/graph.js';

const WORDS = /state|hidden|cell|cache|memory|(^|[^a-z])[hc](x|n|t|\d|[^a-z]|$)/i;

/** Input name -> output name, for inputs that look like states: see inspect's "guessed". */
export function guessStates(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): Record<string, string> {
  const found: Record<string, string> = {};
  const taken = new Set<string>();
  inputs.forEach((input, i) => {
    const fitting = outputs.filter((o) => !taken.has(o.name) && o.dtype === input.dtype && sameShape(input, o));
    const named = fitting.find((o) => stem(o.name) === stem(input.name));
    const known = input.shape?.every((n) => typeof n === 'number') && input.shape.length >= 3 && i > 0;
    const lone = fitting.length === 1 && (WORDS.test(input.name) || known) ? fitting[0] : undefined;
    const output = WORDS.test(input.name) || i > 0 ? (named ?? lone) : undefined;
    if (!output) return;
    found[input.name] = output.name;
    taken.add(output.name);
  });
  return found;
}

/** 'state' of state, stateN, state_in, prev_state, output_state. */
function stem(name: string): string {
  return name
    .toLowerCase()
    .replace(/input|output|prev(ious)?|past|present|next|new|initial|final/g, '')
    .replace(/[_.]?(in|out|n|0|t|t1)$/, '')
    .replace(/[^a-z\d]/g, '');
}

function sameShape(a: ValueInfo, b: ValueInfo): boolean {
  if (!a.shape || !b.shape) return a.shape === b.shape;
  const open = (n: unknown) => typeof n !== 'number';
  return (
    a.shape.length === b.shape.length && a.shape.every((n, d) => open(n) || open(b.shape![d]) || n === b.shape![d])
  );
}

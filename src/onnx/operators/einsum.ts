// Einsum: the operands are taken in from left to right, each by one batched matrix product.
import { FormatError, ShapeError } from '../../errors.js';
import { type Shape, sizeOf, stridesOf } from '../../shape.js';
import type { Call, Operator } from '../call.js';
import type { ElementType } from '../element-types.js';
import { batched } from './matmul.js';

/** An operand under way: a label for each dimension, each label once, and its stride (0 where it is broadcast). */
interface Term {
  readonly ptr: number;
  readonly labels: readonly string[];
  readonly strides: ReadonlyMap<string, number>;
}

/** "ij,j->i" as lists of labels; the dimensions of an ellipsis are numbered from the last one. */
function parse(equation: string, ranks: readonly number[]): { inputs: string[][]; output: string[] } {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== ranks.length) throw new FormatError(`equation ${equation} for ${ranks.length} inputs`);
  let widest = 0;
  const labels = (term: string, rank: number) => {
    const [before, after] = term.split('...');
    const dots = after === undefined ? 0 : rank - before.length - after.length;
    if (dots < 0 || (after === undefined && rank >= 0 && before.length !== rank))
      throw new ShapeError(`"${term}" for an input of rank ${rank}`);
    widest = Math.max(widest, dots);
    return [...before, ...Array.from({ length: dots }, (_, i) => `.${dots - i}`), ...(after ?? '')];
  };
  const inputs = terms.map((term, i) => labels(term, ranks[i]));
  if (right !== undefined) {
    const letters = right.replace('...', '').length;
    return { inputs, output: labels(right, right.includes('...') ? letters + widest : letters) };
  }
  // Without an arrow: the ellipsis, then what occurs once, in the order of the alphabet.
  const all = inputs.flat();
  const once = all.filter((l) => l.length === 1 && all.indexOf(l) === all.lastIndexOf(l)).sort();
  return { inputs, output: [...Array.from({ length: widest }, (_, i) => `.${widest - i}`), ...once] };
}

function einsum(call: Call): void {
  const values = call.inputs.map((_, i) => call.in(i));
  const { inputs, output } = parse(
    call.text('equation'),
    values.map(({ shape }) => shape.length),
  );
  const sizes = new Map<string, number>();
  values.forEach(({ shape }, i) => {
    inputs[i].forEach((label, d) => {
      const had = sizes.get(label) ?? 1;
      if (had !== 1 && shape[d] !== 1 && had !== shape[d])
        throw new ShapeError(`${label} is ${had} and ${shape[d]} in ${call.text('equation')}`);
      sizes.set(label, had === 1 ? shape[d] : had);
    });
  });
  const sizesOf = (labels: readonly string[]): Shape =>
    labels.map((label) => {
      const n = sizes.get(label);
      if (n === undefined) throw new FormatError(`output label ${label} is in no input`);
      return n;
    });
  const y = call.out(sizesOf(output));
  if (y.size === 0) return;
  const terms = values.map(({ ptr, shape }, i) => term(ptr, inputs[i], shape));
  let [sum] = terms;
  for (let i = 1; i <= terms.length; i++) {
    const later = new Set([...output, ...terms.slice(i + 1).flatMap(({ labels }) => labels)]);
    // After the last one: a product with nothing sums up what the output does not keep.
    const next = terms[i] ?? null;
    if (next || sum.labels.some((label) => !later.has(label)))
      sum = product(call, values[0].type, sum, next, later, sizesOf);
  }
  const strides = output.map((label) => sum.strides.get(label) ?? 0);
  call.copy(sum.ptr, strides, y.ptr, stridesOf(y.shape), y.shape);
}

/** A label that comes twice is a diagonal: its strides add up. */
function term(ptr: number, labels: readonly string[], shape: Shape): Term {
  const own = stridesOf(shape);
  const strides = new Map<string, number>();
  labels.forEach((label, d) => {
    strides.set(label, (strides.get(label) ?? 0) + (shape[d] === 1 ? 0 : own[d]));
  });
  return { ptr, labels: [...strides.keys()], strides };
}

/** Σ a·b over the labels that nothing later needs. */
function product(
  call: Call,
  type: ElementType,
  a: Term,
  other: Term | null,
  later: ReadonlySet<string>,
  sizesOf: (labels: readonly string[]) => Shape,
): Term {
  const b = other ?? ones(call, type);
  const kept = (label: string) => later.has(label);
  const both = a.labels.filter((label) => b.labels.includes(label));
  const batch = both.filter(kept);
  const onlyA = a.labels.filter((label) => !both.includes(label));
  const onlyB = b.labels.filter((label) => !both.includes(label));
  const [rows, columns] = [onlyA.filter(kept), onlyB.filter(kept)];
  // What one side alone sums over is a part of k that the other side repeats.
  const summed = [...both, ...onlyA, ...onlyB].filter((label) => !kept(label));
  const [B, m, n, k] = [batch, rows, columns, summed].map((labels) => sizeOf(sizesOf(labels)));
  const left = arranged(call, a, [...batch, ...rows, ...summed], sizesOf);
  const right = arranged(call, b, [...batch, ...summed, ...columns], sizesOf);
  const to = call.scratch(B * m * n);
  const step = (bytes: number) => Int32Array.from({ length: B }, (_, i) => i * bytes);
  batched(call, type, [left, right, to], [step(m * k * 4), step(k * n * 4)], [m, n, k]);
  const labels = [...batch, ...rows, ...columns];
  return term(to, labels, sizesOf(labels));
}

function ones(call: Call, type: ElementType): Term {
  const one = type.includes('float') ? new Int32Array(Float32Array.of(1).buffer) : [1];
  return { ptr: call.words(one), labels: [], strides: new Map() };
}

/** A contiguous copy with these labels. */
function arranged(
  call: Call,
  { ptr, strides }: Term,
  labels: readonly string[],
  sizesOf: (labels: readonly string[]) => Shape,
): number {
  const shape = sizesOf(labels);
  const from = labels.map((label) => strides.get(label) ?? 0);
  const own = stridesOf(shape);
  if (own.every((s, d) => s === from[d] || shape[d] === 1)) return ptr;
  const to = call.scratch(sizeOf(shape));
  call.copy(ptr, from, to, own, shape);
  return to;
}

export const einsums: Record<string, Operator> = { Einsum: einsum };

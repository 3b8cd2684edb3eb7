// Sequences of different lengths in one tensor, as torch.nn.utils.rnn packs them: rows sorted by falling length, step t
// holding the rows still running, all steps one after the other.
import { ShapeError, ValueError } from '../errors.js';
import { pickRows } from '../ops/rows.js';
import { formatShape, type Shape } from '../shape.js';
import { TensorBase } from './base.js';
import { tensor, where } from './create.js';
import { scope, TENSORS } from './scope.js';
import type { Tensor } from './tensor.js';

/** What the recurrent modules take and return for packed sequences. */
export class PackedSequence {
  constructor(
    /** [Σ lengths, …]: the steps one after the other. */
    readonly data: Tensor,
    /** Rows still running at each step, not increasing. */
    readonly batchSizes: Int32Array,
    /** sortedIndices[j]: which of the caller's rows is the j-th longest; null where they came sorted. */
    readonly sortedIndices: Int32Array | null = null,
    /** The inverse of sortedIndices. */
    readonly unsortedIndices: Int32Array | null = sortedIndices ? inverse(sortedIndices) : null,
  ) {
    const total = batchSizes.reduce((a, b) => a + b, 0);
    const rows = `${[...Array(batchSizes[0] ?? 0).keys()]}`;
    // The kernels trust all of them.
    if (
      data.shape[0] !== total ||
      batchSizes.some((n, t) => n < 1 || n > batchSizes[t - 1]) ||
      [sortedIndices, unsortedIndices].some((order) => order && `${order.slice().sort()}` !== rows)
    ) {
      throw new ShapeError(
        `PackedSequence: data is ${formatShape(data.shape)}, batchSizes ${batchSizes}, indices ${sortedIndices}; expected ${total} rows, falling sizes, permutations`,
      );
    }
  }
  [TENSORS](): Tensor[] {
    return [this.data];
  }
  dispose(): void {
    this.data.dispose();
  }
}

/** Other rows in the same order. */
export function repacked({ batchSizes, sortedIndices, unsortedIndices }: PackedSequence, rows: Tensor): PackedSequence {
  return new PackedSequence(rows, batchSizes, sortedIndices, unsortedIndices);
}

export interface PackOptions {
  /** true: input is [N, L, …]; false (PyTorch's default): [L, N, …]. */
  batchFirst?: boolean;
  /** true: lengths must come sorted, longest first. */
  enforceSorted?: boolean;
}

/**
 * Packs a padded batch; steps beyond a row's length are left out.
 * @throws ValueError lengths that are not integers from 1 to L, one per row, or not sorted where enforceSorted asks for it.
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: ArrayLike<number> | Tensor,
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence {
  const where = 'packPaddedSequence';
  if (input.shape.length < 2 || input.size === 0)
    throw new ShapeError(`${where}: input is ${formatShape(input.shape)}; expected rank 2 or more, and elements`);
  const [L, N] = batchFirst ? [input.shape[1], input.shape[0]] : [input.shape[0], input.shape[1]];
  const list = checkLengths(lengths, L, N, where);
  const order = Array.from(list.keys()).sort((a, b) => list[b] - list[a] || a - b);
  const sorted = order.every((row, i) => row === i);
  if (enforceSorted && !sorted) {
    throw new ValueError(
      `${where}: lengths are ${Array.from(list).join(', ')}; expected falling lengths, or enforceSorted: false`,
    );
  }
  const batchSizes = batchSizesOf(order.map((row) => list[row]));
  const index = new Int32Array(batchSizes.reduce((a, b) => a + b, 0));
  let r = 0;
  batchSizes.forEach((size, t) => {
    for (let j = 0; j < size; j++) index[r++] = batchFirst ? order[j] * L + t : t * N + order[j];
  });
  const rows = pick(input, index, [index.length, ...input.shape.slice(2)]);
  return new PackedSequence(rows, batchSizes, enforceSorted ? null : Int32Array.from(order));
}

export interface PadOptions {
  batchFirst?: boolean;
  paddingValue?: number;
  /** Pad to this many steps, at least the longest length. */
  totalLength?: number;
}

/** The inverse of packing: the padded tensor, rows in the caller's order, and their lengths. */
export function padPackedSequence(
  sequence: PackedSequence,
  { batchFirst = false, paddingValue = 0, totalLength }: PadOptions = {},
): [Tensor, Int32Array] {
  const { data, batchSizes } = sequence;
  const N = batchSizes[0] ?? 0;
  const L = totalLength ?? batchSizes.length;
  if (!Number.isInteger(L) || L < batchSizes.length) {
    throw new ValueError(`padPackedSequence: totalLength is ${totalLength}; expected at least ${batchSizes.length}`);
  }
  const lengths = new Int32Array(N);
  const index = new Int32Array(L * N).fill(-1);
  let r = 0;
  batchSizes.forEach((size, t) => {
    for (let j = 0; j < size; j++, r++) {
      const row = sequence.sortedIndices?.[j] ?? j;
      index[batchFirst ? row * L + t : t * N + row] = r;
      lengths[row]++;
    }
  });
  const padded = pick(data, index, [...(batchFirst ? [N, L] : [L, N]), ...data.shape.slice(1)]);
  const filled = fillPadding(padded, index, paddingValue);
  if (filled !== padded) padded.dispose();
  return [filled, lengths];
}

/** `padded` [A, B, …] with paddingValue where index (A·B rows) is -1; itself where that is 0. */
export function fillPadding(padded: Tensor, index: Int32Array, paddingValue: number): Tensor {
  if (paddingValue === 0) return padded;
  return scope(() => {
    const shape = padded.shape.map((n, d) => (d < 2 ? n : 1));
    const holes = tensor(
      index.map((i) => (i < 0 ? 1 : 0)),
      { shape },
    );
    return where(holes, tensor([paddingValue], { dtype: padded.dtype }), padded);
  });
}

/** Rows of x by position (-1: zeros); the gradient of a row picked twice is the sum. */
export function pick(x: Tensor, index: Int32Array, shape: Shape): Tensor {
  const at = tensor(index);
  const out = TensorBase.apply(pickRows, [x, at], { shape })[0];
  at.dispose();
  return out;
}

/** Lengths as integers from `least` to L. Throws ValueError naming the row that is out of range. */
export function checkLengths(
  lengths: ArrayLike<number> | TensorBase,
  L: number,
  N: number,
  where: string,
  least = 1,
): Int32Array {
  const list = lengths instanceof TensorBase ? (lengths as Tensor).data() : lengths;
  if (list.length !== N)
    throw new ValueError(`${where}: ${list.length} lengths; expected ${N} (one per row of the batch)`);
  for (let row = 0; row < N; row++) {
    if (!Number.isInteger(list[row]) || list[row] < least || list[row] > L) {
      throw new ValueError(`${where}: length of row ${row} is ${list[row]}; expected an integer from ${least} to ${L}`);
    }
  }
  return Int32Array.from(list as ArrayLike<number>);
}

/** Rows still running at each step, from falling lengths. */
function batchSizesOf(lengths: readonly number[]): Int32Array {
  const sizes = new Int32Array(lengths[0] ?? 0);
  for (const length of lengths) for (let t = 0; t < length; t++) sizes[t]++;
  return sizes;
}

export function inverse(order: Int32Array): Int32Array {
  const out = new Int32Array(order.length);
  order.forEach((from, to) => {
    out[from] = to;
  });
  return out;
}

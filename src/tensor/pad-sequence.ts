// Lists of sequences as padded batches and back, as torch.nn.utils.rnn.
import { ShapeError, ValueError } from '../errors.js';
import { formatShape, sameShape } from '../shape.js';
import { concat } from './create.js';
import {
  checkLengths,
  fillPadding,
  type PackedSequence,
  type PackOptions,
  type PadOptions,
  packPaddedSequence,
  padPackedSequence,
  pick,
} from './packed-sequence.js';
import { scope } from './scope.js';
import type { Tensor } from './tensor.js';

/**
 * Sequences [L_i, …] of one trailing shape as a batch [L, N, …] ([N, L, …] with batchFirst), L the longest.
 * @throws ValueError no sequences; ShapeError trailing shapes that differ.
 */
export function padSequence(
  sequences: readonly Tensor[],
  { batchFirst = false, paddingValue = 0 }: Pick<PadOptions, 'batchFirst' | 'paddingValue'> = {},
): Tensor {
  checkSequences('padSequence', sequences);
  return scope(() => {
    const N = sequences.length;
    const L = Math.max(...sequences.map(({ shape }) => shape[0]));
    const rest = sequences[0].shape.slice(1);
    const index = new Int32Array(L * N).fill(-1);
    let row = 0;
    sequences.forEach(({ shape }, n) => {
      for (let t = 0; t < shape[0]; t++) index[batchFirst ? n * L + t : t * N + n] = row++;
    });
    const padded = pick(concat(sequences, 0), index, [...(batchFirst ? [N, L] : [L, N]), ...rest]);
    return fillPadding(padded, index, paddingValue);
  });
}

/** Packs sequences [L_i, …]; with enforceSorted (the default) they must come longest first. */
export function packSequence(
  sequences: readonly Tensor[],
  { enforceSorted = true }: Pick<PackOptions, 'enforceSorted'> = {},
): PackedSequence {
  checkSequences('packSequence', sequences);
  const lengths = sequences.map(({ shape }) => shape[0]);
  return scope(() => packPaddedSequence(padSequence(sequences), lengths, { enforceSorted }));
}

/** The inverse of padSequence: row n's first lengths[n] steps, one tensor per row. */
export function unpadSequence(
  padded: Tensor,
  lengths: ArrayLike<number> | Tensor,
  { batchFirst = false }: Pick<PadOptions, 'batchFirst'> = {},
): Tensor[] {
  if (padded.shape.length < 2) {
    throw new ShapeError(`unpadSequence: padded is ${formatShape(padded.shape)}; expected rank 2 or more`);
  }
  const [L, N] = batchFirst ? [padded.shape[1], padded.shape[0]] : padded.shape;
  const list = checkLengths(lengths, L, N, 'unpadSequence');
  return scope(() => Array.from(list, (length, n) => padded.select(batchFirst ? 0 : 1, n).slice(0, 0, length)));
}

/** The inverse of packSequence: the sequences in the caller's order. */
export function unpackSequence(sequence: PackedSequence): Tensor[] {
  return scope(() => unpadSequence(...padPackedSequence(sequence)));
}

function checkSequences(where: string, sequences: readonly Tensor[]): void {
  if (sequences.length === 0) throw new ValueError(`${where}: got no sequences; expected at least one`);
  for (const { shape } of sequences) {
    const [first] = sequences;
    if (shape.length === 0 || !sameShape(shape.slice(1), first.shape.slice(1))) {
      throw new ShapeError(
        `${where}: ${formatShape(shape)} beside ${formatShape(first.shape)}; expected one trailing shape`,
      );
    }
  }
}

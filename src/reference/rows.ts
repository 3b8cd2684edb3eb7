// Packed rows: sequences sorted by falling length, step after step (as torch's PackedSequence).
import { ValueError } from '../errors.js';

export interface PackedRows {
  /** order[j]: the caller's row that is the j-th longest. */
  order: number[];
  batchSizes: number[];
  /** First packed row of every step. */
  starts: number[];
  rows: number;
}

export function packRows(L: number, N: number, lengths?: ArrayLike<number>): PackedRows {
  const all = Array.from({ length: N }, (_, row) => lengths?.[row] ?? L);
  if (lengths && (lengths.length !== N || all.some((n) => !Number.isInteger(n) || n < 1 || n > L))) {
    throw new ValueError(`reference: lengths are ${all.join(', ')}; expected ${N} integers from 1 to ${L}`);
  }
  const order = all.map((_, row) => row).sort((a, b) => all[b] - all[a] || a - b);
  const steps = Math.max(...all);
  const batchSizes = Array.from({ length: steps }, (_, t) => all.filter((n) => n > t).length);
  const starts: number[] = [];
  let rows = 0;
  for (const size of batchSizes) {
    starts.push(rows);
    rows += size;
  }
  return { order, batchSizes, starts, rows };
}

/** The step before t in a direction: its first row and how many rows it has (none at the beginning). */
export function stepBefore(
  { batchSizes, starts }: PackedRows,
  t: number,
  reverse: boolean,
): { row: number; count: number } {
  const before = reverse ? t + 1 : t - 1;
  return before < 0 || before >= batchSizes.length
    ? { row: 0, count: 0 }
    : { row: starts[before], count: batchSizes[before] };
}

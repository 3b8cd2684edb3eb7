import { ShapeError } from '../errors.js';

/** Numbers in time [T], or rows of features [T, F]. */
export type Series = ArrayLike<number> | readonly ArrayLike<number>[];

/** Whether a series is flat: of numbers, one feature. */
export function isFlat(series: Series): series is ArrayLike<number> {
  return series.length === 0 || typeof series[0] === 'number';
}

/** A series as rows. Throws ShapeError for rows of different lengths. */
export function readRows(where: string, series: Series): { rows: number[][]; features: number } {
  const rows = isFlat(series)
    ? Array.from(series, (value) => [value])
    : Array.from(series as readonly ArrayLike<number>[], (row) => Array.from(row));
  const features = rows.length > 0 ? rows[0].length : 1;
  const bad = rows.findIndex((row) => row.length !== features);
  if (bad >= 0) throw new ShapeError(`${where}: row ${bad} has ${rows[bad].length} features; expected ${features}`);
  return { rows, features };
}

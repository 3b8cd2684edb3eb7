// Random letters from a to h. Which one came first?
import { rand } from 'gated';

export const CLASSES = 8;

/** `batch` sequences of span + 1 letters, all drawn alike: ids [span + 1][batch], and the first of each. Drawn by gated's seeded generator. */
export function draw(span, batch) {
  const numbers = rand([span + 1, batch]);
  const ids = numbers.toArray().map((row) => row.map((x) => Math.floor(CLASSES * x)));
  numbers.dispose();
  return { ids, first: Int32Array.from(ids[0]) };
}

/** One sequence as people would write it. */
export function written(ids, row) {
  return ids.map((step) => 'abcdefgh'[step[row]]).join('');
}

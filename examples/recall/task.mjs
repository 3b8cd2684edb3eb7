// One of eight letters, then random digits 0 to 7. Which letter was it?
import { rand } from 'gated';

export const CLASSES = 8;
/** Ids: 0 to 7 the letters a to h, 8 to 15 the digits. */
export const SYMBOLS = 2 * CLASSES;

/** `batch` sequences of a letter and `span` digits: ids [span + 1][batch] and the letters. Drawn by gated's seeded generator. */
export function draw(span, batch) {
  const numbers = rand([span + 1, batch]);
  const ids = numbers
    .toArray()
    .map((row, step) => row.map((x) => Math.floor(CLASSES * x) + (step === 0 ? 0 : CLASSES)));
  numbers.dispose();
  return { ids, letters: Int32Array.from(ids[0]) };
}

/** 'c4170…' as people would write it. */
export function written(ids, row) {
  return ids.map((step) => (step[row] < CLASSES ? 'abcdefgh'[step[row]] : step[row] - CLASSES)).join('');
}

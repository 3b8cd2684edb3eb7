// Characters as ids, and batches of them.
import { bucketBatches, charVocabulary } from 'gated/data';
import { examples } from './dates.mjs';

const PADDING = -100; // crossEntropy's ignoreIndex

/** Of 2,000 dates every character there is; anything else is unknown. */
export const SOURCE = charVocabulary(
  examples(2000, { seed: 1 }).map(({ text }) => text),
  { specials: ['<pad>', '<unk>'], unknown: '<unk>' },
);
export const TARGET = charVocabulary('0123456789-', { specials: ['<bos>', '<eos>'] });

/** Rows of ids as one rectangle. */
export function pad(rows, filler = 0) {
  const longest = Math.max(...rows.map(({ length }) => length));
  return rows.map((row) => [...row, ...new Array(longest - row.length).fill(filler)]);
}

/** Batches for fit: the text, its length, what the decoder is given (<bos> and the date) and what it should write (the date and <eos>). */
export function batches(pairs, { batchSize, seed }) {
  return bucketBatches(pairs, {
    batchSize,
    seed,
    lengthOf: ({ text }) => text.length,
    collate: (rows) => {
      const sources = rows.map(({ text }) => SOURCE.encode(text));
      const dates = rows.map(({ iso }) => [...TARGET.encode(iso)]);
      return {
        input: pad(sources),
        lengths: sources.map(({ length }) => length),
        given: pad(dates.map((ids) => [TARGET.idOf('<bos>'), ...ids])),
        target: Int32Array.from(
          pad(
            dates.map((ids) => [...ids, TARGET.idOf('<eos>')]),
            PADDING,
          ).flat(),
        ),
        count: rows.length,
      };
    },
  });
}

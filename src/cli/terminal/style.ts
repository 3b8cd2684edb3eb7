// What a stream can show: colours and columns. Results go to stdout, progress and errors to stderr, and each is asked
// for itself: `gated train > out.txt` keeps a coloured stderr and a plain file.

import picocolors from 'picocolors';
import type { Colors } from 'picocolors/types.js';

export type { Colors };

/** The part of process.stdout and process.stderr used here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Colours for this stream: none if NO_COLOR is set (https://no-color.org), any if FORCE_COLOR is, else if it is a
 * terminal that is not dumb.
 */
export function colorsFor(stream: OutputStream, environment: Environment = process.env): Colors {
  return picocolors.createColors(hasColors(stream, environment));
}

function hasColors(stream: OutputStream, { NO_COLOR, FORCE_COLOR, TERM }: Environment): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}

/** The terminal's width; 80 if it is not a terminal or does not know. */
export function columnsOf(stream: OutputStream): number {
  return stream.isTTY === true && stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80;
}

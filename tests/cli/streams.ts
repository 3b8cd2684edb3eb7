// Streams that remember, in place of a terminal and of a file.
import { Writable } from 'node:stream';

export class RecordingStream extends Writable {
  text = '';

  /** @param columns the width of a terminal; undefined for a pipe or file. */
  constructor(readonly columns?: number) {
    super();
  }
  get isTTY(): boolean {
    return this.columns !== undefined;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

/** True if the text would move a cursor or change a colour. */
export function hasControlCodes(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text);
}

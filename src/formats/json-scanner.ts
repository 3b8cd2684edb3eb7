// JSON (RFC 8259) read straight from bytes, as a schema asks for it: no tree, no recursion, no property names from the
// file on any object. Stricter than JSON.parse: a key may come once, an integer is digits only, and every refusal
// knows its byte.
import { FormatError } from '../errors.js';
import { decodeUtf8 } from './utf8.js';

const QUOTE = 0x22;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

export class JsonScanner {
  /** @param at where to start, @param end where the text ends; offsets in messages count from the start of `bytes`. */
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
    private readonly where: string,
  ) {}

  /** An object: `read(key)` is called for each key and must consume its value. */
  object(read: (key: string) => void, what: string): void {
    this.expect('{', what);
    const keys = new Set<string>();
    if (this.skip('}')) return;
    do {
      this.space();
      const start = this.at;
      const key = this.string(`a key of ${what}`);
      if (keys.has(key)) throw this.error(start, `key ${quote(key)} of ${what} came before; expected it once`);
      keys.add(key);
      this.expect(':', what);
      read(key);
    } while (this.skip(','));
    this.expect('}', what);
  }

  integers(what: string, most: number): number[] {
    this.expect('[', what);
    const list: number[] = [];
    if (this.skip(']')) return list;
    do {
      if (list.length === most) throw this.unexpected(what, `at most ${most} numbers`);
      list.push(this.integer(what));
    } while (this.skip(','));
    this.expect(']', what);
    return list;
  }

  /** A non-negative integer that a number holds exactly. */
  integer(what: string): number {
    this.space();
    const start = this.at;
    let value = 0;
    while (this.at < this.end && isDigit(this.bytes[this.at])) {
      value = 10 * value + this.bytes[this.at++] - ZERO;
      if (value > Number.MAX_SAFE_INTEGER) throw this.error(start, `${what} has a number above 2^53 - 1`);
    }
    const digits = this.at - start;
    if (digits === 0) throw this.unexpected(what, 'a non-negative integer');
    if (digits > 1 && this.bytes[start] === ZERO) throw this.error(start, `${what} has a number with a leading zero`);
    // `1.5`, `1e3`: digits, but no integer of this format.
    const next = this.at < this.end ? String.fromCharCode(this.bytes[this.at]) : '';
    if (next !== '' && '.eE'.includes(next)) throw this.unexpected(what, 'an integer written as digits');
    return value;
  }

  string(what: string): string {
    this.space();
    const start = this.at;
    if (this.at >= this.end || this.bytes[this.at] !== QUOTE) throw this.unexpected(what, 'a string');
    let text = '';
    let runStart = ++this.at;
    const flush = () => {
      if (runStart === this.at) return;
      const run = decodeUtf8(this.bytes, runStart, this.at);
      if (typeof run === 'number') throw this.error(run, `byte ${hex(this.bytes[run])} is not valid UTF-8`);
      text += run;
    };
    for (; this.at < this.end; this.at++) {
      const byte = this.bytes[this.at];
      if (byte === QUOTE) {
        flush();
        this.at++;
        return text;
      }
      if (byte < 0x20) throw this.unexpected(what, 'no control character in a string');
      if (byte === BACKSLASH) {
        flush();
        text += this.escape(what);
        runStart = this.at + 1;
      }
    }
    throw this.error(start, `the string of ${what} never ends`);
  }

  /** White space up to the end of the text, and nothing else. */
  finish(what: string): void {
    this.space();
    if (this.at < this.end) throw this.unexpected(what, 'nothing more');
  }

  expect(character: string, what: string): void {
    if (!this.skip(character)) throw this.unexpected(what, `'${character}'`);
  }

  error(at: number, problem: string): FormatError {
    return new FormatError(`${this.where}: byte ${at}: ${problem}`);
  }

  /** Consumes an escape and leaves `at` on its last byte. */
  private escape(what: string): string {
    const start = this.at++;
    const simple = 'bfnrt"\\/'.indexOf(String.fromCharCode(this.bytes[this.at]));
    if (this.at < this.end && simple >= 0) return '\b\f\n\r\t"\\/'[simple];
    const first = this.codeUnit(start, what);
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    this.at++;
    const second = this.bytes[this.at++] === BACKSLASH ? this.codeUnit(start, what) : 0;
    if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) {
      throw this.error(start, `${what} has half a surrogate pair`);
    }
    return String.fromCharCode(first, second);
  }

  /** `uXXXX`, from the u to its last digit. */
  private codeUnit(start: number, what: string): number {
    const digits = String.fromCharCode(...this.bytes.subarray(this.at, Math.min(this.at + 5, this.end)));
    if (!/^u[0-9a-fA-F]{4}$/.test(digits)) throw this.error(start, `${what} has an escape that JSON does not know`);
    this.at += 4;
    return Number.parseInt(digits.slice(1), 16);
  }

  private skip(character: string): boolean {
    this.space();
    if (this.at >= this.end || this.bytes[this.at] !== character.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  private space(): void {
    for (; this.at < this.end; this.at++) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    }
  }

  private unexpected(what: string, expected: string): FormatError {
    const got = this.at >= this.end ? 'the end' : hex(this.bytes[this.at]);
    return this.error(this.at, `got ${got} in ${what}; expected ${expected}`);
  }
}

/** Text for a message, in quotes; a hostile name does not make a hostile message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** A byte for a message: `'x' (0x78)`, or the number alone if it does not print. */
function hex(byte: number): string {
  const code = `0x${byte.toString(16).padStart(2, '0')}`;
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}' (${code})` : code;
}

// Texts as token ids and back: characters (Unicode code points), words, bytes.
import { FormatError, ValueError } from '../errors.js';
import { checkOptionNames } from '../options.js';
import { bytesOf, textOf } from './bytes.js';
import { checkCount } from './sampled.js';

const FORMAT = 'gated-vocabulary-1';
const KINDS = ['chars', 'words', 'bytes'] as const;
type Kind = (typeof KINDS)[number];

export interface VocabularyOptions {
  /** Leave out tokens that occur less often. Default 1. */
  minCount?: number;
  /** At most so many tokens, specials among them: the most frequent ones. Default Infinity. */
  maxSize?: number;
  /** Tokens that come first (ids 0, 1, …) and stand for no text, such as '<pad>', '<bos>', '<eos>'. Default none. */
  specials?: readonly string[];
  /**
   * The special that stands for what the vocabulary lacks; put first if `specials` has it not. null: encode() throws ValueError instead.
   * Default null for characters, '<unk>' for words.
   */
  unknown?: string | null;
}

export interface DecodeOptions {
  /** Leave specials out of the text. Default false. */
  skipSpecials?: boolean;
}

/** Plain JSON: what toJSON() gives and vocabularyFromJSON() reads. */
export interface VocabularyJSON {
  format: string;
  kind: Kind;
  specials: string[];
  unknown: string | null;
  /** Behind the specials, by id; bytes have none: they are the ids behind the specials. */
  tokens: string[];
}

/** Made by charVocabulary, wordVocabulary, byteVocabulary and vocabularyFromJSON. */
export class Vocabulary {
  /** Every token by its id, specials first. Bytes are '00' to 'ff'. */
  readonly tokens: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;

  /** @internal */
  constructor(
    readonly kind: Kind,
    tokens: readonly string[],
    readonly specials: readonly string[],
    readonly unknown: string | null,
  ) {
    this.tokens = [...specials, ...(kind === 'bytes' ? byteTokens() : tokens)];
    this.ids = new Map(this.tokens.map((token, id) => [token, id]));
  }

  /** Number of tokens: Embedding's numEmbeddings. */
  get size(): number {
    return this.tokens.length;
  }
  has(token: string): boolean {
    return this.ids.has(token);
  }
  /** The id of a token, specials included; the unknown's for others. Throws ValueError for those if there is no unknown. */
  idOf(token: string): number {
    const id = this.ids.get(token) ?? (this.unknown === null ? undefined : this.ids.get(this.unknown));
    if (id === undefined) {
      throw new ValueError(`Vocabulary: ${JSON.stringify(token)} is not in it, and it has no unknown token`);
    }
    return id;
  }

  /**
   * A text's token ids: its code points, its words (between white space), or its bytes in UTF-8 (a lone surrogate is U+FFFD). An array is
   * taken as tokens, which may be specials; in a text only a word can be one.
   * @throws ValueError for a token it lacks, without an unknown.
   */
  encode(text: string | readonly string[]): Int32Array {
    if (typeof text !== 'string') return Int32Array.from(text, (token) => this.idOf(token));
    if (this.kind === 'bytes') return Int32Array.from(bytesOf(text), (byte) => byte + this.specials.length);
    return Int32Array.from(split(this.kind, text), (token) => this.idOf(token));
  }

  /**
   * The text of token ids; words are joined by a space, bytes that are no UTF-8 become U+FFFD. decode(encode(text)) = text where every
   * token is known (words: but for white space; bytes: but for lone surrogates).
   * @throws ValueError an id that is none.
   */
  decode(ids: Iterable<number>, { skipSpecials = false }: DecodeOptions = {}): string {
    const parts: string[] = [];
    let bytes: number[] = [];
    const reserved = this.specials.length;
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 0 || id >= this.size) {
        throw new ValueError(`Vocabulary.decode: id is ${id}; expected an integer from 0 to ${this.size - 1}`);
      }
      if (skipSpecials && id < reserved) continue;
      if (this.kind === 'bytes' && id >= reserved) bytes.push(id - reserved);
      else {
        parts.push(textOf(bytes), this.tokens[id]);
        bytes = [];
      }
    }
    if (this.kind === 'words') return parts.filter((part) => part !== '').join(' ');
    return parts.join('') + textOf(bytes);
  }

  toJSON(): VocabularyJSON {
    const { kind, specials, unknown } = this;
    const tokens = kind === 'bytes' ? [] : this.tokens.slice(specials.length);
    return { format: FORMAT, kind, specials: [...specials], unknown, tokens };
  }
}

/** The characters (code points) of a text or texts, in code point order. */
export function charVocabulary(text: string | Iterable<string>, options: VocabularyOptions = {}): Vocabulary {
  const kept = build('charVocabulary', 'chars', text, { unknown: null, ...options });
  kept.tokens.sort(byCodePoint);
  return new Vocabulary('chars', kept.tokens, kept.specials, kept.unknown);
}

/**
 * The words of texts, most frequent first, equally frequent ones in code point order. A text's words are what stands between white space;
 * for another split give arrays of tokens, here and to encode().
 */
export function wordVocabulary(
  texts: string | Iterable<string | readonly string[]>,
  options: VocabularyOptions = {},
): Vocabulary {
  const { tokens, specials, unknown } = build('wordVocabulary', 'words', texts, { unknown: '<unk>', ...options });
  return new Vocabulary('words', tokens, specials, unknown);
}

/** The 256 bytes, behind the specials: any text, nothing unknown. */
export function byteVocabulary({ specials = [] }: Pick<VocabularyOptions, 'specials'> = {}): Vocabulary {
  checkSpecials('byteVocabulary', specials);
  return new Vocabulary('bytes', [], specials, null);
}

function build(
  where: string,
  kind: Kind,
  texts: string | Iterable<string | readonly string[]>,
  options: VocabularyOptions,
): { tokens: string[]; specials: string[]; unknown: string | null } {
  checkOptionNames(where, options, { minCount: 0, maxSize: 0, specials: 0, unknown: 0 });
  const { minCount = 1, maxSize = Number.POSITIVE_INFINITY, unknown = null } = options;
  checkCount(where, 'minCount', minCount);
  const given = [...(options.specials ?? [])];
  const specials = unknown === null || given.includes(unknown) ? given : [unknown, ...given];
  checkSpecials(where, specials);
  if (maxSize !== Number.POSITIVE_INFINITY) checkCount(where, 'maxSize', maxSize, specials.length);
  const counts = new Map<string, number>();
  for (const text of typeof texts === 'string' ? [texts] : texts) {
    for (const token of typeof text === 'string' ? split(kind, text) : text) {
      counts.set(token, (counts.get(token) ?? 0) + 1);
    }
  }
  for (const special of ['', ...specials]) counts.delete(special);
  const frequent = [...counts].filter(([, count]) => count >= minCount);
  frequent.sort(([a, m], [b, n]) => n - m || byCodePoint(a, b));
  const tokens = frequent.slice(0, maxSize - specials.length).map(([token]) => token);
  return { tokens, specials, unknown };
}

function checkSpecials(where: string, specials: readonly string[]): void {
  const bad = specials.find((special, i) => special === '' || specials.indexOf(special) !== i);
  if (bad !== undefined) throw new ValueError(`${where}: specials has '${bad}'; expected different, non-empty texts`);
}

/** Code points; words between white space. */
function split(kind: Kind, text: string): string[] {
  return kind === 'chars' ? Array.from(text) : text.split(/\s+/).filter((word) => word !== '');
}

/** In the order of code points, which is not that of UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  const at = x.findIndex((character, i) => character !== y[i]);
  if (at < 0) return x.length - y.length;
  return x[at].codePointAt(0)! - (y[at]?.codePointAt(0) ?? -1);
}

function byteTokens(): string[] {
  return Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
}

/** The vocabulary that toJSON() described (also after JSON.stringify and JSON.parse). Throws FormatError for anything else. */
export function vocabularyFromJSON(json: unknown): Vocabulary {
  const { format, kind, tokens, specials, unknown } = (json ?? {}) as Partial<VocabularyJSON>;
  const refuse = (text: string) => {
    throw new FormatError(`vocabulary: ${text}`);
  };
  if (format !== FORMAT) refuse(`format is ${String(format)}; expected ${FORMAT}`);
  if (!KINDS.includes(kind!)) refuse(`kind is ${String(kind)}; expected ${KINDS.join(', ')}`);
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((x) => typeof x === 'string' && x !== '');
  if (!texts(tokens) || !texts(specials)) return refuse('tokens or specials are no lists of non-empty texts');
  const all = [...specials, ...(kind === 'bytes' ? byteTokens() : tokens)];
  if (new Set(all).size < all.length) refuse('a token is there twice');
  if (unknown !== null && !specials.includes(unknown!)) refuse(`unknown is ${String(unknown)}; expected a special`);
  const odd = tokens.find((token) => kind === 'bytes' || (kind === 'chars' && Array.from(token).length !== 1));
  if (odd !== undefined) refuse(`${JSON.stringify(odd)} is no token of ${kind}`);
  return new Vocabulary(kind!, tokens, specials, unknown!);
}

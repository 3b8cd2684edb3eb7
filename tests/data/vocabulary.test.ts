// Vocabularies: the ids and texts of characters, words and bytes, saved and loaded.
import { describe, expect, test } from 'vitest';
import {
  byteVocabulary,
  charVocabulary,
  type Vocabulary,
  vocabularyFromJSON,
  wordVocabulary,
} from '../../src/data/index.js';
import { FormatError, ValueError } from '../../src/errors.js';
import { manualSeed, rand } from '../../src/index.js';

/** One, two, three and four bytes of UTF-8, joined emoji, combining marks, white space, a noncharacter. */
const ALPHABET = [...'aZ09 \n\té߿ࠀ\uffff日本𐀀😀👩‍🚀e\u0301\u0000"\\'];

/** Texts drawn by gated's generator. */
function texts(count: number, seed: number, alphabet = ALPHABET): string[] {
  manualSeed(seed);
  const drawn = rand([count, 21]);
  const rows = drawn.toArray() as number[][];
  drawn.dispose();
  return rows.map(([length, ...xs]) =>
    xs
      .slice(0, Math.floor(length * 21))
      .map((x) => alphabet[Math.floor(x * alphabet.length)])
      .join(''),
  );
}
const saved = (vocabulary: Vocabulary) => vocabularyFromJSON(JSON.parse(JSON.stringify(vocabulary)));

describe('decode(encode(text)) is the text, also after saving and loading', () => {
  const samples = ['', ...texts(200, 1)];
  test.each<[string, Vocabulary]>([
    ['characters', charVocabulary(samples)],
    ['characters behind specials', charVocabulary(samples, { specials: ['<pad>', '<eos>'], unknown: '<unk>' })],
    ['bytes', byteVocabulary()],
    ['bytes behind specials', byteVocabulary({ specials: ['<pad>', '<eos>'] })],
  ])('%s', (_, vocabulary) => {
    const loaded = saved(vocabulary);
    expect(loaded).toEqual(vocabulary);
    for (const text of samples) {
      const ids = vocabulary.encode(text);
      expect(vocabulary.decode(ids)).toBe(text);
      expect(loaded.encode(text)).toEqual(ids);
      expect(loaded.decode(ids, { skipSpecials: true })).toBe(text);
      expect(ids.every((id) => id >= vocabulary.specials.length && id < vocabulary.size)).toBe(true);
    }
  });
  test('words, but for white space', () => {
    const vocabulary = saved(wordVocabulary(samples));
    for (const text of samples) {
      expect(vocabulary.decode(vocabulary.encode(text))).toBe(text.split(/\s+/).filter(Boolean).join(' '));
    }
  });
  test('lone surrogates: characters keep them, bytes have U+FFFD', () => {
    const text = 'a\ud800b\udc00\ud83d\ude00\ud83d';
    const characters = saved(charVocabulary(text));
    expect(characters.decode(characters.encode(text))).toBe(text);
    expect(byteVocabulary().decode(byteVocabulary().encode(text))).toBe('a\ufffdb\ufffd\u{1f600}\ufffd');
  });
});

describe('characters', () => {
  test('code points in their order, not that of UTF-16', () => {
    const { tokens, size } = charVocabulary('b😀a\uffffb');
    expect([tokens, size]).toEqual([['a', 'b', '\uffff', '😀'], 4]);
    expect([...charVocabulary('b😀a').encode('😀ab')]).toEqual([2, 0, 1]);
  });
  test('an unknown one is an error, or the unknown token', () => {
    expect(() => charVocabulary('ab').encode('abc')).toThrow(/"c" is not in it, and it has no unknown token/);
    const vocabulary = charVocabulary('ab', { specials: ['<pad>'], unknown: '?' });
    expect(vocabulary.tokens).toEqual(['?', '<pad>', 'a', 'b']);
    expect([...vocabulary.encode('abc')]).toEqual([2, 3, 0]);
    expect(vocabulary.decode([2, 0, 1, 3])).toBe('a?<pad>b');
    expect(vocabulary.decode([2, 0, 1, 3], { skipSpecials: true })).toBe('ab');
    expect(charVocabulary('ab', { specials: ['<pad>', '?'], unknown: '?' }).tokens).toEqual(['<pad>', '?', 'a', 'b']);
  });
  test('a text cannot name a special, an array of tokens can', () => {
    const vocabulary = charVocabulary('<eos>', { specials: ['<eos>'] });
    expect([...vocabulary.encode('<eos>')]).toEqual([1, 3, 4, 5, 2]);
    expect([...vocabulary.encode(['<eos>', 'o'])]).toEqual([0, 4]);
  });
});

describe('words', () => {
  const TEXTS = ['the cat  saw the dog\n', ' a dog saw the bird', 'Zebra'];
  test('most frequent first, then in code point order; minCount and maxSize', () => {
    const vocabulary = wordVocabulary(TEXTS);
    expect(vocabulary.tokens).toEqual(['<unk>', 'the', 'dog', 'saw', 'Zebra', 'a', 'bird', 'cat']);
    expect(wordVocabulary(TEXTS, { minCount: 2 }).tokens).toEqual(['<unk>', 'the', 'dog', 'saw']);
    expect(wordVocabulary(TEXTS, { maxSize: 4, specials: ['<pad>'] }).tokens).toEqual(['<unk>', '<pad>', 'the', 'dog']);
    expect(wordVocabulary(TEXTS.values(), { unknown: null, maxSize: 1 }).tokens).toEqual(['the']);
    expect([vocabulary.has('cat'), vocabulary.has('cow'), vocabulary.idOf('cow'), vocabulary.idOf('dog')]).toEqual([
      true,
      false,
      0,
      2,
    ]);
    expect(vocabulary.decode(vocabulary.encode('the  cow saw a cat'))).toBe('the <unk> saw a cat');
  });
  test('another split: arrays of tokens', () => {
    const split = (text: string) => text.match(/\w+|[^\w\s]/g) ?? [];
    const vocabulary = wordVocabulary(['Stop! Stop.', 'Go.'].map(split));
    expect(vocabulary.tokens).toEqual(['<unk>', '.', 'Stop', '!', 'Go']);
    expect([...vocabulary.encode(split('Go! Stay.'))]).toEqual([4, 3, 0, 1]);
  });
  test('names of Object.prototype are words like others', () => {
    const vocabulary = saved(wordVocabulary('__proto__ constructor __proto__'));
    expect(vocabulary.decode(vocabulary.encode('constructor __proto__ toString'))).toBe('constructor __proto__ <unk>');
  });
});

test('bytes: UTF-8, and U+FFFD for each byte that is none', () => {
  const vocabulary = byteVocabulary({ specials: ['<eos>'] });
  expect(vocabulary.size).toBe(257);
  expect([...vocabulary.encode('é€')]).toEqual([0xc3, 0xa9, 0xe2, 0x82, 0xac].map((byte) => byte + 1));
  expect(vocabulary.decode([0x61, 0xff, 0xe2, 0x82, 0x62].map((byte) => byte + 1))).toBe('a\ufffd\ufffd\ufffdb');
  expect(vocabulary.decode([0x62, 0, 0x63])).toBe('a<eos>b');
  expect(vocabulary.idOf('ff')).toBe(256);
});

describe('mistakes', () => {
  test('options and ids', () => {
    expect(() => wordVocabulary('a', { minCount: 0 })).toThrow(
      'wordVocabulary: minCount is 0; expected an integer of at least 1',
    );
    expect(() => wordVocabulary('a', { maxSize: 0 })).toThrow(ValueError);
    expect(() => charVocabulary('a', { specials: ['x', 'x'] })).toThrow(/specials has 'x'; expected different/);
    expect(() => byteVocabulary({ specials: [''] })).toThrow(ValueError);
    expect(() => wordVocabulary('a', { min_count: 2 } as never)).toThrow(/unknown option 'min_count'/);
    for (const id of [-1, 1, 0.5, Number.NaN]) {
      expect(() => charVocabulary('a').decode([id])).toThrow(/expected an integer from 0 to 0/);
    }
  });
  test('JSON that is no vocabulary is FormatError', () => {
    const good = charVocabulary('ab', { unknown: '?' }).toJSON();
    expect(vocabularyFromJSON(good).size).toBe(3);
    const bad: unknown[] = [null, 7, 'x', [], {}];
    for (const change of [
      { format: 'gated-vocabulary-0' },
      { kind: 'syllables' },
      { kind: undefined },
      { kind: 'bytes' },
      { tokens: ['a', 'a'] },
      { tokens: ['a', '?'] },
      { tokens: ['ab'] },
      { tokens: [''] },
      { tokens: [1] },
      { tokens: 'ab' },
      { specials: null },
      { specials: [] },
      { unknown: 'a' },
      { unknown: undefined },
    ]) {
      bad.push({ ...good, ...change });
    }
    for (const json of bad) expect(() => vocabularyFromJSON(json), JSON.stringify(json)).toThrow(FormatError);
  });
});

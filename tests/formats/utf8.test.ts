import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, isWellFormed } from '../../src/formats/utf8.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function decoded(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Both sides of every boundary of RFC 3629, section 4; TextDecoder is the oracle. */
test('decodes what TextDecoder decodes and refuses what it refuses', () => {
  const tails = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff];
  const leads = [
    0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff,
  ];
  for (const lead of leads) {
    for (const second of tails) {
      for (const third of tails) {
        for (const fourth of [0x41, 0x80, 0xbf, 0xc0]) {
          for (let length = 1; length <= 4; length++) {
            const bytes = Uint8Array.of(lead, second, third, fourth).subarray(0, length);
            const ours = decodeUtf8(bytes, 0, length);
            if ((typeof ours === 'string' ? ours : null) !== decoded(bytes)) expect.fail(`${[...bytes]}: ${ours}`);
          }
        }
      }
    }
  }
});

test('encodes every code point as TextEncoder does, and decodes it back', () => {
  let text = '';
  for (let point = 0; point <= 0x10ffff; point += point < 0x3000 ? 1 : 97) {
    if (point < 0xd800 || point > 0xdfff) text += String.fromCodePoint(point);
  }
  const bytes = encodeUtf8(text);
  expect(bytes).toEqual(new TextEncoder().encode(text));
  expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
});

test('names the first bad byte', () => {
  expect(decodeUtf8(Uint8Array.of(0x41, 0xc3, 0xa9, 0xff), 0, 4)).toBe(3);
});

test('knows lone surrogates', () => {
  expect(isWellFormed('a😀é')).toBe(true);
  expect(isWellFormed('\ud83d')).toBe(false);
  expect(isWellFormed('\ude00\ud83d')).toBe(false);
});

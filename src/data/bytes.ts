// Text as bytes of UTF-8 and back, forgiving where src/formats/utf8.ts is strict.
import { decodeUtf8, encodeUtf8 } from '../formats/utf8.js';

/** A lone surrogate becomes U+FFFD. */
export function bytesOf(text: string): Uint8Array {
  return encodeUtf8(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/** Each byte that is part of no valid sequence becomes U+FFFD. */
export function textOf(list: readonly number[]): string {
  const bytes = Uint8Array.from(list);
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const whole = decodeUtf8(bytes, at, bytes.length);
    if (typeof whole === 'string') return text + whole;
    text += `${decodeUtf8(bytes, at, whole)}\ufffd`;
    at = whole + 1;
  }
  return text;
}

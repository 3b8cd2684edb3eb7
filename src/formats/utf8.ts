// UTF-8 (RFC 3629), strict in both directions. Not TextDecoder and TextEncoder: an AudioWorklet has neither.

/** Text of `bytes[start, end)`, or the index of the first byte that is not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | number {
  let text = '';
  // Joined in pieces: one character at a time would make a rope of one node per character.
  let points: number[] = [];
  for (let at = start; at < end; ) {
    const lead = bytes[at];
    // 0xc0, 0xc1 and 0xf5… start nothing; 0x80 to 0xbf only continue.
    const size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (size === 0 || at + size > end) return at;
    let point = size === 1 ? lead : lead & (0x7f >> size);
    for (let i = 1; i < size; i++) {
      if ((bytes[at + i] & 0xc0) !== 0x80) return at;
      point = (point << 6) | (bytes[at + i] & 0x3f);
    }
    const overlong = (size === 3 && point < 0x800) || (size === 4 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return at;
    points.push(point);
    at += size;
    if (points.length === 4096) {
      text += String.fromCodePoint(...points);
      points = [];
    }
  }
  return text + String.fromCodePoint(...points);
}

/** The bytes of `text`, which must be well-formed (see `isWellFormed`). */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length);
  let at = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x80) bytes[at++] = point;
    else {
      if (point < 0x800) bytes[at++] = 0xc0 | (point >> 6);
      else {
        if (point < 0x10000) bytes[at++] = 0xe0 | (point >> 12);
        else {
          bytes[at++] = 0xf0 | (point >> 18);
          bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
        }
        bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      }
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes.subarray(0, at);
}

/** Whether `text` has no lone surrogates: those have no UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

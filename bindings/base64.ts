/** The bytes of base64 text, and up to two more where it is padded. AudioWorkletGlobalScope has no atob. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((text.length / 4) * 3);
  let word = 0;
  for (let i = 0, o = 0; i < text.length; i++) {
    word = (word << 6) | sextet(text.charCodeAt(i));
    if (i % 4 < 3) continue;
    bytes[o++] = word >> 16;
    bytes[o++] = word >> 8;
    bytes[o++] = word;
  }
  return bytes;
}

/** a … z, A … Z, 0 … 9, / and + are at 97, 65, 48, 47 and 43. */
function sextet(code: number): number {
  return code > 96 ? code - 71 : code > 64 ? code - 65 : code > 47 ? code + 4 : code > 46 ? 63 : 62;
}

/**
 * The bytes of base-85 text (five digits for each little-endian uint32, highest first), as encodeBase85 of scripts/build.mjs writes it. The digits
 * are the characters from # (35) to x without the backslash (92): none needs an escape in a string. AudioWorkletGlobalScope has no
 * atob, and bundles are smaller than with base64: gzip treats 16 k symbols as one block, so fewer symbols mix less with code.
 */
export function decodeBase85(text: string): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(text.length / 5);
  let word = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at++);
    word = word * 85 + code - (code > 92 ? 36 : 35);
    if (at % 5 > 0) continue;
    words[at / 5 - 1] = word;
    word = 0;
  }
  return new Uint8Array(words.buffer);
}

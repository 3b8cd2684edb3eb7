// The default binding: both builds inside the JavaScript file, inflated synchronously at first use.
import { inflateSync } from 'fflate';
// @ts-expect-error esbuild's base64 loader turns this file (made by scripts/build.mjs) into a string
import payload from '../build/builds.deflate';
import type { WasmBuilds } from './wasm.js';

/** Block length in which scripts/build.mjs interleaves the two builds. */
const BLOCK = 6144;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

// AudioWorkletGlobalScope has no atob.
function decodeBase64(text: string): Uint8Array {
  const codes = new Uint8Array(128);
  for (let i = 0; i < 64; i++) codes[ALPHABET.charCodeAt(i)] = i;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, o = 0; i < text.length; i += 4) {
    const word =
      (codes[text.charCodeAt(i)] << 18) |
      (codes[text.charCodeAt(i + 1)] << 12) |
      (codes[text.charCodeAt(i + 2)] << 6) |
      codes[text.charCodeAt(i + 3)];
    bytes[o++] = word >> 16;
    bytes[o++] = word >> 8;
    bytes[o++] = word;
  }
  return bytes;
}

let unpacked: [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] | null = null;

function unpack(): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  if (unpacked) return unpacked;
  const bytes = inflateSync(decodeBase64(payload));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sizes = [view.getUint32(0, true), view.getUint32(4, true)];
  const files: [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] = [
    new Uint8Array(sizes[0]),
    new Uint8Array(sizes[1]),
  ];
  let at = 8;
  for (let done = 0; done < Math.max(...sizes); done += BLOCK) {
    for (const file of files) {
      const length = Math.min(BLOCK, Math.max(0, file.length - done));
      if (length > 0) file.set(bytes.subarray(at, at + length), done);
      at += length;
    }
  }
  return (unpacked = files);
}

export const builds: WasmBuilds = { baseline: () => unpack()[0], relaxed: () => unpack()[1] };

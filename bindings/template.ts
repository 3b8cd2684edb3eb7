/**
 * Makes a build of the template that scripts/build.mjs compiles (assembly/simd/lanes.ts): in it f32x4.relaxed_min and relaxed_max hold the
 * places of a·b and of its sum with c. Baseline: mul and add. Relaxed: nothing, and relaxed_madd, which finds a, b and c on the stack.
 * All are three bytes, so that nothing moves.
 */
export function fillTemplate(template: Uint8Array, build: 'baseline' | 'relaxed'): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(template);
  const [product, sum] =
    build === 'relaxed'
      ? [NOTHING, [0xfd, 0x85, 2]]
      : [
          [0xfd, 0xe6, 1],
          [0xfd, 0xe4, 1],
        ];
  for (let at = bytes.indexOf(0xfd); at >= 0; at = bytes.indexOf(0xfd, at + 1)) {
    if (bytes[at + 2] !== 2) continue;
    if (bytes[at + 1] === 0x8d) bytes.set(product, at);
    if (bytes[at + 1] === 0x8e) bytes.set(sum, at);
  }
  return bytes;
}
const NOTHING = [1, 1, 1];

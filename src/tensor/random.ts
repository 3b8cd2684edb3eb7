// The one random generator behind initialisation, dropout, shuffling and sampling: Philox4x32-10 (Salmon et al., SC 2011),
// counter based, computed in WebAssembly, so that a seed means the same numbers on every runtime.
import { kernels } from '../engine/engine.js';
import { enterFrame, i32, leaveFrame } from '../engine/memory.js';
import { ValueError } from '../errors.js';
import { fresh } from '../ops/op.js';

const TWO32 = 2 ** 32;

/** Key (the seed) and counter (blocks of four uint32 drawn so far), low word first. */
export type RandomState = readonly [number, number, number, number];

let key: [number, number] | null = null;
let counter = 0;

/**
 * Seeds every random draw of gated with an integer from 0 to 2^53 - 1. The numbers are gated's own, not torch's.
 * Unseeded, the first draw takes its seed from Math.random.
 */
export function manualSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ValueError(`manualSeed: got ${seed}; expected an integer from 0 to 2^53 - 1`);
  }
  key = [seed >>> 0, Math.floor(seed / TWO32)];
  counter = 0;
}

/** Where the generator stands: restore it with setRandomState. */
export function randomState(): RandomState {
  const [low, high] = seeded();
  return [low, high, counter >>> 0, Math.floor(counter / TWO32)];
}

export function setRandomState(state: RandomState): void {
  checkRandomState(state);
  key = [state[0], state[1]];
  counter = state[3] * TWO32 + state[2];
}

/** Throws ValueError for anything but four uint32. */
export function checkRandomState(state: RandomState): void {
  const valid =
    Array.isArray(state) && state.length === 4 && state.every((x) => Number.isInteger(x) && x >= 0 && x < TWO32);
  if (!valid) throw new ValueError(`setRandomState: got ${String(state)}; expected four uint32`);
}

/** Key and counter for a kernel that draws `n` numbers (one uint32 each); the counter moves past them. */
export function draw(n: number): RandomState {
  const state = randomState();
  counter += Math.ceil(n / 4);
  return state;
}

/** `n` random uint32. */
export function randomBits(n: number): Uint32Array {
  const mark = enterFrame();
  try {
    const out = fresh([n], 'random bits', 'int32');
    kernels().randomBits(out.block.ptr, n, ...draw(n));
    const start = out.block.ptr >>> 2;
    return new Uint32Array(i32.slice(start, start + n).buffer);
  } finally {
    leaveFrame(mark);
  }
}

/** 0 … n - 1 in random order (Fisher-Yates; a 32-bit draw scaled by n: bias below n / 2^32). */
export function randomPermutation(n: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const bits = randomBits(n);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((bits[i] / TWO32) * (i + 1));
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}

function seeded(): [number, number] {
  if (!key) manualSeed(Math.floor(Math.random() * 2 ** 53));
  return key!;
}

// Unpacks the LZMA stream in which bindings/inline.ts carries the builds: 4.4 kB less than deflate. A module of its own, and a decoder of
// our own because of the size budget: 0.9 kB of a gzipped bundle, where npm's decoders take 3.4 (lzma) and 14 (lzma1). In JavaScript it would
// be 0.2 kB less, but decoding is done before any JIT has woken up: 12 to 25 ms instead of 3.
//
// It trusts its input, which scripts/build.mjs made. Source: Igor Pavlov's LZMA specification (lzma-specification.txt of the LZMA SDK,
// https://www.7-zip.org/sdk.html), whose names these are. Fixed: lc = 3, lp = 0, pb = 0 (WebAssembly is not aligned: 0.1 kB less than the usual 2).
//
// Memory arrives as zeros: below INPUT the probabilities, int16, as differences from one half; the stream; from OUTPUT on what it says.
const INPUT: usize = 16384;
const OUTPUT: usize = 65536;

// Where the probabilities of each kind of decision begin.
const IS_MATCH = 0; // [state], like the next five
const IS_REP = 12;
const IS_REP_G0 = 24;
const IS_REP_G1 = 36;
const IS_REP_G2 = 48;
const IS_REP0_LONG = 60;
const POS_SLOT = 72; // [min(length - 2, 3)] trees of 6 bits
const POS_SPECIAL = 328; // slots 4 to 13: reverse trees, one after another
const ALIGN = 456; // reverse tree: the lowest 4 bits of longer distances
const LENGTH = 472; // choice, choice2, two trees of 3 bits, a tree of 8 bits
const REP_LENGTH = LENGTH + 274;
const LITERAL = REP_LENGTH + 274; // [previous byte >> 5] three trees of 8 bits

let range: u32 = -1;
let code: u32 = 0;
let input: usize = INPUT;
let output: usize = OUTPUT;
/** What the last symbols were: below 7 the last one was a literal. */
let state: i32 = 0;
/** The last four distances. */
let rep0: i32 = 1;
let rep1: i32 = 1;
let rep2: i32 = 1;
let rep3: i32 = 1;

/** Decodes until the output ends at `end` or a little later; called again it goes on from there. */
export function decode(end: usize): void {
  // The first byte is always 0.
  if (input == INPUT) for (let i = 0; i < 5; i++) code = (code << 8) | load<u8>(input++);
  while (output < end) {
    if (bit(IS_MATCH + state)) match();
    else literal();
  }
}

/** After a match the byte at the last distance takes part, for as long as the literal agrees with it. */
function literal(): void {
  const base = LITERAL + <i32>(load<u8>(output - 1) >> 5) * 0x300;
  let matched = <i32>load<u8>(output - rep0);
  let agreed = state < 7 ? 0 : 0x100;
  let node = 1;
  while (node < 0x100) {
    matched <<= 1;
    const expected = matched & agreed;
    const b = bit(base + agreed + expected + node);
    node = node * 2 + b;
    agreed &= b ? expected : ~expected;
  }
  store<u8>(output++, node);
  state -= state < 4 ? state : state < 10 ? 3 : 6;
}

function match(): void {
  let count = 1;
  if (!bit(IS_REP + state)) {
    rep3 = rep2;
    rep2 = rep1;
    rep1 = rep0;
    count = length(LENGTH);
    rep0 = 1 + distance(tree(POS_SLOT + min(count - 2, 3) * 64, 6));
    state = state < 7 ? 7 : 10;
  } else {
    let long = 1;
    if (!bit(IS_REP_G0 + state)) long = bit(IS_REP0_LONG + state);
    else {
      let recent = rep1;
      if (bit(IS_REP_G1 + state)) {
        recent = rep2;
        if (bit(IS_REP_G2 + state)) {
          recent = rep3;
          rep3 = rep2;
        }
        rep2 = rep1;
      }
      rep1 = rep0;
      rep0 = recent;
    }
    if (long) count = length(REP_LENGTH);
    state = state >= 7 ? 11 : long ? 8 : 9;
  }
  for (; count > 0; count--, output++) store<u8>(output, load<u8>(output - rep0));
}

function length(base: i32): i32 {
  if (!bit(base)) return 2 + tree(base + 2, 3);
  if (!bit(base + 1)) return 10 + tree(base + 10, 3);
  return 18 + tree(base + 18, 8);
}

function distance(slot: i32): i32 {
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  let high = 2 | (slot & 1);
  if (slot < 14) return (high << bits) + reverseTree(POS_SPECIAL + (high << bits) - slot, bits);
  for (let i = 4; i < bits; i++) high = high * 2 + evenBit();
  return high * 16 + reverseTree(ALIGN, 4);
}

function tree(base: i32, bits: i32): i32 {
  const end = 1 << bits;
  let node = 1;
  while (node < end) node = node * 2 + bit(base + node);
  return node - end;
}

/** The lowest bit comes first. */
function reverseTree(base: i32, bits: i32): i32 {
  let node = 1;
  let value = 0;
  for (let i = 0; i < bits; i++) {
    const b = bit(base + node);
    node = node * 2 + b;
    value |= b << i;
  }
  return value;
}

/** One bit; the probability that it is 0 learns from it. */
function bit(index: i32): i32 {
  const at = <usize>index << 1;
  const probability = <u32>(load<i16>(at) + 1024);
  const bound = (range >>> 11) * probability;
  const one = code >= bound;
  if (one) {
    code -= bound;
    range -= bound;
    store<i16>(at, probability - (probability >>> 5) - 1024);
  } else {
    range = bound;
    store<i16>(at, probability + ((2048 - probability) >>> 5) - 1024);
  }
  normalize();
  return <i32>one;
}

function evenBit(): i32 {
  range >>>= 1;
  const one = code >= range;
  if (one) code -= range;
  normalize();
  return <i32>one;
}

function normalize(): void {
  if (range >= 1 << 24) return;
  range <<= 8;
  code = (code << 8) | load<u8>(input++);
}

// Unpacks the LZMA stream in which bindings/inline.ts carries the builds: 4.4 kB less than deflate. A module of its own, and a decoder of
// our own because of the size budget: 0.9 kB of a gzipped bundle, where npm's decoders take 3.4 (lzma) and 14 (lzma1). In JavaScript it would
// be 0.2 kB less, but decoding is done before any JIT has woken up: 12 to 25 ms instead of 3.
//
// It trusts its input, which scripts/build.mjs made. Source: Igor Pavlov's LZMA specification (lzma-specification.txt of the LZMA SDK,
// https://www.7-zip.org/sdk.html), whose names these are. Fixed: lc = 3, lp = 0, pb = 2.
//
// Memory arrives as zeros: below INPUT the probabilities, int16, as differences from one half; the stream; from OUTPUT on what it says.
const INPUT: usize = 16384;
const OUTPUT: usize = 65536;

// Where the probabilities of each kind of decision begin.
const IS_MATCH = 0; // [state][position & 3]
const IS_REP = 48; // [state], like the next three
const IS_REP_G0 = 60;
const IS_REP_G1 = 72;
const IS_REP_G2 = 84;
const IS_REP0_LONG = 96; // [state][position & 3]
const POS_SLOT = 144; // [min(length - 2, 3)] trees of 6 bits
const POS_SPECIAL = 400; // slots 4 to 13: reverse trees, one after another
const ALIGN = 528; // reverse tree: the lowest 4 bits of longer distances
const LENGTH = 544; // choice, choice2, [position & 3] trees of 3 bits, the same again, a tree of 8 bits
const REP_LENGTH = LENGTH + 322;
const LITERAL = REP_LENGTH + 322; // [previous byte >> 5] three trees of 8 bits

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
    if (bit(IS_MATCH + state * 4 + (<i32>output & 3))) match();
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
    if (!bit(IS_REP_G0 + state)) long = bit(IS_REP0_LONG + state * 4 + (<i32>output & 3));
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
  const part = base + 2 + (<i32>output & 3) * 8;
  if (!bit(base)) return 2 + tree(part, 3);
  if (!bit(base + 1)) return 10 + tree(part + 32, 3);
  return 18 + tree(base + 66, 8);
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

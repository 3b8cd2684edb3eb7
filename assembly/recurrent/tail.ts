// The last 1 to 3 elements of a row whose length is no multiple of 4. They are copied into whole vectors, go through the same loop as the
// others and are copied back: a second loop body for them would be a quarter of the module.
const SLOTS = memory.data(16 * 16, 16);

// Three loops instead of one with loadTail and storeTail: faster, and too large for the optimizer to copy into every caller (1 kB).

/**
 * Copies n floats at `from`, and of the `count` - 1 blocks behind it, `pitch` bytes apart, into the slots from `slot` on. The other lanes are
 * zeros. Returns the first slot's address.
 */
export function stage(slot: i32, from: usize, n: i32, count: i32, pitch: usize): usize {
  const first = slotAt(slot);
  const end = first + (<usize>count << 4);
  let to = first;
  if (n == 1) {
    for (; to < end; to += 16, from += pitch) v128.store(to, v128.load32_zero(from));
  } else if (n == 2) {
    for (; to < end; to += 16, from += pitch) v128.store(to, v128.load64_zero(from));
  } else {
    for (; to < end; to += 16, from += pitch) v128.store(to, v128.load32_lane(from + 8, v128.load64_zero(from), 2));
  }
  return first;
}

/** The way back. */
export function unstage(slot: i32, to: usize, n: i32, count: i32, pitch: usize): void {
  let from = slotAt(slot);
  const end = from + (<usize>count << 4);
  if (n == 1) {
    for (; from < end; from += 16, to += pitch) store<u32>(to, load<u32>(from));
  } else if (n == 2) {
    for (; from < end; from += 16, to += pitch) store<u64>(to, load<u64>(from));
  } else {
    for (; from < end; from += 16, to += pitch) {
      store<u64>(to, load<u64>(from));
      store<u32>(to, load<u32>(from, 8), 8);
    }
  }
}

/** The slot's address. */
// @ts-ignore: decorator
@inline
export function slotAt(slot: i32): usize {
  return SLOTS + (<usize>slot << 4);
}

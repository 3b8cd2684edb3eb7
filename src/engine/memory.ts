// The sole owner of linear memory: counted blocks, views, the limit. Nothing else calls memory.grow or keeps an address.
//
// Addresses [0, SCRATCH) hold the constant tables of the wasm builds (asconfig.json's memoryBase keeps them apart),
// [SCRATCH, HEAP) the arguments of the call under way, [HEAP, …) blocks: 64-byte aligned segments in a doubly linked list
// by address, the free ones also in bins by size, merged with free neighbours when released. The last 64 bytes are nobody's: kernels
// load whole vectors where rows end.
import { OutOfMemoryError, UnsupportedError, ValueError } from '../errors.js';
import type { Ptr } from './kernels.js';

const PAGE = 65536;
const HEAP = PAGE;
const ALIGN = 64;
/** Behind the last segment. */
const MARGIN = 64;
const MAX_PAGES = 65535;
/** Room for the arguments of one kernel call. */
export const SCRATCH = 61440;
export const SCRATCH_BYTES = HEAP - SCRATCH;

/** A piece of linear memory, free or in use. */
interface Segment {
  address: Ptr;
  bytes: number;
  free: boolean;
  before: Segment | null;
  after: Segment | null;
  previousFree: Segment | null;
  nextFree: Segment | null;
}

/** A counted block: tensors, graph nodes, modules, optimizers and streams hold it; at count 0 its memory is free. */
export class Block {
  count = 1;
  /** Grows with every write after creation; a graph node remembers the version it saw. */
  version = 0;
  /** Blocks derived from this one (packed weights), freed with it. */
  attachments: Map<string, { block: Block; version: number }> | null = null;

  constructor(
    /** Address, or 0 once freed. */
    public ptr: Ptr,
    readonly bytes: number,
    /** @internal */
    public segment: Segment | null,
  ) {}

  retain(): this {
    this.count++;
    return this;
  }
  release(): void {
    if (--this.count === 0) free(this);
  }
}

/** Views on linear memory, made anew whenever it grows. */
export let f32: Float32Array<ArrayBuffer> = new Float32Array(0);
export let i32: Int32Array<ArrayBuffer> = new Int32Array(0);
export let u8: Uint8Array<ArrayBuffer> = new Uint8Array(0);
/** Counts the growths: who keeps a view of its own compares it. */
export let viewVersion = 0;

let memory: WebAssembly.Memory | null = null;
let initialPages = 16;
let last: Segment | null = null;
let limit = Number.POSITIVE_INFINITY;
let liveBytes = 0;
let liveBlocks = 0;
let peakBytes = 0;

const BINS = 128;
const bins: (Segment | null)[] = new Array(BINS).fill(null);
/**
 * Segments just released, by size, lowest address last, neither free nor merged: a step of the same shapes as the one before takes the very
 * places that one had, and nothing is searched, split or made. Freed for good when something else does not fit.
 */
const recent = new Map<number, Segment[]>();
/** Of one size, because they are kept in order by insertion. */
const MOST_RECENT = 64;
/** Sizes remembered: sequences of every length must not leave a list behind each. */
const MOST_SIZES = 1024;

/**
 * Begins with this much memory instead of 1 MiB; nothing once memory is in use. Growing detaches an ArrayBuffer, and from then on V8 of
 * Node 20 runs *every* typed-array access of the process about 20% slower: who compares with plain JavaScript in the same process
 * must not grow.
 */
export function reserveMemory(bytes: number): void {
  initialPages = Math.max(initialPages, Math.min(MAX_PAGES, Math.ceil(bytes / PAGE)));
}

/** Throws UnsupportedError in an engine without WebAssembly. */
export function requireWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') {
    throw new UnsupportedError('gated: this JavaScript engine has no WebAssembly; expected one with 128-bit SIMD');
  }
}

/** The one memory, created at first use. */
export function linearMemory(): WebAssembly.Memory {
  if (memory) return memory;
  requireWebAssembly();
  memory = new WebAssembly.Memory({ initial: initialPages });
  renewViews();
  last = segment(HEAP, initialPages * PAGE - HEAP - MARGIN, null);
  addFree(last);
  return memory;
}

/**
 * A block of at least `bytes` bytes, contents undefined, owned by the current frame (see enterFrame).
 * Throws OutOfMemoryError; nothing has changed then.
 */
export function allocate(bytes: number, what: string): Block {
  linearMemory();
  const wanted = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
  if (liveBytes + wanted > limit) throw outOfMemory(wanted, what);
  const found = recent.get(wanted)?.pop() ?? takeFree(wanted) ?? takeMerged(wanted) ?? growFor(wanted, what);
  const block = new Block(found.address, found.bytes, found);
  liveBytes += found.bytes;
  liveBlocks++;
  if (liveBytes > peakBytes) peakBytes = liveBytes;
  frame.push(block);
  return block;
}

// Frames -------------------------------------------------------------------------------------------------------------

/** Blocks owned by the operations under way: whoever wants one beyond its frame retains it. */
const frame: Block[] = [];

/** Opens a frame: every block allocated until leaveFrame(mark) is released there, also when an error passes through. */
export function enterFrame(): number {
  return frame.length;
}
export function leaveFrame(mark: number): void {
  while (frame.length > mark) (frame.pop() as Block).release();
}

// Limits and figures -------------------------------------------------------------------------------------------------

export interface MemoryInfo {
  /** Blocks in use: tensors, saved activations, packed weights, optimizer state, streams. */
  liveBlocks: number;
  liveBytes: number;
  /** The most bytes ever in use at once. */
  peakBytes: number;
  /** Size of the WebAssembly memory; it never shrinks. */
  memoryBytes: number;
  /** What setMemoryLimit set, or Infinity. */
  limitBytes: number;
}

/** What linear memory holds right now. */
export function memoryInfo(): MemoryInfo {
  return { liveBlocks, liveBytes, peakBytes, memoryBytes: memory?.buffer.byteLength ?? 0, limitBytes: limit };
}

/**
 * Bounds the bytes in use, and the growth of the WebAssembly memory: beyond it an operation throws OutOfMemoryError and
 * leaves weights, optimizer state and existing tensors as they were. `Infinity` takes the bound away.
 */
export function setMemoryLimit(bytes: number): void {
  if (!(bytes > 0))
    throw new ValueError(`setMemoryLimit: got ${bytes}; expected a positive number of bytes or Infinity`);
  limit = bytes;
}

// The allocator ------------------------------------------------------------------------------------------------------

function segment(address: Ptr, bytes: number, before: Segment | null): Segment {
  return { address, bytes, free: false, before, after: null, previousFree: null, nextFree: null };
}

/** Four bins to each power of two. */
function binOf(bytes: number): number {
  const units = bytes / ALIGN;
  const exponent = 31 - Math.clz32(units);
  const quarter = exponent >= 2 ? (units >>> (exponent - 2)) & 3 : 0;
  return exponent * 4 + quarter;
}

function addFree(piece: Segment): void {
  const bin = binOf(piece.bytes);
  piece.free = true;
  piece.previousFree = null;
  piece.nextFree = bins[bin];
  if (piece.nextFree) piece.nextFree.previousFree = piece;
  bins[bin] = piece;
}

function removeFree(piece: Segment): void {
  if (piece.previousFree) piece.previousFree.nextFree = piece.nextFree;
  else bins[binOf(piece.bytes)] = piece.nextFree;
  if (piece.nextFree) piece.nextFree.previousFree = piece.previousFree;
  piece.free = false;
  piece.previousFree = piece.nextFree = null;
}

/** The smallest bin that has a fitting segment gives its first; a larger one is split. */
function takeFree(bytes: number): Segment | null {
  for (let bin = binOf(bytes); bin < BINS; bin++) {
    for (let piece = bins[bin]; piece; piece = piece.nextFree) {
      if (piece.bytes < bytes) continue;
      removeFree(piece);
      split(piece, bytes);
      return piece;
    }
  }
  return null;
}

function split(piece: Segment, bytes: number): void {
  const rest = piece.bytes - bytes;
  if (rest < ALIGN) return;
  const tail = segment(piece.address + bytes, rest, piece);
  tail.after = piece.after;
  if (tail.after) tail.after.before = tail;
  else last = tail;
  piece.after = tail;
  piece.bytes = bytes;
  addFree(tail);
}

function free(block: Block): void {
  if (block.attachments) for (const { block: attached } of block.attachments.values()) attached.release();
  const piece = block.segment as Segment;
  block.segment = null;
  block.attachments = null;
  block.ptr = 0;
  liveBytes -= piece.bytes;
  liveBlocks--;
  if (recent.size > MOST_SIZES) mergeRecent();
  const same = recent.get(piece.bytes) ?? [];
  let i = same.length;
  if (i === MOST_RECENT) {
    addMerged(piece);
    return;
  }
  while (i > 0 && same[i - 1].address < piece.address) i--;
  same.splice(i, 0, piece);
  recent.set(piece.bytes, same);
}

function takeMerged(bytes: number): Segment | null {
  mergeRecent();
  return takeFree(bytes);
}

/** Frees what was released, merged with free neighbours. */
function mergeRecent(): void {
  for (const pieces of recent.values()) for (const piece of pieces) addMerged(piece);
  recent.clear();
}

function addMerged(piece: Segment): void {
  const { before, after } = piece;
  if (after?.free) absorb(piece, after);
  if (before?.free) absorb(before, piece);
  addFree(before && before.after !== piece ? before : piece);
}

/** The segment behind becomes part of `piece`; neither is among the free ones afterwards. */
function absorb(piece: Segment, next: Segment): void {
  for (const one of [piece, next]) if (one.free) removeFree(one);
  piece.bytes += next.bytes;
  piece.after = next.after;
  if (piece.after) piece.after.before = piece;
  else last = piece;
}

/** Grows by at least a quarter, so that views are renewed rarely, or by what the limit leaves. */
function growFor(bytes: number, what: string): Segment {
  const owner = memory as WebAssembly.Memory;
  const have = owner.buffer.byteLength;
  const tail = last as Segment;
  const missing = bytes - (tail.free ? tail.bytes : 0);
  const most = Math.min(limit, MAX_PAGES * PAGE) - have;
  const pages = (n: number) => Math.ceil(n / PAGE);
  const least = pages(missing);
  if (least * PAGE > most) throw outOfMemory(bytes, what);
  const wished = Math.max(least, Math.min(pages(have / 4), Math.floor(most / PAGE)));
  const grown = tryGrow(owner, wished) ? wished : tryGrow(owner, least) ? least : 0;
  if (grown === 0) throw outOfMemory(bytes, what);
  renewViews();
  const fresh = segment(have - MARGIN, grown * PAGE, tail);
  tail.after = fresh;
  last = fresh;
  addMerged(fresh);
  return takeFree(bytes) as Segment;
}

function tryGrow(owner: WebAssembly.Memory, pages: number): boolean {
  try {
    owner.grow(pages);
    return true;
  } catch {
    return false;
  }
}

function renewViews(): void {
  const { buffer } = memory as WebAssembly.Memory;
  f32 = new Float32Array(buffer as ArrayBuffer);
  i32 = new Int32Array(buffer as ArrayBuffer);
  u8 = new Uint8Array(buffer as ArrayBuffer);
  viewVersion++;
}

function outOfMemory(bytes: number, what: string): OutOfMemoryError {
  const size = memory?.buffer.byteLength ?? 0;
  const bound = limit === Number.POSITIVE_INFINITY ? 'no limit set' : `limit ${limit}`;
  return new OutOfMemoryError(
    `${what}: needs ${bytes} bytes more; ${liveBytes} in use, memory ${size} bytes, ${bound}`,
  );
}

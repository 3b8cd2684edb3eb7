// The allocator against a model of itself, growth, views, the limit.
import { afterEach, describe, expect, test } from 'vitest';
import {
  allocate,
  type Block,
  enterFrame,
  f32,
  i32,
  leaveFrame,
  memoryInfo,
  setMemoryLimit,
  viewVersion,
} from '../../src/engine/memory.js';
import { OutOfMemoryError, ValueError } from '../../src/errors.js';

afterEach(() => setMemoryLimit(Number.POSITIVE_INFINITY));

/** A block that outlives its frame. */
function take(bytes: number): Block {
  const mark = enterFrame();
  try {
    return allocate(bytes, 'test').retain();
  } finally {
    leaveFrame(mark);
  }
}

describe('allocation', () => {
  test('random blocks never overlap, are aligned, keep their contents, and all memory comes back', () => {
    const start = memoryInfo();
    let x = 7;
    const next = (n: number) => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return x % n;
    };
    const live: { block: Block; tag: number }[] = [];
    for (let i = 0; i < 20_000; i++) {
      if (live.length > 0 && next(100) < (live.length > 300 ? 60 : 45)) {
        const [{ block, tag }] = live.splice(next(live.length), 1);
        const words = i32.subarray(block.ptr >>> 2, (block.ptr + block.bytes) >>> 2);
        expect(words[0] === tag && words[words.length - 1] === tag).toBe(true);
        block.release();
      } else {
        const block = take(1 + next(next(10) === 0 ? 200_000 : 3000));
        expect(block.ptr % 64).toBe(0);
        i32.fill(i, block.ptr >>> 2, (block.ptr + block.bytes) >>> 2);
        live.push({ block, tag: i });
      }
    }
    const spans = live.map(({ block }) => [block.ptr, block.ptr + block.bytes]).sort((a, b) => a[0] - b[0]);
    spans.forEach(([begin], i) => {
      expect(i === 0 || begin >= spans[i - 1][1]).toBe(true);
    });
    const expected = live.reduce((sum, { block }) => sum + block.bytes, 0);
    expect(memoryInfo().liveBytes - start.liveBytes).toBe(expected);
    for (const { block } of live) block.release();
    expect(memoryInfo()).toMatchObject({ liveBlocks: start.liveBlocks, liveBytes: start.liveBytes });
    // Merged again: one block of nearly everything fits without growth.
    const { memoryBytes } = memoryInfo();
    const big = take(memoryBytes - start.liveBytes - 512 * 1024);
    expect(memoryInfo().memoryBytes).toBe(memoryBytes);
    big.release();
  });

  test('the last 64 bytes of the memory stay free, before and after growth: kernels load whole vectors where rows end', () => {
    const blocks: Block[] = [];
    for (let grown = 0; grown < 2; ) {
      const { memoryBytes } = memoryInfo();
      blocks.push(take(65536));
      const { ptr, bytes } = blocks.at(-1)!;
      expect(ptr + bytes).toBeLessThanOrEqual(memoryInfo().memoryBytes - 64);
      if (memoryInfo().memoryBytes > memoryBytes) grown++;
    }
    for (const block of blocks) {
      block.release();
    }
  });

  test('a frame releases what nobody retained, also after an error', () => {
    const before = memoryInfo().liveBlocks;
    let kept: Block | undefined;
    expect(() => {
      const mark = enterFrame();
      try {
        allocate(100, 'a');
        kept = allocate(100, 'b').retain();
        throw new Error('stop');
      } finally {
        leaveFrame(mark);
      }
    }).toThrow('stop');
    expect(memoryInfo().liveBlocks).toBe(before + 1);
    kept?.release();
    expect(kept?.ptr).toBe(0);
  });
});

describe('growth and limit', () => {
  test('views are renewed when memory grows, contents stay', () => {
    const small = take(64);
    f32[small.ptr >>> 2] = 1.5;
    const [old, version] = [f32, viewVersion];
    const big = take(memoryInfo().memoryBytes + 65536);
    expect(viewVersion).toBeGreaterThan(version);
    expect(old.length).toBe(0);
    expect(f32[small.ptr >>> 2]).toBe(1.5);
    small.release();
    big.release();
  });

  test('the limit bounds what is in use; the error says how much, and nothing changed', () => {
    const before = memoryInfo();
    setMemoryLimit(before.liveBytes + 1000);
    expect(() => take(2000)).toThrow(OutOfMemoryError);
    expect(() => take(2000)).toThrow(/^test: needs 2048 bytes more; \d+ in use, memory \d+ bytes, limit \d+$/);
    expect(memoryInfo()).toEqual({ ...before, limitBytes: before.liveBytes + 1000 });
    take(500).release();
  });

  test('the limit bounds the growth of the WebAssembly memory', () => {
    const { memoryBytes } = memoryInfo();
    setMemoryLimit(memoryBytes + 100_000);
    expect(() => take(memoryBytes + 200_000)).toThrow(OutOfMemoryError);
    expect(memoryInfo().memoryBytes).toBeLessThanOrEqual(memoryBytes + 100_000);
  });

  test('more than WebAssembly has is OutOfMemoryError', () => {
    expect(() => take(2 ** 33)).toThrow(OutOfMemoryError);
  });

  test.each([0, -1, Number.NaN])('setMemoryLimit(%d) is refused', (bytes) => {
    expect(() => setMemoryLimit(bytes)).toThrow(ValueError);
  });
});

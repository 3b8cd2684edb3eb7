// Rows and elements picked by int32 index. The caller has checked the indices (findOutOfRange).
import { copyWords } from './copy';
import { accumulate as addWords } from './operations';

export function gatherRows(x: usize, index: usize, out: usize, count: i32, width: i32): void {
  const pitch = (<usize>width) << 2;
  for (let r = 0; r < count; r++) {
    const row = load<i32>(index + ((<usize>r) << 2));
    if (row < 0) memory.fill(out, 0, pitch);
    else copyWords(x + <usize>row * pitch, out, width);
    out += pitch;
  }
}

export function scatterRows(x: usize, index: usize, out: usize, count: i32, width: i32, accumulate: i32): void {
  const pitch = (<usize>width) << 2;
  for (let r = 0; r < count; r++) {
    const row = load<i32>(index + ((<usize>r) << 2));
    if (row >= 0) {
      const to = out + <usize>row * pitch;
      if (accumulate) addWords(x, to, width);
      else copyWords(x, to, width);
    }
    x += pitch;
  }
}

export function findOutOfRange(index: usize, count: i32, bound: i32): i32 {
  for (let i = 0; i < count; i++) {
    if (load<u32>(index + ((<usize>i) << 2)) >= <u32>bound) return i;
  }
  return -1;
}

export function gather(x: usize, index: usize, out: usize, outer: i32, n: i32, inner: i32, count: i32): void {
  const pitch = (<usize>inner) << 2;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      for (let j: usize = 0; j < pitch; j += 4) {
        store<u32>(out + j, load<u32>(x + j + <usize>load<i32>(index + j) * pitch));
      }
      index += pitch;
      out += pitch;
    }
    x += <usize>n * pitch;
  }
}

export function gatherBackward(dOut: usize, index: usize, dx: usize, outer: i32, n: i32, inner: i32, count: i32): void {
  const pitch = (<usize>inner) << 2;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      for (let j: usize = 0; j < pitch; j += 4) {
        const to = dx + j + <usize>load<i32>(index + j) * pitch;
        store<f32>(to, load<f32>(to) + load<f32>(dOut + j));
      }
      index += pitch;
      dOut += pitch;
    }
    dx += <usize>n * pitch;
  }
}

// Copies of any 4-byte elements: contiguous, strided, transposed.
import { loadPart, storePart } from '../simd/parts';
import { Op } from './codes';
import { map2, WALK } from './map';

/** Above this memory.copy, a call out of the module on V8, is worth its 10 ns or so. */
const LONG = 64;

export function copyWords(from: usize, to: usize, n: i32): void {
  if (n >= LONG) {
    memory.copy(to, from, (<usize>n) << 2);
    return;
  }
  const bytes: usize = (n & ~3) << 2;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
  if (n & 3) storePart(to + bytes, loadPart(from + bytes, n & 3, f32x4.splat(0)), n & 3);
}

export function copyStrided(
  x: usize,
  out: usize,
  rank: i32,
  shape: usize,
  xStrides: usize,
  outStrides: usize,
  accumulate: i32,
): void {
  if (rank == 0) return plane(x, out, 1, 1, 1, 1, 1, 1, accumulate);
  const n = load<i32>(shape);
  const xStep = <usize>load<i32>(xStrides);
  const outStep = <usize>load<i32>(outStrides);
  if (rank == 1) return plane(x, out, 1, n, 0, xStep, 0, outStep, accumulate);
  if (rank == 2) {
    return plane(
      x,
      out,
      n,
      load<i32>(shape, 4),
      xStep,
      load<i32>(xStrides, 4),
      outStep,
      load<i32>(outStrides, 4),
      accumulate,
    );
  }
  for (let i = 0; i < n; i++) {
    copyStrided(x, out, rank - 1, shape + 4, xStrides + 4, outStrides + 4, accumulate);
    x += xStep << 2;
    out += outStep << 2;
  }
}

/** Edge of a tile: 16 floats are a cache line, so each line of either side is fetched once. */
const TILE: usize = 16;

/** rows × columns elements; strides in elements. */
function plane(
  x: usize,
  out: usize,
  rows: i32,
  columns: i32,
  xRow: usize,
  xColumn: usize,
  outRow: usize,
  outColumn: usize,
  accumulate: i32,
): void {
  xRow <<= 2;
  outRow <<= 2;
  if (xColumn == 1 && outColumn == 1) {
    for (; rows > 0; rows--) {
      if (accumulate) map2(Op.ADD, out, WALK, x, WALK, out, columns);
      else copyWords(x, out, columns);
      x += xRow;
      out += outRow;
    }
    return;
  }
  xColumn <<= 2;
  outColumn <<= 2;
  const transpose = !accumulate && xRow == 4 && outColumn == 4;
  for (let r: usize = 0; r < <usize>rows; r += TILE) {
    const height = min(TILE, <usize>rows - r);
    for (let c: usize = 0; c < <usize>columns; c += TILE) {
      const from = x + r * xRow + c * xColumn;
      const to = out + r * outRow + c * outColumn;
      const width = min(TILE, <usize>columns - c);
      if (transpose && (height & width) == TILE) transposeTile(from, to, xColumn, outRow);
      else copyTile(from, to, height, width, xRow, xColumn, outRow, outColumn, accumulate);
    }
  }
}

// Strides in bytes from here on.
function copyTile(
  x: usize,
  out: usize,
  rows: usize,
  columns: usize,
  xRow: usize,
  xColumn: usize,
  outRow: usize,
  outColumn: usize,
  accumulate: i32,
): void {
  for (; rows > 0; rows--) {
    let from = x;
    let to = out;
    for (let c: usize = 0; c < columns; c++) {
      if (accumulate) store<f32>(to, load<f32>(to) + load<f32>(from));
      else store<u32>(to, load<u32>(from));
      from += xColumn;
      to += outColumn;
    }
    x += xRow;
    out += outRow;
  }
}

/** out[r][c] = x[c][r] for a whole tile; xPitch and outPitch lie between the rows of either. */
function transposeTile(x: usize, out: usize, xPitch: usize, outPitch: usize): void {
  for (let r: usize = 0; r < TILE; r += 4) {
    for (let c: usize = 0; c < TILE; c += 4) {
      const from = x + c * xPitch + (r << 2);
      const to = out + r * outPitch + (c << 2);
      const x0 = v128.load(from);
      const x1 = v128.load(from + xPitch);
      const x2 = v128.load(from + 2 * xPitch);
      const x3 = v128.load(from + 3 * xPitch);
      const a = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const b = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const d = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const e = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
      v128.store(to + outPitch, v128.shuffle<f64>(a, b, 1, 3));
      v128.store(to + 2 * outPitch, v128.shuffle<f64>(d, e, 0, 2));
      v128.store(to + 3 * outPitch, v128.shuffle<f64>(d, e, 1, 3));
    }
  }
}

// B in panels of 8 columns, two panels side by side in a group: [group][k][panel of the group][8], 64 bytes (a cache line) for each k. Four
// side by side (128 bytes) put a strip of k > 256 into half of the sets of a 32 kB cache, where it does not fit. The last group
// holds the 1 or 2 panels that are left. Columns past the last are zeros.

import { loadPart } from '../simd/parts';

/** Columns of a panel: two vectors. */
export const PANEL: i32 = 8;
/** Panels of a group. */
export const GROUP: i32 = 2;

/** Address of the panel that begins at column j (a multiple of 8). */
// @ts-ignore: decorator
@inline
export function panelAt(packed: usize, j: i32, k: i32): usize {
  const inside = j & (GROUP * PANEL - 1);
  return packed + (<usize>((j - inside) * k + inside) << 2);
}

/** Bytes from one k to the next in the panel that begins at column j of n. */
// @ts-ignore: decorator
@inline
export function panelStep(j: i32, n: i32): usize {
  const left = n - (j & ~(GROUP * PANEL - 1));
  return <usize>(min(GROUP, (left + PANEL - 1) / PANEL) * PANEL) << 2;
}

export function packedBytes(n: i32, k: i32): i32 {
  return ((n + PANEL - 1) / PANEL) * PANEL * k * 4;
}

/** Panels of Wᵀ for W [n, k] with leading dimension ldw: column j of a panel is row j of W. */
export function packTransposed(w: usize, ldw: i32, n: i32, k: i32, packed: usize): void {
  const stride = <usize>ldw << 2;
  for (let j = 0; j < n; j += PANEL) {
    const rows = w + <usize>j * stride;
    const panel = panelAt(packed, j, k);
    const step = panelStep(j, n);
    if (n - j >= PANEL) {
      packHalf(rows, stride, k, panel, step);
      packHalf(rows + 4 * stride, stride, k, panel + 16, step);
    } else packEdge(rows, stride, n - j, k, panel, step);
  }
}

/** Four rows of W into four columns of a panel, by 4×4 shuffles. */
function packHalf(rows: usize, stride: usize, k: i32, out: usize, step: usize): void {
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    transpose4(rows + (<usize>p << 2), stride, out, step);
    out += 4 * step;
  }
  for (; p < k; p++, out += step) {
    for (let c = 0; c < 4; c++) {
      store<f32>(out + (<usize>c << 2), load<f32>(rows + <usize>c * stride + (<usize>p << 2)));
    }
  }
}

/** The 4 × 4 floats at `from`, rows fromStep bytes apart, transposed to `to`. */
// @ts-ignore: decorator
@inline
export function transpose4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + fromStep);
  const r2 = v128.load(from + 2 * fromStep);
  const r3 = v128.load(from + 3 * fromStep);
  const a = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const b = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const c = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const d = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(a, b, 0, 2));
  v128.store(to + toStep, i64x2.shuffle(a, b, 1, 3));
  v128.store(to + 2 * toStep, i64x2.shuffle(c, d, 0, 2));
  v128.store(to + 3 * toStep, i64x2.shuffle(c, d, 1, 3));
}

function packEdge(rows: usize, stride: usize, columns: i32, k: i32, out: usize, step: usize): void {
  for (let p = 0; p < k; p++, out += step) {
    for (let c = 0; c < PANEL; c++) {
      const value: f32 = c < columns ? load<f32>(rows + <usize>c * stride + (<usize>p << 2)) : 0;
      store<f32>(out + (<usize>c << 2), value);
    }
  }
}

/** Panels of B [k, n] with leading dimension ldb. */
export function packPlain(b: usize, ldb: i32, n: i32, k: i32, packed: usize): void {
  const stride = <usize>ldb << 2;
  const zero = f32x4.splat(0);
  for (let j = 0; j < n; j += PANEL) {
    const columns = min(n - j, PANEL);
    const step = panelStep(j, n);
    let from = b + (<usize>j << 2);
    let to = panelAt(packed, j, k);
    for (let p = 0; p < k; p++, from += stride, to += step) {
      if (columns == PANEL) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        v128.store(to, loadPart(from, min(columns, 4), zero));
        v128.store(to, loadPart(from + 16, max(columns - 4, 0), zero), 16);
      }
    }
  }
}

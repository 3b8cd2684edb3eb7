// B in panels of 8 columns, [panel][k][8]: what every matrix kernel streams through. Columns past the last are zeros.

/** Columns of a panel: two vectors. */
export const PANEL: i32 = 8;

export function packedBytes(n: i32, k: i32): i32 {
  return ((n + PANEL - 1) / PANEL) * PANEL * k * 4;
}

/** Panels of Wᵀ for W [n, k] with leading dimension ldw: column j of a panel is row j of W. */
export function packTransposed(w: usize, ldw: i32, n: i32, k: i32, packed: usize): void {
  const stride = <usize>ldw << 2;
  for (let j = 0; j < n; j += PANEL) {
    const rows = w + <usize>j * stride;
    if (n - j >= PANEL) {
      packHalf(rows, stride, k, packed);
      packHalf(rows + 4 * stride, stride, k, packed + 16);
    } else packEdge(rows, stride, n - j, k, packed);
    packed += <usize>(k << 5);
  }
}

/** Four rows of W into four columns of a panel, by 4×4 shuffles. */
function packHalf(rows: usize, stride: usize, k: i32, out: usize): void {
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const at = rows + (<usize>p << 2);
    const r0 = v128.load(at);
    const r1 = v128.load(at + stride);
    const r2 = v128.load(at + 2 * stride);
    const r3 = v128.load(at + 3 * stride);
    const a = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
    const b = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
    const c = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
    const d = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
    v128.store(out, i64x2.shuffle(a, b, 0, 2));
    v128.store(out, i64x2.shuffle(a, b, 1, 3), 32);
    v128.store(out, i64x2.shuffle(c, d, 0, 2), 64);
    v128.store(out, i64x2.shuffle(c, d, 1, 3), 96);
    out += 128;
  }
  for (; p < k; p++, out += 32) {
    for (let c = 0; c < 4; c++) {
      store<f32>(out + (<usize>c << 2), load<f32>(rows + <usize>c * stride + (<usize>p << 2)));
    }
  }
}

function packEdge(rows: usize, stride: usize, columns: i32, k: i32, out: usize): void {
  for (let p = 0; p < k; p++, out += 32) {
    for (let c = 0; c < PANEL; c++) {
      const value: f32 = c < columns ? load<f32>(rows + <usize>c * stride + (<usize>p << 2)) : 0;
      store<f32>(out + (<usize>c << 2), value);
    }
  }
}

/** Panels of B [k, n] with leading dimension ldb. */
export function packPlain(b: usize, ldb: i32, n: i32, k: i32, packed: usize): void {
  const stride = <usize>ldb << 2;
  for (let j = 0; j < n; j += PANEL) {
    const columns = min(n - j, PANEL);
    let from = b + (<usize>j << 2);
    for (let p = 0; p < k; p++, from += stride, packed += 32) {
      if (columns == PANEL) {
        v128.store(packed, v128.load(from));
        v128.store(packed, v128.load(from, 16), 16);
      } else {
        memory.fill(packed, 0, 32);
        memory.copy(packed, from, <usize>columns << 2);
      }
    }
  }
}

// Matrix products in plain JavaScript: dot products in register blocks, float64 accumulators (twice as fast in V8 as Math.fround),
// nothing allocated in loops. Storage is Float32Array or Float64Array throughout.

export type Floats = Float32Array | Float64Array;

/**
 * out[n, m] (= or, with add, +=) Σ_k w[m, k]·x[n, k] for w [M, K] rows at wo, x [N, K] rows at xo with stride ldx; out rows at oo with
 * stride ldo. Four rows of w against two of x share their loads; a single x takes eight rows of w.
 */
export function product(
  out: Floats,
  oo: number,
  ldo: number,
  w: Floats,
  wo: number,
  x: Floats,
  xo: number,
  ldx: number,
  M: number,
  N: number,
  K: number,
  add: boolean,
): void {
  if (N === 1) {
    vector(out, oo, w, wo, x, xo, M, K, add);
    return;
  }
  const M4 = M & ~3;
  const N2 = N & ~1;
  for (let m = 0; m < M4; m += 4) {
    for (let n = 0; n < N2; n += 2)
      block(out, (oo + n * ldo + m) | 0, ldo, w, (wo + m * K) | 0, x, (xo + n * ldx) | 0, ldx, K, add);
    if (N2 < N) column(out, (oo + N2 * ldo + m) | 0, w, (wo + m * K) | 0, x, (xo + N2 * ldx) | 0, K, add);
  }
  for (let m = M4; m < M; m++) {
    for (let n = 0; n < N; n++) single(out, oo + n * ldo + m, w, wo + m * K, x, xo + n * ldx, K, add);
  }
}

/** 4 × 2 results. */
function block(
  out: Floats,
  p: number,
  ldo: number,
  w: Floats,
  w0: number,
  x: Floats,
  x0: number,
  ldx: number,
  K: number,
  add: boolean,
): void {
  let a0 = w0;
  let a1 = (a0 + K) | 0;
  let a2 = (a1 + K) | 0;
  let a3 = (a2 + K) | 0;
  let b0 = x0;
  let b1 = (x0 + ldx) | 0;
  let c00 = 0.0;
  let c01 = 0.0;
  let c10 = 0.0;
  let c11 = 0.0;
  let c20 = 0.0;
  let c21 = 0.0;
  let c30 = 0.0;
  let c31 = 0.0;
  for (const end = (b0 + K) | 0; b0 < end; ) {
    const u = x[b0];
    const v = x[b1];
    const r0 = w[a0];
    c00 += r0 * u;
    c01 += r0 * v;
    const r1 = w[a1];
    c10 += r1 * u;
    c11 += r1 * v;
    const r2 = w[a2];
    c20 += r2 * u;
    c21 += r2 * v;
    const r3 = w[a3];
    c30 += r3 * u;
    c31 += r3 * v;
    a0 = (a0 + 1) | 0;
    a1 = (a1 + 1) | 0;
    a2 = (a2 + 1) | 0;
    a3 = (a3 + 1) | 0;
    b0 = (b0 + 1) | 0;
    b1 = (b1 + 1) | 0;
  }
  const q = (p + ldo) | 0;
  if (add) {
    c00 += out[p];
    c10 += out[(p + 1) | 0];
    c20 += out[(p + 2) | 0];
    c30 += out[(p + 3) | 0];
    c01 += out[q];
    c11 += out[(q + 1) | 0];
    c21 += out[(q + 2) | 0];
    c31 += out[(q + 3) | 0];
  }
  out[p] = c00;
  out[(p + 1) | 0] = c10;
  out[(p + 2) | 0] = c20;
  out[(p + 3) | 0] = c30;
  out[q] = c01;
  out[(q + 1) | 0] = c11;
  out[(q + 2) | 0] = c21;
  out[(q + 3) | 0] = c31;
}

/** 4 × 1 results. */
function column(out: Floats, p: number, w: Floats, w0: number, x: Floats, x0: number, K: number, add: boolean): void {
  const w1 = (w0 + K) | 0;
  const w2 = (w1 + K) | 0;
  const w3 = (w2 + K) | 0;
  let c0 = 0.0;
  let c1 = 0.0;
  let c2 = 0.0;
  let c3 = 0.0;
  for (let k = 0; k < K; k = (k + 1) | 0) {
    const u = x[(x0 + k) | 0];
    c0 += w[(w0 + k) | 0] * u;
    c1 += w[(w1 + k) | 0] * u;
    c2 += w[(w2 + k) | 0] * u;
    c3 += w[(w3 + k) | 0] * u;
  }
  out[p] = add ? out[p] + c0 : c0;
  out[p + 1] = add ? out[p + 1] + c1 : c1;
  out[p + 2] = add ? out[p + 2] + c2 : c2;
  out[p + 3] = add ? out[p + 3] + c3 : c3;
}

function single(out: Floats, p: number, w: Floats, w0: number, x: Floats, x0: number, K: number, add: boolean): void {
  let c = 0.0;
  for (let k = 0; k < K; k = (k + 1) | 0) c += w[(w0 + k) | 0] * x[(x0 + k) | 0];
  out[p] = add ? out[p] + c : c;
}

/** One vector x: eight rows of w at a time. */
function vector(
  out: Floats,
  oo: number,
  w: Floats,
  wo: number,
  x: Floats,
  xo: number,
  M: number,
  K: number,
  add: boolean,
): void {
  let m = 0;
  for (; m + 8 <= M; m += 8) {
    const w0 = (wo + m * K) | 0;
    const w1 = (w0 + K) | 0;
    const w2 = (w1 + K) | 0;
    const w3 = (w2 + K) | 0;
    const w4 = (w3 + K) | 0;
    const w5 = (w4 + K) | 0;
    const w6 = (w5 + K) | 0;
    const w7 = (w6 + K) | 0;
    const p = (oo + m) | 0;
    let c0 = 0.0;
    let c1 = 0.0;
    let c2 = 0.0;
    let c3 = 0.0;
    let c4 = 0.0;
    let c5 = 0.0;
    let c6 = 0.0;
    let c7 = 0.0;
    for (let k = 0; k < K; k = (k + 1) | 0) {
      const u = x[(xo + k) | 0];
      c0 += w[(w0 + k) | 0] * u;
      c1 += w[(w1 + k) | 0] * u;
      c2 += w[(w2 + k) | 0] * u;
      c3 += w[(w3 + k) | 0] * u;
      c4 += w[(w4 + k) | 0] * u;
      c5 += w[(w5 + k) | 0] * u;
      c6 += w[(w6 + k) | 0] * u;
      c7 += w[(w7 + k) | 0] * u;
    }
    out[p] = add ? out[p] + c0 : c0;
    out[(p + 1) | 0] = add ? out[(p + 1) | 0] + c1 : c1;
    out[(p + 2) | 0] = add ? out[(p + 2) | 0] + c2 : c2;
    out[(p + 3) | 0] = add ? out[(p + 3) | 0] + c3 : c3;
    out[(p + 4) | 0] = add ? out[(p + 4) | 0] + c4 : c4;
    out[(p + 5) | 0] = add ? out[(p + 5) | 0] + c5 : c5;
    out[(p + 6) | 0] = add ? out[(p + 6) | 0] + c6 : c6;
    out[(p + 7) | 0] = add ? out[(p + 7) | 0] + c7 : c7;
  }
  for (; m < M; m++) single(out, oo + m, w, wo + m * K, x, xo, K, add);
}

/** to [C, R] = from [R, C]ᵀ at offset `at`, in 8 × 8 blocks that stay in cache. */
export function transpose(to: Floats, from: Floats, at: number, R: number, C: number): void {
  for (let r = 0; r < R; r += 8) {
    for (let c = 0; c < C; c += 8) {
      const rEnd = Math.min(r + 8, R);
      const cEnd = Math.min(c + 8, C);
      for (let i = r; i < rEnd; i++) for (let j = c; j < cEnd; j++) to[j * R + i] = from[at + i * C + j];
    }
  }
}

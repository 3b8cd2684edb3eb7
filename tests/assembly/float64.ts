// What kernel tests compare with: plain float64, and numbers to feed.

/** Reproducible numbers in [-scale, scale). */
export function numbers(n: number, seed: number, scale = 1): Float32Array {
  let x = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: n }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x / 2 ** 31 - 1) * scale;
  });
}

/** C [m, n] = A [m, k]·B with B given by element. */
export function product(
  a: ArrayLike<number>,
  m: number,
  k: number,
  n: number,
  b: (k: number, n: number) => number,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p] * b(p, j);
      c[i * n + j] = sum;
    }
  }
  return c;
}

/** The error function: Taylor's series (erf x = 2/√π e^-x² Σ 2^k x^(2k+1) / (2k+1)!!), beyond 3 the continued fraction of erfc. About 1e-15. */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (Number.isNaN(x) || t > 6) return Number.isNaN(x) ? x : Math.sign(x);
  const scaled = (Math.exp(-t * t) * 2) / Math.sqrt(Math.PI);
  if (t <= 3) {
    let [term, sum] = [x, x];
    for (let k = 1; k < 80; k++) sum += term *= (2 * t * t) / (2 * k + 1);
    return scaled * sum;
  }
  let fraction = 0;
  for (let k = 120; k > 0; k--) fraction = k / 2 / (t + fraction);
  return Math.sign(x) * (1 - scaled / 2 / (t + fraction));
}

/** Largest difference; NaN counts as infinite. */
export function worst(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let error = got.length === want.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i] - want[i]);
    if (!(difference <= error)) error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return error;
}

export const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33];

/** c [m, n] = a [m, k] · b [k, n], int32, wrapping. */
export function gemmInt(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32): void {
  const pitch = (<usize>n) << 2;
  const whole: usize = (n & ~3) << 2;
  for (let r = 0; r < m; r++, a += (<usize>k) << 2, c += pitch) {
    for (let j: usize = 0; j < pitch; j += j < whole ? 16 : 4) {
      let from = b + j;
      let sum = i32x4.splat(0);
      for (let i: usize = 0; i < (<usize>k) << 2; i += 4, from += pitch) {
        const y = j < whole ? v128.load(from) : v128.load32_zero(from);
        sum = i32x4.add(sum, i32x4.mul(v128.load32_splat(a + i), y));
      }
      if (j < whole) v128.store(c + j, sum);
      else v128.store32_lane(c + j, sum, 0);
    }
  }
}

// sin and cos of four lanes: in float64, then rounded once. Largest error seen by tests/assembly/onnx.test.ts: 0.5001 ulp.
// Taylor coefficients: |x| ≤ π/4, off by at most 7e-12 and 4e-13.
const SIN = memory.data<f64>([-1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6, 1]);
const COS = memory.data<f64>([1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -0.5, 1]);
// 2/π · 2^208, little endian: Payne and Hanek's table.
const TWO_OVER_PI = memory.data<u64>([
  0x95993c439041fe51, 0x57d1f534ddc0db62, 0x836e4e441529fc27, 0x000000000000a2f9,
]);

/** sin x (turn 0) or cos x (turn 1) in float64, rounded once: any magnitude. */
function sine(x: f32, turn: i32): f32 {
  const bits = reinterpret<u32>(x);
  const exponent = <i32>((bits >> 23) & 255) - 150;
  if (exponent == 105) return x - x;
  let quadrant = turn;
  let r = <f64>abs(x);
  if (r > 0.785398) {
    // m·2^e·2/π mod 4 with 62 bits behind the point: bits of 2/π that weigh 4 or more against m drop out.
    // The table is read at whole bytes: m makes up for the bits between.
    const from = 208 - 62 - 32 - exponent;
    const m = <u64>((bits & 0x7fffff) | 0x800000) << (-from & 7);
    const at = TWO_OVER_PI + <usize>((from + 7) >> 3);
    let turns = m * load<u64>(at, 4) + ((m * load<u32>(at)) >> 32);
    const nearest = (turns + (<u64>1 << 61)) >> 62;
    turns -= nearest << 62;
    quadrant += <i32>nearest;
    r = <f64>(<i64>turns) * (1.5707963267948966 / 4611686018427387904.0);
  }
  // sin(-x) = -sin x, cos(-x) = cos x.
  if (bits >> 31 && turn == 0) quadrant += 2;
  const z = r * r;
  const y = quadrant & 1 ? polynomial64(COS, 6, z) : r * polynomial64(SIN, 5, z);
  return <f32>(quadrant & 2 ? -y : y);
}

function polynomial64(coefficients: usize, degree: usize, z: f64): f64 {
  let y = load<f64>(coefficients);
  for (let k: usize = 1; k <= degree; k++) y = y * z + load<f64>(coefficients + (k << 3));
  return y;
}

export function sine4(x: v128, turn: i32): v128 {
  let y = f32x4.splat(sine(f32x4.extract_lane(x, 0), turn));
  y = f32x4.replace_lane(y, 1, sine(f32x4.extract_lane(x, 1), turn));
  y = f32x4.replace_lane(y, 2, sine(f32x4.extract_lane(x, 2), turn));
  return f32x4.replace_lane(y, 3, sine(f32x4.extract_lane(x, 3), turn));
}

// Vectors of which only the first lanes exist in memory. A call inside a hot loop makes V8 spill the loop's vectors
// (measured: 3 ns a vector where 1 is due), so loops load whole vectors only: the last one is copied to a stage
// first.
//
// loadPart and storePart recur because the optimizer copies anything else of their size into every caller (3 kB).

/** The first `lanes` (0 to 4) floats at p, `fill` (the same in all lanes) in the others. */
export function loadPart(p: usize, lanes: i32, fill: v128): v128 {
  if (lanes == 0) return fill;
  const rest = loadPart(p + 4, lanes - 1, fill);
  return v128.load32_lane(p, v128.shuffle<f32>(rest, rest, 3, 0, 1, 2), 0);
}

/** Stores the first `lanes` (1 to 4) lanes. For loops there is storeLanes of lanes.ts: larger, but no call. */
export function storePart(p: usize, v: v128, lanes: i32): void {
  v128.store32_lane(p, v, 0);
  if (lanes > 1) storePart(p + 4, v128.shuffle<f32>(v, v, 1, 2, 3, 0), lanes - 1);
}

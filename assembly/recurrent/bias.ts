import { floats, gateCount, GRU } from './args';

/** out [G·H] = b_ih + b_hh. A GRU's b_hn is scaled by r: its n part is b_in alone. */
export function combineBias(kind: i32, bIh: usize, bHh: usize, out: usize, hiddenSize: i32): void {
  const width = gateCount(kind) * hiddenSize;
  const shared = kind == GRU ? 2 * hiddenSize : width;
  for (let j = 0; j < shared; j++) store<f32>(out + floats(j), load<f32>(bIh + floats(j)) + load<f32>(bHh + floats(j)));
  if (shared < width) memory.copy(out + floats(shared), bIh + floats(shared), floats(width - shared));
}

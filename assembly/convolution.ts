// One step of a causal convolution in time: the newest frame and the ones kept before it.
import { addBias, gemm } from './matmul/gemm';
import { packedBytes } from './matmul/packing';

/** CONVOLUTION_FIELDS of src/engine/kernels.ts. */
@unmanaged
class ConvolutionArgs {
  x: usize;
  frames: usize;
  columns: usize;
  packed: usize;
  bias: usize;
  y: usize;
  rows: i32;
  channels: i32;
  taps: i32;
  dilation: i32;
  groups: i32;
  outChannels: i32;
}

/** Each output is one sum over ascending (channel, tap), as of the whole sequence. */
export function convolutionStep(at: usize): void {
  const args = changetype<ConvolutionArgs>(at);
  const rows = args.rows;
  const channels = args.channels;
  const taps = args.taps;
  const before = args.dilation * (taps - 1);
  const frame = <usize>channels << 2;
  let x = args.x;
  let frames = args.frames;
  let to = args.columns;
  for (let r = 0; r < rows; r++, x += frame) {
    for (let c: usize = 0; c < frame; c += 4) {
      let from = frames + c;
      for (let j = 1; j < taps; j++, to += 4, from += <usize>args.dilation * frame) store<u32>(to, load<u32>(from));
      store<u32>(to, load<u32>(x + c));
      to += 4;
    }
    if (before) {
      const rest = <usize>(before - 1) * frame;
      memory.copy(frames, frames + frame, rest);
      frames += rest;
      memory.copy(frames, x, frame);
      frames += frame;
    }
  }
  const n = args.outChannels / args.groups;
  const k = (channels / args.groups) * taps;
  for (let g = 0; g < args.groups; g++) {
    const a = args.columns + (<usize>(g * k) << 2);
    gemm(a, channels * taps, args.packed + g * packedBytes(n, k), args.y + (<usize>(g * n) << 2), args.outChannels, rows, n, k, 0);
  }
  if (args.bias) addBias(args.bias, args.y, rows, args.outChannels);
}

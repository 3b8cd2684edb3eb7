// Windows as rows, for a product with the weights; and rows added back to where the windows lie.

/** See OnnxKernels.im2col: sizes is int32 [channels, H, W, kernelH, kernelW, strideH, strideW, dilationH, dilationW, padH, padW, outW]. */
export function im2col(x: usize, col: usize, first: i32, count: i32, sizes: usize): void {
  walk(x, col, first, count, sizes, false);
}

export function col2im(x: usize, col: usize, first: i32, count: i32, sizes: usize): void {
  walk(x, col, first, count, sizes, true);
}

// @ts-ignore: decorator
@inline
function walk(x: usize, col: usize, first: i32, count: i32, sizes: usize, back: bool): void {
  const channels = load<i32>(sizes);
  const H = load<i32>(sizes, 4);
  const W = load<i32>(sizes, 8);
  const kernelH = load<i32>(sizes, 12);
  const kernelW = load<i32>(sizes, 16);
  const dilationH = load<i32>(sizes, 28);
  const dilationW = load<i32>(sizes, 32);
  const outW = load<i32>(sizes, 44);
  const plane = <usize>(H * W) << 2;
  for (let p = first; p < first + count; p++) {
    const top = (p / outW) * load<i32>(sizes, 20) - load<i32>(sizes, 36);
    const left = (p % outW) * load<i32>(sizes, 24) - load<i32>(sizes, 40);
    let from = x;
    for (let c = 0; c < channels; c++, from += plane) {
      for (let i = 0, h = top; i < kernelH; i++, h += dilationH) {
        const inside = <u32>h < <u32>H;
        for (let j = 0, w = left; j < kernelW; j++, w += dilationW, col += 4) {
          const seen = inside && <u32>w < <u32>W;
          const at = from + (<usize>(h * W + w) << 2);
          if (!back) store<f32>(col, seen ? load<f32>(at) : 0);
          else if (seen) store<f32>(at, load<f32>(at) + load<f32>(col));
        }
      }
    }
  }
}

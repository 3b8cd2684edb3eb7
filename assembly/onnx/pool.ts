// Maxima and averages of windows.

/** See OnnxKernels.pool: sizes is int32 [H, W, kernelH, kernelW, strideH, strideW, dilationH, dilationW, padH, padW, endH, endW, outH, outW]. */
export function pool(mode: i32, x: usize, y: usize, index: usize, planes: i32, sizes: usize, byRow: i32, byColumn: i32): void {
  const H = load<i32>(sizes);
  const W = load<i32>(sizes, 4);
  const kernelH = load<i32>(sizes, 8);
  const kernelW = load<i32>(sizes, 12);
  const dilationH = load<i32>(sizes, 24);
  const dilationW = load<i32>(sizes, 28);
  const outW = load<i32>(sizes, 52);
  const L = load<i32>(sizes, 48) * outW;
  for (let plane = 0; plane < planes; plane++, x += <usize>(H * W) << 2) {
    for (let p = 0; p < L; p++, y += 4) {
      const top = (p / outW) * load<i32>(sizes, 16) - load<i32>(sizes, 32);
      const left = (p % outW) * load<i32>(sizes, 20) - load<i32>(sizes, 36);
      let best: f32 = -Infinity;
      let at = -1;
      let sum: f32 = 0;
      let count = 0;
      for (let i = 0, h = top; i < kernelH && h < load<i32>(sizes, 40); i++, h += dilationH) {
        for (let j = 0, w = left; j < kernelW && w < load<i32>(sizes, 44); j++, w += dilationW) {
          const inside = <u32>h < <u32>H && <u32>w < <u32>W;
          if (inside || mode == 2) count++;
          if (!inside) continue;
          const value = load<f32>(x + (<usize>(h * W + w) << 2));
          sum += value;
          if (at < 0 || value > best || isNaN(value)) {
            best = value;
            at = h * byRow + w * byColumn;
          }
        }
      }
      store<f32>(y, mode == 0 ? best : sum / <f32>count);
      if (index) {
        store<i32>(index, plane * H * W + at);
        index += 4;
      }
    }
  }
}

import { f32, op } from '../model.mjs';

const conv = (name, x, w, { bias = true, constants = [1, 2], opset, tolerance = 5e-6, ...attributes } = {}) =>
  op('Conv', bias ? [f32(x), f32(w), f32([w[0]])] : [f32(x), f32(w)], {
    name,
    attributes,
    constants,
    opset,
    tolerance,
  });

export const cases = [
  conv('1d', [1, 3, 9], [5, 3, 3]),
  conv('1d at run time', [2, 3, 9], [5, 3, 3], { constants: [] }),
  conv('1d without bias', [1, 4, 7], [9, 4, 1], { bias: false }),
  conv('1d strides, pads', [2, 3, 17], [4, 3, 5], { strides: [2], pads: [2, 1] }),
  conv('1d dilations', [1, 2, 15], [3, 2, 3], { dilations: [3] }),
  conv('1d one position', [1, 2, 5], [8, 2, 5]),
  conv('1d depthwise', [2, 6, 11], [6, 1, 3], { group: 6, pads: [1, 1] }),
  conv('1d groups', [1, 6, 8], [4, 3, 3], { group: 2 }),
  // One sum of 257 products of size 4, in ascending order.
  conv('1d long', [1, 1, 700], [3, 1, 257], { strides: [2], tolerance: 2e-5 }),
  conv('1d same upper', [1, 2, 10], [3, 2, 4], { auto_pad: 'SAME_UPPER', strides: [3] }),
  conv('1d same lower', [1, 2, 10], [3, 2, 4], { auto_pad: 'SAME_LOWER' }),
  conv('1d valid', [1, 2, 10], [3, 2, 4], { auto_pad: 'VALID', kernel_shape: [4] }),
  conv('2d', [1, 3, 6, 7], [4, 3, 3, 3]),
  conv('2d all', [2, 4, 9, 8], [6, 2, 3, 2], { group: 2, strides: [2, 1], pads: [1, 0, 2, 1], dilations: [1, 2] }),
  conv('2d pointwise', [1, 5, 4, 3], [7, 5, 1, 1]),
  conv('2d same', [1, 1, 5, 5], [2, 1, 2, 3], { auto_pad: 'SAME_UPPER' }),
  conv('2d many positions', [1, 3, 30, 31], [2, 3, 7, 5], { opset: 11 }),
];

import { f32, float, i64, op, tensor, whole } from '../model.mjs';

const none = () => tensor('float32', [0], []);
// Before opset 13 they must be there, empty.
const roiOf = ({ opset }) => (opset < 13 ? none() : null);
const scales = (name, x, given, attributes = {}, options = {}) =>
  op('Resize', [f32(x), roiOf(options), tensor('float32', [given.length], given)], {
    name,
    attributes,
    constants: [1, 2],
    ...options,
  });
const sizes = (name, x, given, attributes = {}, options = {}) =>
  op('Resize', [f32(x), roiOf(options), options.opset < 13 ? none() : null, i64(given)], {
    name,
    attributes,
    constants: [1, 2, 3],
    ...options,
  });
const MODES = ['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners', 'half_pixel_symmetric'];

const nearest = [
  ...[...MODES, 'tf_half_pixel_for_nn'].flatMap((mode) => {
    const attributes = { coordinate_transformation_mode: mode, mode: 'nearest' };
    const options = { opset: mode === 'tf_half_pixel_for_nn' ? 12 : 19 };
    return [
      scales(`nearest ${mode} up`, [1, 1, 3, 4], [1, 1, 2.6, 1.5], attributes, options),
      scales(`nearest ${mode} down`, [1, 2, 9, 7], [1, 1, 0.6, 0.43], attributes, options),
      sizes(`nearest ${mode} sizes`, [1, 1, 5, 6], [1, 1, 8, 3], attributes, options),
    ];
  }),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap((nearest_mode) => [
    scales(`${nearest_mode} up`, [1, 1, 5], [1, 1, 2], { nearest_mode }),
    sizes(`${nearest_mode} down`, [1, 1, 9], [1, 1, 4], { nearest_mode, coordinate_transformation_mode: 'asymmetric' }),
    sizes(`${nearest_mode} corners`, [1, 1, 7, 5], [1, 1, 4, 9], {
      nearest_mode,
      coordinate_transformation_mode: 'align_corners',
    }),
  ]),
  op('Resize', [whole('int32', [1, 1, 3, 3], -9, 9), null, tensor('float32', [4], [1, 1, 2, 2])], {
    name: 'nearest int32',
    constants: [2],
    outputs: ['int32'],
  }),
  op('Resize', [whole('uint8', [1, 1, 3, 3], 0, 255), null, tensor('float32', [4], [1, 1, 2, 3])], {
    name: 'nearest uint8',
    constants: [2],
    outputs: ['uint8'],
  }),
  scales('nearest 1d', [2, 3, 5], [1, 1, 1.7]),
  scales('nearest all dimensions', [2, 3, 2], [1.5, 2, 2.5]),
  op('Resize', [f32([1, 1, 2, 2]), null, tensor('float32', [4], [1, 1, 2, 2])], { name: 'scales at run time' }),
  op('Resize', [f32([1, 1, 4, 4]), none(), none(), i64([1, 1, 3, 5])], {
    name: 'empty roi and scales',
    constants: [1, 2, 3],
    opset: 11,
    attributes: { mode: 'nearest' },
  }),
  op('Resize', [f32([1, 1, 3, 4]), tensor('float32', [4], [1, 1, 2, 3])], {
    name: 'opset 10',
    constants: [1],
    opset: 10,
  }),
  op('Resize', [f32([1, 1, 6, 8]), tensor('float32', [4], [1, 1, 0.5, 0.6])], {
    name: 'opset 10 down',
    constants: [1],
    opset: 10,
  }),
  op('Resize', [f32([1, 1, 3, 4]), tensor('float32', [4], [1, 1, 2, 2])], {
    name: 'opset 10 linear',
    constants: [1],
    opset: 10,
    attributes: { mode: 'linear' },
  }),
  op('Upsample', [f32([1, 1, 3, 4]), tensor('float32', [4], [1, 1, 2, 3])], {
    name: 'nearest',
    constants: [1],
    opset: 9,
  }),
  op('Upsample', [f32([1, 1, 3, 4]), tensor('float32', [4], [1, 1, 2, 2])], {
    name: 'linear',
    constants: [1],
    opset: 9,
    attributes: { mode: 'linear' },
  }),
  scales('axes', [1, 2, 3, 4], [2, 1.5], { axes: [2, 3] }, { opset: 18 }),
  sizes('axes, sizes', [1, 2, 3, 4], [6, 5], { axes: [3, 2] }, { opset: 18 }),
  sizes('not larger', [1, 1, 4, 6], [7, 8], { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }, { opset: 18 }),
  sizes('not smaller', [1, 1, 4, 6], [7, 8], { axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' }, { opset: 18 }),
];
const linear = [
  ...MODES.flatMap((mode) => {
    const attributes = { coordinate_transformation_mode: mode, mode: 'linear' };
    const options = { opset: 19 };
    return [
      scales(`linear ${mode} up`, [1, 2, 3, 4], [1, 1, 2.6, 1.5], attributes, options),
      scales(`linear ${mode} down`, [1, 1, 9, 7], [1, 1, 0.6, 0.43], attributes, options),
      sizes(`linear ${mode} sizes`, [1, 1, 5, 6], [1, 1, 8, 3], attributes, options),
      sizes(`linear ${mode} to one`, [1, 1, 5, 6], [1, 1, 1, 1], attributes, options),
    ];
  }),
  scales('linear 1d', [4, 7], [1, 2.3], { mode: 'linear' }),
  scales('linear 3d', [1, 1, 3, 4, 2], [1, 1, 2, 1.5, 3], { mode: 'linear' }),
  sizes('linear same size', [1, 1, 3, 4], [1, 1, 3, 4], { mode: 'linear' }),
  sizes('linear from one', [1, 1, 1, 1], [1, 1, 3, 4], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  }),
  scales('linear opset 11', [1, 1, 3, 3], [1, 1, 1.4, 2], { mode: 'linear' }, { opset: 11 }),
  scales('antialias', [1, 1, 9, 8], [1, 1, 0.4, 0.5], { mode: 'linear', antialias: 1 }, { opset: 18 }),
  scales('antialias up', [1, 1, 4, 4], [1, 1, 1.5, 2], { mode: 'linear', antialias: 1 }, { opset: 18 }),
];
const roi = (values) => tensor('float32', [values.length], values);
const crops = ['nearest', 'linear'].flatMap((mode) => [
  op('Resize', [f32([1, 1, 4, 5]), roi([0, 0, 0.2, 0.3, 1, 1, 0.7, 0.9]), none(), i64([1, 1, 3, 3])], {
    name: `${mode} crop`,
    constants: [1, 2, 3],
    opset: 13,
    attributes: { mode, coordinate_transformation_mode: 'tf_crop_and_resize' },
  }),
  op('Resize', [f32([1, 1, 4, 4]), roi([0, 0, 0.4, -0.5, 1, 1, 1.2, 1.7]), none(), i64([1, 1, 3, 4])], {
    name: `${mode} crop beyond`,
    constants: [1, 2, 3],
    opset: 13,
    attributes: { mode, coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: float(10) },
  }),
]);
export const cases = [...nearest, ...linear, ...crops];

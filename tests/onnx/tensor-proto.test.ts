// TensorProto in all its spellings: raw bytes, typed lists packed and not, half floats, other files.
import { PbfWriter } from 'pbf';
import { expect, test } from 'vitest';
import { FormatError, UnsupportedError } from '../../src/errors.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';

/** A TensorProto of `dims` and DataType `code`, the rest written by `more`. */
function proto(dims: number[], code: number, more: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  for (const n of dims) pbf.writeVarintField(1, n);
  pbf.writeVarintField(2, code);
  more(pbf);
  return pbf.finish();
}
const raw = (array: ArrayBufferView) => (pbf: PbfWriter) =>
  pbf.writeBytesField(9, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));

const HALVES = [0, 0.5, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY];
const CASES: [string, Uint8Array, string, number[]][] = [
  ['float, raw', proto([2], 1, raw(new Float32Array([0.5, -1]))), 'float32', [0.5, -1]],
  ['float, packed', proto([3], 1, (p) => p.writePackedFloat(4, [1, 2, 3])), 'float32', [1, 2, 3]],
  ['float, one by one', proto([2], 1, (p) => [4, 5].forEach((x) => void p.writeFloatField(4, x))), 'float32', [4, 5]],
  ['double, raw', proto([2], 11, raw(new Float64Array([0.5, 3]))), 'float64', [0.5, 3]],
  ['double, packed', proto([2], 11, (p) => p.writePackedDouble(10, [0.5, 3])), 'float64', [0.5, 3]],
  ['float16, raw', proto([6], 10, raw(new Uint16Array([0, 0x3800, 0xc000, 0x7bff, 1, 0x7c00]))), 'float16', HALVES],
  ['float16, bits', proto([2], 10, (p) => p.writePackedVarint(5, [0x3800, 0xc000])), 'float16', [0.5, -2]],
  ['bfloat16, raw', proto([2], 16, raw(new Uint16Array([0x3f80, 0xc000]))), 'bfloat16', [1, -2]],
  ['int32, list', proto([2], 6, (p) => p.writePackedVarint(5, [7, -7])), 'int32', [7, -7]],
  ['int8, list', proto([2], 3, (p) => p.writePackedVarint(5, [7, -7])), 'int8', [7, -7]],
  ['uint8, raw', proto([2], 2, raw(new Uint8Array([0, 255]))), 'uint8', [0, 255]],
  ['int16, raw', proto([1], 5, raw(new Int16Array([-300]))), 'int16', [-300]],
  ['bool, list', proto([3], 9, (p) => p.writePackedVarint(5, [1, 0, 1])), 'bool', [1, 0, 1]],
  ['int64, list', proto([2], 7, (p) => p.writePackedVarint(7, [5, -5])), 'int64', [5, -5]],
  [
    'int64, saturating',
    proto([2], 7, raw(new BigInt64Array([2n ** 63n - 1n, -(2n ** 40n)]))),
    'int64',
    [2 ** 31 - 1, -(2 ** 31)],
  ],
  ['uint32, saturating', proto([1], 12, raw(new Uint32Array([2 ** 32 - 1]))), 'uint32', [2 ** 31 - 1]],
  ['uint64, list', proto([1], 13, (p) => p.writePackedVarint(11, [9])), 'uint64', [9]],
  ['a scalar', proto([], 1, raw(new Float32Array([3]))), 'float32', [3]],
  ['nothing', proto([0, 2], 1, () => {}), 'float32', []],
];
test.each(CASES)('%s', (_, bytes, type, values) => {
  const tensor = decodeTensor(bytes);
  expect(tensor.type).toBe(type);
  expect(Array.from(tensor.data)).toEqual(values);
});

const WRONG: [string, Uint8Array, new (text: string) => Error, string][] = [
  [
    'in another file',
    proto([2], 1, (p) => p.writeVarintField(14, 1)),
    UnsupportedError,
    'its data lie in another file',
  ],
  ['text', proto([1], 8, () => {}), UnsupportedError, 'element type 8'],
  ['complex', proto([1], 14, () => {}), UnsupportedError, 'element type 14'],
  ['too few', proto([3], 1, raw(new Float32Array(2))), FormatError, '2 elements; expected 3 for shape [3]'],
  ['half an element', proto([1], 1, raw(new Uint8Array(6))), FormatError, '1.5 elements; expected 1'],
  ['a negative size', proto([-1, -2], 1, raw(new Float32Array(2))), FormatError, 'for shape [-1, -2]'],
  ['a list longer than the file', Uint8Array.of(0x22, 0xff, 0xff, 0x7f, 0, 0), FormatError, 'damaged at about offset'],
  ['another wire type', Uint8Array.of(0x12, 1, 0), FormatError, 'damaged'],
  ['a varint without end', Uint8Array.of(0x10, ...new Array(12).fill(0xff)), FormatError, 'damaged'],
  ['a name that is no UTF-8', Uint8Array.of(0x42, 1, 0xff), FormatError, 'damaged'],
];
test.each(WRONG)('%s is refused', (_, bytes, type, text) => {
  expect(() => decodeTensor(bytes)).toThrow(type);
  expect(() => decodeTensor(bytes)).toThrow(text);
});

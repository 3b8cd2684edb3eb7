import { describe, expect, test } from 'vitest';
import { DTypeError, FormatError, ShapeError, ValueError } from '../../src/errors.js';
import { load, save, TensorFile } from '../../src/formats/safetensors.js';

// Not TextEncoder, TextDecoder and Buffer: this file also runs in audio worklets.
const utf8 = {
  encode: (text: string) => Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0)),
  decode: (bytes: Uint8Array) => decodeURIComponent(escape(String.fromCharCode(...bytes))),
};

/** A file from header text and buffer, checked by nobody. */
function file(header: string | Uint8Array, buffer: ArrayLike<number> = [], length?: number | bigint): Uint8Array {
  const text = typeof header === 'string' ? utf8.encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + buffer.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(buffer, 8 + text.length);
  return bytes;
}
const info = (dtype: string, shape: string, begin: number | string, end: number | string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
/** A file with the one tensor `t`. */
const one = (dtype: string, shape: number[], buffer: ArrayLike<number>) =>
  file(`{"t":${info(dtype, JSON.stringify(shape), 0, buffer.length)}}`, buffer);
const bytesOf = (values: { buffer: ArrayBufferLike }) => new Uint8Array(values.buffer);
const floats = (...values: number[]) => ({
  dtype: 'float32' as const,
  shape: [values.length],
  data: Float32Array.from(values),
});
const ints = (...values: number[]) => ({
  dtype: 'int32' as const,
  shape: [values.length],
  data: Int32Array.from(values),
});
function headerOf(bytes: Uint8Array): string {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return utf8.decode(bytes.subarray(8, 8 + length));
}

describe('save', () => {
  test('writes the reference layout, byte for byte', () => {
    const bytes = save({ b: ints(-1), a: floats(1, 2), 'é"': floats(0.5) }, { metadata: { format: 'pt' } });
    const header =
      '{"__metadata__":{"format":"pt"},' +
      `"a":${info('F32', '[2]', 0, 8)},"é\\"":${info('F32', '[1]', 8, 12)},"b":${info('I32', '[1]', 12, 16)}}`;
    const padded = header.padEnd(header.length + ((8 - (utf8.encode(header).length % 8)) % 8));
    expect(headerOf(bytes)).toBe(padded);
    expect(bytes).toEqual(file(padded, [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 0, 63, 255, 255, 255, 255]));
    expect((bytes.length - 16) % 8).toBe(0);
  });

  test('orders names by code point, as the reference does by UTF-8 byte', () => {
    const names = ['\uffff', '😀', 'a', 'B', 'aa', ''];
    const bytes = save(new Map(names.map((name) => [name, floats(1)])));
    expect([...load(bytes).keys()]).toEqual(['', 'B', 'a', 'aa', '\uffff', '😀']);
  });

  test('takes a stateDict: tensors with a data() method, as Map, record or entries', () => {
    class Live {
      readonly dtype = 'float32' as const;
      readonly shape = [2, 1];
      private readonly values = Float32Array.of(3, 4);
      data() {
        return this.values.slice();
      }
    }
    const expected = save({ w: { dtype: 'float32', shape: [2, 1], data: Float32Array.of(3, 4) } });
    expect(save({ w: new Live() })).toEqual(expected);
    expect(save(new Map([['w', new Live()]]))).toEqual(expected);
    expect(save([['w', new Live()]])).toEqual(expected);
  });

  test('stores half floats on request and leaves int32 alone', () => {
    const values = floats(1, 65520, -1e-8, NaN, 1 / 3);
    const half = load(save({ values, n: ints(7) }, { dtype: 'float16' }));
    expect(half.get('values')).toMatchObject({ storedAs: 'F16', dtype: 'float32' });
    expect([...half.get('values')!.data]).toEqual([1, Infinity, -0, NaN, 0.333251953125]);
    expect(half.get('n')).toMatchObject({ storedAs: 'I32', data: Int32Array.of(7) });
    const brain = load(save({ values }, { dtype: 'bfloat16' }));
    expect(brain.get('values')!.storedAs).toBe('BF16');
    expect([...brain.get('values')!.data]).toEqual([1, 65536, -1.0011717677116394e-8, NaN, 0.333984375]);
  });

  test('keeps a TensorFile: bits, order by name, metadata', () => {
    const source = new TensorFile(null, [['source', 'here']]);
    const data = new Float32Array(Uint32Array.of(0x7fc0dead, 0x80000000, 1, 0xff800000).buffer);
    source.set('x', { dtype: 'float32', storedAs: 'F32', shape: [2, 2], data });
    const again = load(save(source));
    expect(again.metadata).toEqual(source.metadata);
    expect(new Uint32Array(again.get('x')!.data.slice().buffer)).toEqual(new Uint32Array(data.buffer));
    expect(save(again)).toEqual(save(source));
    expect(load(save(source, { metadata: {} })).metadata.size).toBe(0);
  });

  test('scalars, empty tensors and no tensors at all', () => {
    const scalar = { dtype: 'float32' as const, shape: [], data: Float32Array.of(5) };
    const empty = { dtype: 'int32' as const, shape: [3, 0], data: new Int32Array(0) };
    const again = load(save({ scalar, empty }));
    expect(again.get('scalar')).toMatchObject(scalar);
    expect(again.get('empty')).toMatchObject(empty);
    expect(load(save({})).size).toBe(0);
    expect(save({})).toEqual(file('{}      '));
  });

  test('names of Object.prototype are just names', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0'];
    const again = load(
      save(new Map(names.map((name, i) => [name, floats(i)])), { metadata: new Map([['__proto__', 'x']]) }),
    );
    for (const [i, name] of names.entries()) expect(again.get(name)!.data).toEqual(Float32Array.of(i));
    expect([...again.metadata]).toEqual([['__proto__', 'x']]);
    expect(again.has('valueOf')).toBe(false);
  });

  test.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ['dtype option', () => save({}, { dtype: 'float64' as never }), ValueError, /dtype is float64/],
    ['tensor dtype', () => save({ w: { ...floats(1), dtype: 'int8' as never } }), DTypeError, /"w".*int8/],
    ['array type', () => save({ w: { ...ints(1), dtype: 'float32' } }), DTypeError, /Int32Array.*Float32Array/],
    ['plain array', () => save({ w: { ...floats(1), data: [1] as never } }), DTypeError, /Array/],
    ['length', () => save({ w: { ...floats(1), shape: [2] } }), ShapeError, /1 elements; expected 2 for \[2\]/],
    ['shape', () => save({ w: { ...floats(1), shape: [-1] } }), ValueError, /shape is \[-1\]/],
    [
      'name twice',
      () =>
        save([
          ['w', floats(1)],
          ['w', floats(1)],
        ]),
      ValueError,
      /once/,
    ],
    ['reserved name', () => save({ __metadata__: floats(1) }), ValueError, /metadata/],
    ['lone surrogate', () => save({ '\ud800': floats(1) }), ValueError, /surrogate/],
    ['metadata value', () => save({}, { metadata: { n: 1 as never } }), ValueError, /"n" is number/],
  ])('refuses a wrong %s', (_, run, type, message) => {
    expect(run).toThrow(type);
    expect(run).toThrow(message);
  });
});

describe('load', () => {
  test.each<[string, number[], ArrayLike<number>, number[]]>([
    ['F64', [2], bytesOf(Float64Array.of(0.1, -1e300)), [Math.fround(0.1), -Infinity]],
    ['F32', [2], bytesOf(Float32Array.of(0.1, -2)), [Math.fround(0.1), -2]],
    ['F16', [3], [0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc], [1, 2 ** -24, -Infinity]],
    ['BF16', [2], [0x80, 0x3f, 0x00, 0xc0], [1, -2]],
    ['I64', [4], bytesOf(BigInt64Array.of(1n, -1n, 2147483647n, -2147483648n)), [1, -1, 2147483647, -2147483648]],
    ['U64', [2], bytesOf(BigInt64Array.of(1n, 2147483647n)), [1, 2147483647]],
    ['I32', [1], [0xfe, 0xff, 0xff, 0xff], [-2]],
    ['U32', [1], [0xff, 0xff, 0xff, 0x7f], [2147483647]],
    ['I16', [2], [0xff, 0xff, 0x00, 0x80], [-1, -32768]],
    ['U16', [1], [0xff, 0xff], [65535]],
    ['I8', [2], [0xff, 0x80], [-1, -128]],
    ['U8', [2], [0xff, 0x80], [255, 128]],
    ['BOOL', [3], [0, 1, 1], [0, 1, 1]],
  ])('%s', (dtype, shape, buffer, values) => {
    const tensor = load(one(dtype, shape, buffer)).get('t')!;
    expect(tensor.storedAs).toBe(dtype);
    expect(tensor.dtype).toBe(/F/.test(dtype) ? 'float32' : 'int32');
    expect(tensor.shape).toEqual(shape);
    expect([...tensor.data]).toEqual(values);
  });

  test.each<[string, ArrayLike<number>, RegExp]>([
    ['I64', bytesOf(BigInt64Array.of(0n, 2147483648n)), /tensor "t": I64 element 1 is 2147483648; expected .* int32/],
    ['I64', bytesOf(BigInt64Array.of(0n, -2147483649n)), /is -2147483649;/],
    ['I64', bytesOf(BigInt64Array.of(0n, 2n ** 32n)), /is 4294967296;/],
    ['U64', bytesOf(BigInt64Array.of(0n, -1n)), /U64 element 1 is 18446744073709551615;/],
    ['U32', bytesOf(Uint32Array.of(0, 2147483648)), /U32 element 1 is 2147483648;/],
  ])('%s beyond int32 is a DTypeError', (dtype, buffer, message) => {
    expect(() => load(one(dtype, [2], buffer))).toThrow(DTypeError);
    expect(() => load(one(dtype, [2], buffer))).toThrow(message);
  });

  test('every alignment of the buffer, from Uint8Array, ArrayBuffer and Buffer', () => {
    for (let pad = 0; pad < 8; pad++) {
      const header = `{"i":${info('I64', '[1]', 0, 8)},"f":${info('F32', '[1]', 8, 12)}}${' '.repeat(pad)}`;
      const bytes = file(header, [...bytesOf(BigInt64Array.of(9n)), ...bytesOf(Float32Array.of(2.5))]);
      const shifted = new Uint8Array(bytes.length + pad).subarray(pad);
      shifted.set(bytes);
      const buffer = globalThis.Buffer?.from(bytes) ?? bytes;
      for (const source of [bytes, bytes.buffer as ArrayBuffer, buffer, shifted]) {
        const tensors = load(source);
        expect([...tensors].map(([name, { data }]) => [name, ...data])).toEqual([
          ['i', 9],
          ['f', 2.5],
        ]);
      }
    }
  });

  test('views the file where it is aligned', () => {
    const bytes = save({ w: floats(1) });
    expect(load(bytes).get('w')!.data.buffer).toBe(bytes.buffer);
  });

  test('header order, white space, escapes, metadata between tensors', () => {
    const text = ` "b" :\t${info('U8', '[ 1 ]', 1, 2)} , "__metadata__" : { "k\\u00e9\\n" : "\\ud83d\\ude00/\\/" } ,\r\n"a":${info('U8', '[]', 0, 1)}`;
    const tensors = load(file(`{${text}} \n`, [4, 5]));
    expect([...tensors].map(([name, { data }]) => [name, ...data])).toEqual([
      ['b', 5],
      ['a', 4],
    ]);
    expect([...tensors.metadata]).toEqual([['ké\n', '😀//']]);
  });

  test('an empty tensor may lie at either end of another', () => {
    const header = `{"a":${info('U8', '[0]', 0, 0)},"b":${info('U8', '[2]', 0, 2)},"c":${info('F32', '[0,7]', 2, 2)}}`;
    expect(load(file(header, [1, 2])).get('c')!.shape).toEqual([0, 7]);
  });

  test('a long name of many languages', () => {
    const name = 'zażółć-层-слой-'.repeat(2000);
    expect([...load(save({ [name]: floats(1) })).keys()]).toEqual([name]);
  });

  test('anything but bytes is a ValueError', () => {
    for (const wrong of ['model.safetensors', [1, 2], null, undefined, {}])
      expect(() => load(wrong as never)).toThrow(ValueError);
  });
});

describe('a hostile file is refused', () => {
  const t = (entry: string, buffer: ArrayLike<number> = [1, 2]) => file(`{"t":${entry}}`, buffer);
  const two = (a: string, b: string, buffer: ArrayLike<number>) => file(`{"a":${a},"b":${b}}`, buffer);
  const u8 = (begin: number, end: number) => info('U8', `[${end - begin}]`, begin, end);
  const long = 'x'.repeat(100_000);

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /has 0 bytes; expected at least the 8/],
    ['7 bytes', new Uint8Array(7), /has 7 bytes/],
    ['header length 0', file('{}', [], 0), /header length is 0/],
    ['header longer than the file', file('{}', [], 3), /header length is 3; only 2 bytes follow/],
    ['header above 100 MB', file('{}', [], 100_000_001), /header length is 100000001; expected at most 100000000/],
    ['header length 2^63', file('{}', [], 2n ** 63n), /header length is 9223372036854776000/],
    ['header length 2^64 - 1', file('{}', [], 2n ** 64n - 1n), /expected at most/],
    ['a Git LFS pointer', utf8.encode('version https://git-lfs.github.com/spec/v1'), /Git LFS pointer/],
    ['a zip', utf8.encode('PK\x03\x04\x14\x00\x08\x08\x08'), /zip archive/],
    ['a web page', utf8.encode('<!DOCTYPE html><html>'), /web page/],
    ['header cut short', file('{"t":{"dtype":"U8"', [], 18), /byte 26: got the end/],
    ['no object', file('[]'), /byte 8: got 91; expected the '{'/],
    ['white space first', file(' {}'), /byte 8/],
    ['no JSON', file('{t:1}'), /byte 9: got 't' \(0x74\)/],
    ['comma at the end', file('{"__metadata__":{},}'), /expected a string/],
    ['something after the object', file('{}x'), /byte 10: got 'x'/],
    ['a zero byte after the object', file('{}\0'), /byte 10: got 0x00/],
    [
      'bad UTF-8',
      file(Uint8Array.of(...utf8.encode('{"__metadata__":{"a":"'), 0xff, 0x22, 0x7d, 0x7d)),
      /byte 30: byte 0xff is not valid UTF-8/,
    ],
    ['overlong UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xc0, 0x80, 0x22, 0x7d)), /byte 10: .*UTF-8/],
    ['raw control character', file('{"\n":1}'), /control character/],
    ['bad escape', file('{"\\x41":1}'), /escape/],
    ['lone surrogate', file('{"\\ud800":1}'), /surrogate/],
    ['two high surrogates', file('{"\\ud800\\ud800":1}'), /surrogate/],
    ['string without an end', file('{"abc'), /never ends/],
    ['escape at the end', file('{"abc\\'), /escape/],
    ['the same tensor twice', file(`{"t":${u8(0, 1)},"t":${u8(1, 2)}}`, [1, 2]), /key "t" .*once/],
    ['the same tensor twice, once escaped', file(`{"t":${u8(0, 1)},"\\u0074":${u8(1, 2)}}`, [1, 2]), /key "t" .*once/],
    [
      'the same field twice',
      t('{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}'),
      /key "dtype" of tensor "t"/,
    ],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /once/],
    ['metadata key twice', file('{"__metadata__":{"a":"1","a":"2"}}'), /key "a" of __metadata__/],
    ['metadata number', file('{"__metadata__":{"a":1}}'), /expected a string/],
    ['metadata object', file('{"__metadata__":{"a":{}}}'), /expected a string/],
    ['metadata null', file('{"__metadata__":null}'), /expected '{'/],
    ['tensor null', t('null'), /in tensor "t"; expected '{'/],
    ['tensor array', t('[]'), /expected '{'/],
    ['unknown dtype', t(info('F31', '[2]', 0, 2)), /tensor "t": dtype is "F31"; expected one of F64, F32/],
    ['dtype of Object.prototype', t(info('constructor', '[2]', 0, 2)), /dtype is "constructor"/],
    ['dtype in lower case', t(info('u8', '[2]', 0, 2)), /dtype is "u8"/],
    ['dtype number', t('{"dtype":1,"shape":[2],"data_offsets":[0,2]}'), /dtype of tensor "t"; expected a string/],
    ['no dtype', t('{"shape":[2],"data_offsets":[0,2]}'), /has no dtype/],
    ['no shape', t('{"dtype":"U8","data_offsets":[0,2]}'), /has no shape/],
    ['no data_offsets', t('{"dtype":"U8","shape":[2]}'), /has no data_offsets/],
    ['unknown field', t('{"dtype":"U8","shape":[2],"data_offsets":[0,2],"scale":2}'), /has "scale"/],
    ['negative size', t(info('U8', '[-2]', 0, 2)), /shape of tensor "t"; expected a non-negative integer/],
    ['fraction', t(info('U8', '[2.0]', 0, 2)), /integer written as digits/],
    ['exponent', t(info('U8', '[2e0]', 0, 2)), /integer written as digits/],
    ['leading zero', t(info('U8', '[02]', 0, 2)), /leading zero/],
    ['size string', t(info('U8', '["2"]', 0, 2)), /non-negative integer/],
    ['size null', t(info('U8', '[null]', 0, 2)), /non-negative integer/],
    ['size 2^53', t(info('U8', '[9007199254740992]', 0, 2)), /above 2\^53 - 1/],
    ['size with 400 digits', t(info('U8', `[${'9'.repeat(400)}]`, 0, 2)), /above 2\^53 - 1/],
    ['product overflow', t(info('U8', '[4294967296,4294967296]', 0, 2)), /more than 2\^53 - 1 bytes/],
    ['product overflow to 0 modulo 2^64', t(info('F32', '[4611686018427387904]', 0, 0)), /above 2\^53/],
    ['product overflow before a zero', t(info('U8', '[4294967296,4294967296,0]', 0, 0)), /more than 2\^53 - 1 bytes/],
    ['rank 65', t(info('U8', `[${Array(65).fill(1)}]`, 0, 1), [1]), /at most 64 numbers/],
    ['nested shape', t(info('U8', '[[2]]', 0, 2)), /non-negative integer/],
    ['deep nesting', t(info('U8', '['.repeat(100_000), 0, 2)), /non-negative integer/],
    ['one offset', t('{"dtype":"U8","shape":[2],"data_offsets":[0]}'), /has 1 numbers/],
    ['three offsets', t('{"dtype":"U8","shape":[2],"data_offsets":[0,2,2]}'), /at most 2 numbers/],
    ['negative offset', t(info('U8', '[2]', -1, 1)), /non-negative/],
    ['begin after end', t(info('U8', '[2]', 2, 0)), /data_offsets are \[2, 0\]/],
    ['fewer bytes than the shape', t(info('F32', '[2]', 0, 2)), /\[0, 2\]; expected 8 bytes for F32 \[2\]/],
    ['more bytes than the shape', t(info('U8', '[1]', 0, 2)), /expected 1 bytes/],
    ['beyond the buffer', t(info('U8', '[3]', 0, 3)), /\[0, 3\]; the buffer has 2 bytes/],
    ['2 TB', t(info('U8', '[2000000000000]', 0, 2000000000000)), /the buffer has 2 bytes/],
    ['nothing covers the end', t(info('U8', '[1]', 0, 1)), /has 2 bytes; the tensors fill only 1/],
    ['nothing covers the start', t(info('U8', '[1]', 1, 2)), /expected to begin at 0/],
    ['a buffer without tensors', file('{}', [1]), /has 1 bytes; the tensors fill only 0/],
    ['overlap', two(u8(0, 2), u8(1, 3), [1, 2, 3]), /tensor "b": .*\[1, 3\]; expected to begin at 2/],
    ['the same bytes twice', two(u8(0, 2), u8(0, 2), [1, 2]), /tensor "b"/],
    ['a hole', two(u8(0, 1), u8(2, 3), [1, 2, 3]), /tensor "b": .*expected to begin at 1/],
    ['an empty tensor inside another', two(u8(0, 2), u8(1, 1), [1, 2]), /expected to begin at 2/],
    ['BOOL 2', one('BOOL', [1], [2]), /tensor "t": BOOL element 0 is 2; expected 0 or 1/],
  ])('%s', (_, bytes, message) => {
    expect(() => load(bytes)).toThrow(FormatError);
    expect(() => load(bytes)).toThrow(message);
  });

  test('types gated has no place for are a DTypeError', () => {
    for (const dtype of ['F8_E4M3', 'C64', 'F4'])
      expect(() => load(one(dtype, [8], new Uint8Array(8)))).toThrow(DTypeError);
  });

  test('a long name does not make a long message', () => {
    const run = () => load(file(`{"${long}":${info('F31', '[2]', 0, 2)}}`, [1, 2]));
    expect(run).toThrow(FormatError);
    expect(run).toThrow(/^.{0,600}$/);
  });

  test('5,000 random mutations load consistently or are refused', () => {
    const seed = save(
      new Map<string, ReturnType<typeof floats> | ReturnType<typeof ints>>([
        ['weight_ih_l0', floats(1, 2, 3)],
        ['é', ints(1, 2)],
        ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
      ]),
      { metadata: { format: 'pt' } },
    );
    let state = 12345;
    const random = (below: number) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % 65536) % below;
    const spice = utf8.encode('{}[]",:\\0123456789-.eFIU\n');
    let loaded = 0;
    for (let round = 0; round < 5000; round++) {
      let bytes = seed.slice();
      for (let edits = 1 + random(3); edits > 0; edits--) {
        const at = random(3) === 0 ? random(8) : random(bytes.length);
        const kind = random(4);
        if (kind === 0) bytes[at] = random(256);
        else if (kind === 1) bytes[at] = spice[random(spice.length)];
        else if (kind === 2) bytes[at] ^= 1 << random(8);
        else bytes = bytes.slice(0, random(8) === 0 ? at : bytes.length);
      }
      try {
        const tensors = load(bytes);
        loaded++;
        for (const [name, { shape, data }] of tensors) {
          expect(typeof name).toBe('string');
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
          expect(data.byteLength).toBeLessThanOrEqual(8 * bytes.length);
        }
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof DTypeError)) throw error;
      }
    }
    expect(loaded).toBeGreaterThan(500);
    expect(loaded).toBeLessThan(4500);
  });
});

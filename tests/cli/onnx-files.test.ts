// The files that `gated run` reads and writes: what is in them, and that damaged ones are refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkOutput, type Data, readArrays, writeArrays } from '../../src/cli/onnx/arrays.js';
import { readNpy, writeNpy } from '../../src/cli/onnx/npy.js';
import { readWav } from '../../src/cli/onnx/wav.js';
import { CliError } from '../../src/cli/terminal/cli-error.js';
import { FormatError } from '../../src/errors.js';
import { load } from '../../src/formats/safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'gated-arrays-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string, data?: string | Uint8Array) => {
  const path = join(folder, name);
  if (data !== undefined) writeFileSync(path, data);
  return path;
};
const numbers = (data: Data) => Array.from<number | bigint>(data).map(Number);

/** Throws FormatError or gives an array; anything else is a bug. */
function harmless(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}

describe('.npy', () => {
  const npy = (header: string, body: Uint8Array, version = 1) => {
    const start = version === 1 ? 10 : 12;
    const bytes = new Uint8Array(start + header.length + body.length);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, header.length & 255, header.length >> 8]);
    bytes.set(
      [...header].map((c) => c.charCodeAt(0)),
      start,
    );
    bytes.set(body, start + header.length);
    return bytes;
  };
  const header = (descr: string, shape: string, fortran = 'False') =>
    `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
  const big = (size: number, values: number[], set: (view: DataView, at: number, x: number) => void) => {
    const bytes = new Uint8Array(size * values.length);
    values.forEach((x, i) => {
      set(new DataView(bytes.buffer), i * size, x);
    });
    return bytes;
  };
  type Case = [string, Uint8Array, number[], string];
  const cases: Case[] = [
    ['<f4', new Uint8Array(Float32Array.of(1.5, -2).buffer), [1.5, -2], 'Float32Array'],
    ['<f8', new Uint8Array(Float64Array.of(0.1, -2).buffer), [0.1, -2], 'Float64Array'],
    ['>f8', big(8, [0.1, -2], (v, i, x) => v.setFloat64(i, x)), [0.1, -2], 'Float64Array'],
    ['<f2', new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer), [1, -2], 'Float32Array'],
    ['|i1', Uint8Array.of(127, 128), [127, -128], 'Int32Array'],
    ['|u1', Uint8Array.of(127, 128), [127, 128], 'Int32Array'],
    ['|b1', Uint8Array.of(0, 1), [0, 1], 'Int32Array'],
    ['>i2', big(2, [300, -2], (v, i, x) => v.setInt16(i, x)), [300, -2], 'Int32Array'],
    ['<u2', new Uint8Array(Uint16Array.of(65535, 1).buffer), [65535, 1], 'Int32Array'],
    ['<i4', new Uint8Array(Int32Array.of(-5, 2 ** 30).buffer), [-5, 2 ** 30], 'Int32Array'],
    ['<u4', new Uint8Array(Uint32Array.of(5, 2 ** 32 - 1).buffer), [5, 2 ** 32 - 1], 'Float64Array'],
    ['<i8', new Uint8Array(BigInt64Array.of(-5n, 1n).buffer), [-5, 1], 'BigInt64Array'],
    ['<u8', new Uint8Array(BigUint64Array.of(5n, 1n).buffer), [5, 1], 'BigUint64Array'],
  ];
  test.each(cases)('%s', (descr, body, expected, kind) => {
    for (const version of [1, 2]) {
      const { data, dims } = readNpy(npy(header(descr, '(2,)'), body, version), 'x.npy');
      expect([numbers(data), dims, data.constructor.name]).toEqual([expected, [2], kind]);
    }
  });
  test('as NumPy wrote it: column by column, big end first', () => {
    const file =
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr//gAB//8AAgAAAAM=';
    const { data, dims } = readNpy(new Uint8Array(Buffer.from(file, 'base64')), 'x.npy');
    expect([numbers(data), dims]).toEqual([
      [-2, -1, 0, 1, 2, 3],
      [2, 3],
    ]);
  });
  test('column by column with three dimensions', () => {
    const body = new Uint8Array(24).map((_, i) => i);
    const { data } = readNpy(npy(header('|u1', '(2, 3, 4)', 'True'), body), 'x.npy');
    // Element [i, j, k] lies at i + 2j + 6k.
    const expected = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => [0, 1, 2, 3].map((k) => i + 2 * j + 6 * k)));
    expect(numbers(data)).toEqual(expected);
  });
  test('written and read again: scalars, empty arrays, every type of ours', () => {
    for (const [data, dims] of [
      [Float32Array.of(3.5), []],
      [new Float32Array(0), [0, 4]],
      [Float32Array.from({ length: 6 }, (_, i) => i / 7), [2, 3]],
      [Float64Array.of(0.1), [1]],
      [Int32Array.of(-1, 2, 3), [3]],
      [BigInt64Array.of(-(2n ** 60n)), [1, 1]],
      [BigUint64Array.of(2n ** 63n), [1]],
    ] as [Data, number[]][]) {
      const bytes = writeNpy({ data, dims });
      // NumPy wants the elements at a multiple of 64.
      expect((bytes.length - data.byteLength) % 64).toBe(0);
      expect(readNpy(bytes, 'x.npy')).toEqual({ data, dims });
    }
  });
  test.each([
    ['another file', new Uint8Array(100), 'x.npy: it is no .npy file'],
    ['objects', npy(header('|O', '(2,)'), new Uint8Array(16)), 'elements are of NumPy type |O'],
    [
      'a size of a prototype',
      npy(header('<toString', '(2,)'), new Uint8Array(16)),
      'elements are of NumPy type <toString',
    ],
    ['fields', npy("{'descr': [('a', '<f4')], 'shape': (3,), }\n", new Uint8Array(12)), 'gives no type and shape'],
    ['too few bytes', npy(header('<f4', '(3,)'), new Uint8Array(8)), 'shape (3) of f4 takes 12 bytes; 8 are there'],
    ['too many', npy(header('<f4', '(1,)'), new Uint8Array(8)), 'shape (1) of f4 takes 4 bytes; 8 are there'],
    ['huge sizes', npy(header('<f4', '(99999999, 99999999)'), new Uint8Array(8)), '8 are there'],
    ['sizes beyond numbers', npy(header('<f4', `(${'9'.repeat(400)}, 0)`), new Uint8Array(0)), 'damaged: its shape'],
    ['too many dimensions', npy(header('|u1', `(${'1,'.repeat(40)})`), new Uint8Array(1)), 'damaged: its shape'],
    [
      'a header beyond the end',
      npy(header('<f4', '(3,)'), new Uint8Array(12)).subarray(0, 30),
      'damaged: its header ends',
    ],
  ])('%s: refused', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'x.npy')).toThrow(FormatError);
    expect(() => readNpy(bytes, 'x.npy')).toThrow(message);
  });
  test('every truncation and a thousand flips: FormatError or an array', () => {
    const bytes = writeNpy({ data: Float32Array.from({ length: 30 }, (_, i) => i), dims: [5, 6] });
    for (let n = 0; n < bytes.length; n++) expect(() => readNpy(bytes.subarray(0, n), 'x')).toThrow(FormatError);
    for (let i = 0; i < 1000; i++) {
      const flipped = bytes.slice();
      flipped[(i * 37) % 128] ^= 1 << (i % 8);
      harmless(() => readNpy(flipped, 'x'));
    }
  });
});

describe('.wav', () => {
  interface Sound {
    code?: number;
    bits?: number;
    channels?: number;
    rate?: number;
    body: Uint8Array;
    /** What the chunk says; default: the truth. */
    says?: number;
    before?: Uint8Array;
    extensible?: boolean;
  }
  const chunk = (name: string, body: Uint8Array, says = body.length) => {
    const bytes = new Uint8Array(8 + body.length + (body.length & 1));
    bytes.set([...name].map((c) => c.charCodeAt(0)));
    new DataView(bytes.buffer).setUint32(4, says, true);
    bytes.set(body, 8);
    return bytes;
  };
  const wav = ({ code = 1, bits = 16, channels = 1, rate = 16000, body, says, before, extensible }: Sound) => {
    const format = new Uint8Array(extensible ? 40 : 16);
    const view = new DataView(format.buffer);
    view.setUint16(0, extensible ? 0xfffe : code, true);
    view.setUint16(2, channels, true);
    view.setUint32(4, rate, true);
    view.setUint16(14, bits, true);
    if (extensible) view.setUint16(24, code, true);
    const riff = chunk('RIFF', new Uint8Array(4));
    riff.set([0x57, 0x41, 0x56, 0x45], 8);
    return new Uint8Array(
      Buffer.concat(
        [riff, before ?? [], chunk('fmt ', format), chunk('data', body, says)].map((part) => Uint8Array.from(part)),
      ),
    );
  };
  const bytesOf = (array: Int16Array | Int32Array | Float32Array | Float64Array) => new Uint8Array(array.buffer);

  test.each<[string, Sound, number[]]>([
    ['8 bits', { bits: 8, body: Uint8Array.of(128, 0, 192) }, [0, -1, 0.5]],
    ['16 bits', { body: bytesOf(Int16Array.of(0, -32768, 16384)) }, [0, -1, 0.5]],
    ['24 bits', { bits: 24, body: Uint8Array.of(0, 0, 0, 0, 0, 0x80, 0, 0, 0x40, 1, 0, 0) }, [0, -1, 0.5, 2 ** -23]],
    ['32 bits', { bits: 32, body: bytesOf(Int32Array.of(0, -(2 ** 31), 2 ** 30)) }, [0, -1, 0.5]],
    ['floats', { code: 3, bits: 32, body: bytesOf(Float32Array.of(0, -1, 0.25)) }, [0, -1, 0.25]],
    ['doubles', { code: 3, bits: 64, body: bytesOf(Float64Array.of(0, -1, 0.25)) }, [0, -1, 0.25]],
    ['extensible', { code: 3, bits: 32, extensible: true, body: bytesOf(Float32Array.of(0.5)) }, [0.5]],
    ['two channels', { channels: 2, body: bytesOf(Int16Array.of(16384, 0, -16384, -16384)) }, [0.25, -0.5]],
    [
      'a chunk before, of odd size',
      { before: chunk('LIST', Uint8Array.of(1, 2, 3)), body: bytesOf(Int16Array.of(16384)) },
      [0.5],
    ],
    ['a recorder that was cut off', { says: 0xffffffff, body: bytesOf(Int16Array.of(16384)) }, [0.5]],
  ])('%s', (_, sound, expected) => {
    const { data, dims, rate, channels } = readWav(wav(sound), 'x.wav');
    expect([...data]).toEqual(expected);
    expect([dims, rate, channels]).toEqual([[expected.length], 16000, sound.channels ?? 1]);
  });
  test.each<[string, Uint8Array, string]>([
    ['another file', new Uint8Array(100), 'x.wav: it is no .wav file'],
    ['µ-law', wav({ code: 7, bits: 8, body: new Uint8Array(4) }), '1 channels of 8 bits in format 7; expected PCM'],
    ['no channels', wav({ channels: 0, body: new Uint8Array(4) }), '0 channels'],
    ['no data chunk', wav({ body: new Uint8Array(0) }).subarray(0, 36), 'it has no samples'],
  ])('%s: refused', (_, bytes, message) => {
    expect(() => readWav(bytes, 'x.wav')).toThrow(FormatError);
    expect(() => readWav(bytes, 'x.wav')).toThrow(message);
  });
  test('every truncation and a thousand flips: FormatError or samples', () => {
    const bytes = wav({ channels: 2, body: new Uint8Array(64).map((_, i) => i) });
    for (let n = 0; n < bytes.length; n++) harmless(() => readWav(bytes.subarray(0, n), 'x'));
    for (let i = 0; i < 1000; i++) {
      const flipped = bytes.slice();
      flipped[(i * 37) % bytes.length] ^= 1 << (i % 8);
      harmless(() => readWav(flipped, 'x'));
    }
  });
});

describe('.json', () => {
  const json = (text: string) => readArrays(at('x.json', text));
  test('lists, named lists, numbers', () => {
    expect(json('[[1, 2, 3], [4, 5, 6]]').get('')).toEqual({ data: Float64Array.of(1, 2, 3, 4, 5, 6), dims: [2, 3] });
    expect(json('7').get('')).toEqual({ data: Float64Array.of(7), dims: [] });
    expect(json('[[], []]').get('')?.dims).toEqual([2, 0]);
    const named = json('{"x": [1.5], "__proto__": [[true]], "n": 16777217}');
    expect([...named.keys()]).toEqual(['x', '__proto__', 'n']);
    // Whole numbers keep every digit.
    expect(named.get('n')?.data[0]).toBe(16777217);
  });
  test.each([
    ['[1, 2', /it is not JSON/],
    ['[[1, 2], [3]]', /its lists have different lengths; expected 2 × 2 numbers/],
    ['[[1, 2], 3]', /lists have different lengths/],
    ['[1, [2]]', /\[2\] is not a number/],
    ['[1, null]', /null is not a number/],
    ['{"x": ["1"]}', /"x": "1" is not a number/],
    ['{"x": {"y": 1}}', /is not a number/],
    [`${'['.repeat(3000)}${']'.repeat(3000)}`, /3000 lists within lists/],
  ])('%j is refused', (text, message) => {
    expect(() => json(text)).toThrow(CliError);
    expect(() => json(text)).toThrow(message);
  });
});

describe('writing', () => {
  const outputs = new Map([
    ['y', { data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [1, 2, 3] }],
    ['n', { data: BigInt64Array.of(-1n), dims: [] }],
  ]);
  test('.safetensors, .json and .npy', () => {
    writeArrays(at('y.safetensors'), outputs);
    const file = load(readFileSync(at('y.safetensors')));
    expect([file.get('y')?.shape, [...file.get('y')!.data]]).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect([file.get('n')?.shape, [...file.get('n')!.data]]).toEqual([[], [-1]]);
    writeArrays(at('y.json'), outputs);
    expect(JSON.parse(readFileSync(at('y.json'), 'utf8'))).toEqual({
      y: [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
      n: -1,
    });
    writeArrays(at('y.npy'), new Map([['y', outputs.get('y')!]]));
    expect(readArrays(at('y.npy')).get('')).toEqual(outputs.get('y'));
  });
  test('a name that says no kind, and two outputs in a .npy', () => {
    expect(() => checkOutput('y.txt', ['y'])).toThrow('--output y.txt: expected a name that ends in .npy');
    expect(() => checkOutput('y.npy', ['y', 'n'])).toThrow('.npy holds one array, and the model gives 2: y, n');
  });
});

test('a file that is not what its name says', () => {
  at('sound.npy', new TextEncoder().encode('RIFF....WAVEfmt '));
  expect(() => readArrays(at('sound.npy'))).toThrow(/sound\.npy: it is a \.wav sound$/);
  at('page.safetensors', '<!DOCTYPE html>');
  expect(() => readArrays(at('page.safetensors'))).toThrow(/page\.safetensors: it is a page of HTML/);
  at('empty.wav', '');
  expect(() => readArrays(at('empty.wav'))).toThrow(/empty\.wav: the file is empty$/);
  expect(() => readArrays(at('x.csv', '1,2'))).toThrow(/x\.csv: expected a file whose name ends in \.npy/);
  expect(() => readArrays(at('none.npy'))).toThrow(/cannot read input .*none\.npy: no such file/);
});

// Real files, made by others' writers: each is read as an independent, trusting reader reads it, and survives a round trip.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { load, save } from '../../src/formats/safetensors.js';

const folder = process.env.GATED_MODELS ?? new URL('../../../shared/models', import.meta.url).pathname;
const files = existsSync(folder)
  ? (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.safetensors')).sort()
  : [];

const ARRAYS: Record<string, new (buffer: ArrayBuffer) => ArrayLike<number | bigint>> = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I8: Int8Array,
  U8: Uint8Array,
};

test.skipIf(files.length === 0)('the models folder holds safetensors files', () => {
  expect(files.length).toBeGreaterThan(30);
});

test.skipIf(files.length === 0).each(files.length > 0 ? files : ['(no GATED_MODELS folder)'])('%s', (name) => {
  const bytes = readFileSync(`${folder}/${name}`);
  const bufferStart = 8 + bytes.readUInt32LE(0);
  const { __metadata__: metadata = {}, ...header } = JSON.parse(bytes.toString('utf8', 8, bufferStart));
  const tensors = load(bytes);
  expect(Object.fromEntries(tensors.metadata)).toEqual(metadata);
  expect([...tensors.keys()]).toEqual(Object.keys(header));
  for (const [key, { dtype, shape, data_offsets }] of Object.entries<Record<string, never>>(header)) {
    const [begin, end] = data_offsets as [number, number];
    const own = Uint8Array.prototype.slice.call(bytes, bufferStart + begin, bufferStart + end);
    const values = Array.from(new ARRAYS[dtype](own.buffer as ArrayBuffer), Number);
    const tensor = tensors.get(key)!;
    expect(tensor.shape).toEqual(shape);
    expect(tensor.storedAs).toBe(dtype);
    // Not toEqual on 400,000 elements, which takes seconds.
    const wrong = values.findIndex(
      (value, i) => !Object.is(tensor.data[i], dtype === 'F64' ? Math.fround(value) : value),
    );
    expect([key, tensor.data.length, wrong]).toEqual([key, values.length, -1]);
  }
  const again = load(save(tensors));
  expect(again.metadata).toEqual(tensors.metadata);
  expect([...again.keys()].sort()).toEqual([...tensors.keys()].sort());
  for (const [key, { shape, data }] of tensors) {
    expect(again.get(key)!.shape).toEqual(shape);
    expect(Buffer.compare(Buffer.from(again.get(key)!.data.slice().buffer), Buffer.from(data.slice().buffer))).toBe(0);
  }
});

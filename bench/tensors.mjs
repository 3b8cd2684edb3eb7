// The file that carries a case's numbers to every opponent: safetensors, float32 and int32. Its own few lines, so that a peer's cold start
// does not load gated to read its weights.
import { readFileSync, writeFileSync } from 'node:fs';

/** tensors: { name: { shape, data } }. */
export function writeTensors(path, tensors) {
  const header = {};
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const dtype = data instanceof Int32Array ? 'I32' : 'F32';
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  let json = JSON.stringify(header);
  json = json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bodies = Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(path, Buffer.concat([length, Buffer.from(json), ...bodies]));
}

/** { name: { shape, data } }, data as views on the file: copying it is no part of anybody's first result. */
export function readTensors(path) {
  const { buffer, byteOffset } = readFileSync(path);
  const length = Number(new DataView(buffer, byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(buffer, byteOffset + 8, length).toString());
  const tensors = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of Object.entries(header)) {
    const at = byteOffset + 8 + length + from;
    const count = (to - from) / 4;
    tensors[name] = {
      shape,
      data: dtype === 'I32' ? new Int32Array(buffer, at, count) : new Float32Array(buffer, at, count),
    };
  }
  return tensors;
}

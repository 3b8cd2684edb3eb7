// The cases that goldens/make.mjs ran in ONNX Runtime, and make_exports.py in PyTorch.
import { readFileSync } from 'node:fs';

type Stored = [type: string, dims: number[], base64: string];
export interface GoldenCase {
  name: string;
  tolerance?: number;
  model: Uint8Array;
  feeds: Record<string, { data: never; dims: number[] }>;
  outputs: Record<string, { type: string; dims: number[]; data: ArrayLike<number | bigint> }>;
}

const ARRAYS: Record<string, (buffer: ArrayBuffer) => ArrayLike<number | bigint>> = {
  float32: (b) => new Float32Array(b),
  float64: (b) => new Float64Array(b),
  uint8: (b) => new Uint8Array(b),
  int8: (b) => new Int8Array(b),
  uint16: (b) => new Uint16Array(b),
  int16: (b) => new Int16Array(b),
  int32: (b) => new Int32Array(b),
  uint32: (b) => new Uint32Array(b),
  int64: (b) => new BigInt64Array(b),
  uint64: (b) => new BigUint64Array(b),
  bool: (b) => new Uint8Array(b),
};
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const opened = ([type, dims, base64]: Stored) => ({ type, dims, data: ARRAYS[type](bytes(base64).buffer) });
const mapped = (all: Record<string, Stored>) =>
  Object.fromEntries(Object.entries(all).map(([name, stored]) => [name, opened(stored)]));

export function goldenCases(family: string): GoldenCase[] {
  const cases = JSON.parse(readFileSync(new URL(`goldens/${family}.json`, import.meta.url), 'utf8'));
  return cases.map((c: { name: string; tolerance?: number; model: string; feeds: never; outputs: never }) => ({
    ...c,
    model: bytes(c.model),
    feeds: mapped(c.feeds),
    outputs: mapped(c.outputs),
  }));
}

// The JSON header of a safetensors file, read with suspicion.
import { FormatError } from '../errors.js';

export interface HeaderTensor {
  dtype: string;
  shape: number[];
  /** Offsets into the data after the header. */
  begin: number;
  end: number;
}
export interface Header {
  tensors: Map<string, HeaderTensor>;
  metadata: Map<string, string>;
}

/** `bytesOf` gives the width of a dtype, or null for one that is not known. */
export function parseHeader(bytes: Uint8Array, bytesOf: (dtype: string) => number | null): Header {
  if (bytes[0] !== 0x7b) throw new FormatError("safetensors: the header does not begin with '{' at offset 8");
  const json = parseJson(bytes);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) fail('the header is not a JSON object');
  const header: Header = { tensors: new Map(), metadata: new Map() };
  for (const [name, value] of Object.entries(json as object)) {
    if (name === '__metadata__') readMetadata(value, header.metadata);
    else header.tensors.set(name, readEntry(name, value, bytesOf));
  }
  return header;
}

function fail(what: string): never {
  throw new FormatError(`safetensors: ${what}`);
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    fail('the header is not UTF-8');
  }
  let json: unknown;
  try {
    // __proto__ as a key of JSON.parse is an own property like any other.
    json = JSON.parse(text);
  } catch (error) {
    fail(`the header is not JSON: ${(error as Error).message}`);
  }
  checkUniqueKeys(text);
  return json;
}

/** JSON.parse keeps the last of equal keys silently; the format forbids them. Walks the strings of valid JSON. */
function checkUniqueKeys(text: string): void {
  const open: (Set<string> | null)[] = [];
  let expectKey = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const end = stringEnd(text, i);
      const keys = open[open.length - 1];
      if (expectKey && keys) {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        if (keys.has(key)) fail(`the header has the key ${JSON.stringify(key)} twice`);
        keys.add(key);
        expectKey = false;
      }
      i = end;
    } else if (c === '{') {
      open.push(new Set());
      expectKey = true;
    } else if (c === '[') {
      open.push(null);
      expectKey = false;
    } else if (c === '}' || c === ']') open.pop();
    else if (c === ',') expectKey = open[open.length - 1] !== null;
  }
}

function stringEnd(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

function readMetadata(value: unknown, out: Map<string, string>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value as object)) {
    if (typeof text !== 'string') fail(`__metadata__ '${key}' is ${typeof text}; expected a string`);
    out.set(key, text as string);
  }
}

function readEntry(name: string, value: unknown, bytesOf: (dtype: string) => number | null): HeaderTensor {
  const at = `tensor '${name}'`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(`${at} is not an object`);
  const { dtype, shape, data_offsets: offsets, ...others } = value as Record<string, unknown>;
  const unknown = Object.keys(others);
  if (unknown.length > 0) fail(`${at} has the unknown key '${unknown[0]}'`);
  const width = typeof dtype === 'string' ? bytesOf(dtype) : null;
  if (width === null)
    fail(`${at} has dtype ${JSON.stringify(dtype)}; expected F64, F32, F16, BF16, I64, I32, … or BOOL`);
  const sizes = naturals(shape, `${at}: shape`);
  const range = naturals(offsets, `${at}: data_offsets`);
  if (range.length !== 2) fail(`${at}: data_offsets has ${range.length} numbers; expected 2`);
  const [begin, end] = range;
  let size = width as number;
  for (const n of sizes) {
    size *= n;
    if (!Number.isSafeInteger(size)) fail(`${at}: shape [${sizes.join(', ')}] overflows`);
  }
  if (end - begin !== size) {
    fail(
      `${at}: data_offsets span ${end - begin} bytes; expected ${size} for ${dtype as string} [${sizes.join(', ')}]`,
    );
  }
  return { dtype: dtype as string, shape: sizes, begin, end };
}

function naturals(value: unknown, where: string): number[] {
  if (!Array.isArray(value)) fail(`${where} is not an array`);
  for (const n of value as unknown[]) {
    if (!Number.isSafeInteger(n) || (n as number) < 0)
      fail(`${where} holds ${JSON.stringify(n)}; expected a non-negative integer`);
  }
  return value as number[];
}

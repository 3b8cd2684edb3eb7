// Protobuf messages as plain objects, by a table of their fields. pbf reads the numbers; every length is checked here before it is
// used, because pbf itself walks past the end of a damaged file.
import { PbfReader } from 'pbf';
import { FormatError } from '../errors.js';
import { decodeUtf8 } from '../formats/utf8.js';

/** int and float are numbers; a kind in the plural is a list, packed or not; a table is a message, one in a list is many. */
export type Kind =
  | 'int'
  | 'ints'
  | 'float'
  | 'floats'
  | 'doubles'
  | 'text'
  | 'texts'
  | 'bytes'
  | 'blobs'
  | Fields
  | [Fields];
/** Field number -> [name, kind]. A function, where messages contain themselves. */
export type Fields = () => Readonly<Record<number, readonly [string, Kind]>>;
type Message = Record<string, unknown>;

/** Messages inside messages: real models stay below 30. */
const MAX_DEPTH = 100;
const BYTES = 2;
/** Wire types of a single number. */
const WIRE: Readonly<Record<string, number>> = { int: 0, ints: 0, float: 5, floats: 5, doubles: 1 };

/** The message that `bytes` are. Fields the table does not name are skipped; lists are always there. */
export function decodeMessage<T>(bytes: Uint8Array, fields: Fields, where: string): T {
  return message(new PbfReader(bytes), bytes.length, fields, where, 0) as T;
}

function message(pbf: PbfReader, end: number, fields: Fields, where: string, depth: number): Message {
  if (depth > MAX_DEPTH) throw new FormatError(`${where}: messages nest deeper than ${MAX_DEPTH} at offset ${pbf.pos}`);
  const table = fields();
  const out: Message = {};
  for (const [name, kind] of Object.values(table)) {
    if (Array.isArray(kind) || (typeof kind === 'string' && kind.endsWith('s') && kind !== 'bytes')) out[name] = [];
  }
  const fail = (at: number): never => {
    throw new FormatError(`${where}: damaged at offset ${at} of ${pbf.length}`);
  };
  while (pbf.pos < end) {
    const at = pbf.pos;
    const number = guarded(() => pbf.nextField(end), fail, at) as number;
    const field = table[number];
    if (number === 0) fail(at);
    if (field)
      guarded(
        () => read(pbf, end, out, field, fail, (stop, inner) => message(pbf, stop, inner, where, depth + 1)),
        fail,
        at,
      );
    else pbf.skip(pbf.type);
    if (!(pbf.pos <= end)) fail(at);
  }
  return out;
}

/** pbf throws RangeError and plain errors at the end of the file. */
function guarded(run: () => unknown, fail: (at: number) => never, at: number): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    return fail(at);
  }
}

function read(
  pbf: PbfReader,
  end: number,
  out: Message,
  [name, kind]: readonly [string, Kind],
  fail: (at: number) => never,
  inner: (stop: number, fields: Fields) => Message,
): void {
  const at = pbf.pos;
  const wire = typeof kind === 'string' ? WIRE[kind] : undefined;
  if (pbf.type !== BYTES) {
    if (pbf.type !== wire) fail(at);
    const value = number(pbf, wire);
    if (Array.isArray(out[name])) (out[name] as number[]).push(value);
    else out[name] = value;
    return;
  }
  const length = pbf.readVarint();
  const stop = pbf.pos + length;
  if (!(length >= 0 && stop <= end)) fail(at);
  if (wire !== undefined) {
    if (!Array.isArray(out[name])) fail(at);
    while (pbf.pos < stop) (out[name] as number[]).push(number(pbf, wire));
    if (pbf.pos !== stop) fail(at);
    return;
  }
  const value =
    typeof kind === 'string' ? text(pbf, kind, stop, fail) : inner(stop, Array.isArray(kind) ? kind[0] : kind);
  if (Array.isArray(out[name])) (out[name] as unknown[]).push(value);
  else out[name] = value;
  pbf.pos = stop;
}

function number(pbf: PbfReader, wire: number | undefined): number {
  return wire === 0 ? pbf.readVarint(true) : wire === 5 ? pbf.readFloat() : pbf.readDouble();
}

function text(pbf: PbfReader, kind: string, stop: number, fail: (at: number) => never): unknown {
  if (kind === 'bytes' || kind === 'blobs') return pbf.buf.subarray(pbf.pos, stop);
  const decoded = decodeUtf8(pbf.buf as Uint8Array, pbf.pos, stop);
  return typeof decoded === 'string' ? decoded : fail(decoded);
}

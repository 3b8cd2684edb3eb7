// Protobuf messages as plain objects, by a table of their fields. pbf reads and writes the numbers; every length is checked here before it is
// used, because pbf itself walks past the end of a damaged file.
import { PbfReader, PbfWriter } from 'pbf';
import { FormatError } from '../errors.js';
import { decodeUtf8 } from '../formats/utf8.js';

/**
 * int and float are numbers; a kind in the plural is a list, packed or not; a table is a message (a function gives one that contains
 * itself), one in a list is many.
 */
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
  | (() => Fields)
  | [Fields];
/** Field number -> [name, kind]. */
export type Fields = Readonly<{ [number: number]: readonly [string, Kind] }>;
type Message = Record<string, unknown>;

/** Messages inside messages: real models stay below 30. */
const MAX_DEPTH = 100;
const BYTES = 2;
/** Wire types of a single number. */
const WIRE: Readonly<Record<string, number>> = { int: 0, ints: 0, float: 5, floats: 5, doubles: 1 };

/** The message that `bytes` are. Fields the table does not name are skipped; lists are always there. */
export function decodeMessage<T>(bytes: Uint8Array, fields: Fields, where: string): T {
  const pbf = new PbfReader(bytes);
  try {
    return message(pbf, bytes.length, fields, 0) as T;
  } catch {
    // What message() throws, and pbf itself beyond the end or at an unknown wire type.
    throw new FormatError(`${where}: damaged at about offset ${Math.min(pbf.pos, bytes.length)} of ${bytes.length}`);
  }
}

function check(fits: boolean): void {
  if (!fits) throw new RangeError();
}

function message(pbf: PbfReader, end: number, fields: Fields, depth: number): Message {
  check(depth <= MAX_DEPTH);
  const out: Message = {};
  for (const number in fields) {
    const [name, kind] = fields[number];
    if (Array.isArray(kind) || (typeof kind === 'string' && kind.endsWith('s') && kind !== 'bytes')) out[name] = [];
  }
  while (pbf.pos < end) {
    const field = fields[pbf.nextField(end) || 0];
    if (field) read(pbf, end, out, field, depth);
    else pbf.skip(pbf.type);
    check(pbf.pos <= end);
  }
  return out;
}

function read(pbf: PbfReader, end: number, out: Message, [name, kind]: readonly [string, Kind], depth: number): void {
  const list = Array.isArray(out[name]) ? (out[name] as unknown[]) : null;
  const wire = typeof kind === 'string' ? WIRE[kind] : undefined;
  const put = (value: unknown) => {
    if (list) list.push(value);
    else out[name] = value;
  };
  if (pbf.type !== BYTES) {
    check(pbf.type === wire);
    put(number(pbf, wire));
    return;
  }
  const length = pbf.readVarint();
  const stop = pbf.pos + length;
  check(length >= 0 && stop <= end);
  if (wire !== undefined) {
    check(list !== null);
    while (pbf.pos < stop) put(number(pbf, wire));
  } else if (typeof kind === 'string') {
    put(kind.startsWith('text') ? text(pbf, stop) : pbf.buf.subarray(pbf.pos, stop));
    pbf.pos = stop;
  } else put(message(pbf, stop, Array.isArray(kind) ? kind[0] : typeof kind === 'function' ? kind() : kind, depth + 1));
  check(pbf.pos === stop);
}

function number(pbf: PbfReader, wire: number | undefined): number {
  return wire === 0 ? pbf.readVarint(true) : wire === 5 ? pbf.readFloat() : pbf.readDouble();
}

function text(pbf: PbfReader, stop: number): string {
  const decoded = decodeUtf8(pbf.buf as Uint8Array, pbf.pos, stop);
  check(typeof decoded === 'string');
  return decoded as string;
}

const WRITERS = {
  int: 'writeVarintField',
  ints: 'writeVarintField',
  float: 'writeFloatField',
  floats: 'writeFloatField',
  doubles: 'writeDoubleField',
  text: 'writeStringField',
  texts: 'writeStringField',
  bytes: 'writeBytesField',
  blobs: 'writeBytesField',
} as const;

/** The bytes that decodeMessage reads as `message`. What is undefined, or no field of the table, is left out; lists are not packed. */
export function encodeMessage(message: object, fields: Fields): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter();
  write(message as Message, pbf, fields);
  return pbf.finish().slice();
}

function write(message: Message, pbf: PbfWriter, fields: Fields): void {
  for (const number in fields) {
    const [name, kind] = fields[number];
    for (const value of [message[name] ?? []].flat()) {
      if (typeof kind === 'string') pbf[WRITERS[kind]](Number(number), value as never);
      else {
        const inner = Array.isArray(kind) ? kind[0] : typeof kind === 'function' ? kind() : kind;
        pbf.writeMessage(Number(number), (m: Message, p) => write(m, p, inner), value as Message);
      }
    }
  }
}

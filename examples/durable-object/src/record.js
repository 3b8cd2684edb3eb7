// A session as bytes, in storage and when it moves: 'GSES', format version, model id, steps so far, the stream's state, CRC-32 of all that.
// Words are 32 bits, little endian.

const MAGIC = 0x53455347;
const VERSION = 1;
const HEAD = 16;

export class RecordError extends Error {}
/** A sound record, but of other weights: its numbers mean nothing to this model. */
export class OtherModelError extends RecordError {}

export function encodeRecord({ model, steps, state }) {
  const bytes = new Uint8Array(HEAD + state.length + 4);
  const view = new DataView(bytes.buffer);
  [MAGIC, VERSION, model, steps].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  bytes.set(state, HEAD);
  view.setUint32(HEAD + state.length, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

/** Throws RecordError unless every bit is as it was written. gated checks names and sizes in `state`; its values only the CRC protects. */
export function decodeRecord(bytes, model) {
  if (bytes.length < HEAD + 4) throw new RecordError(`record has ${bytes.length} bytes; expected at least ${HEAD + 4}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at) => view.getUint32(at, true);
  if (word(0) !== MAGIC) throw new RecordError('record does not begin with GSES');
  if (word(4) !== VERSION) throw new RecordError(`record has format version ${word(4)}; expected ${VERSION}`);
  const [stored, computed] = [word(bytes.length - 4), crc32(bytes.subarray(0, -4))];
  if (stored !== computed) throw new RecordError(`record has the checksum ${hex(computed)}; expected ${hex(stored)}`);
  if (word(8) !== model) {
    throw new OtherModelError(`record is of model ${hex(word(8))}; this one is ${hex(model)}`);
  }
  return { steps: word(12), state: bytes.subarray(HEAD, -4) };
}

/** CRC-32 as in zip and PNG (polynomial 0xEDB88320): every burst of up to 32 damaged bits is noticed. */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function hex(word) {
  return word.toString(16).padStart(8, '0');
}

// .wav files: RIFF chunks; PCM of 8 to 32 bits, floats of 32 and 64. Channels are averaged.
import { FormatError } from '../../errors.js';
import type { FileArray } from './arrays.js';

interface Format {
  read: (view: DataView, at: number) => number;
  /** Bytes of a sample. */
  width: number;
  channels: number;
  rate: number;
}
export interface WavArray extends FileArray {
  data: Float32Array;
  rate: number;
  channels: number;
}

const PCM = 1;
const FLOAT = 3;
/** WAVE_FORMAT_EXTENSIBLE: the code comes further on. */
const EXTENSIBLE = 0xfffe;
/** By code and bits: a sample from -1 to 1. */
const READERS: Readonly<Record<string, Format['read']>> = {
  [`${PCM} 8`]: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  [`${PCM} 16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM} 24`]: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23,
  [`${PCM} 32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT} 32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT} 64`]: (view, at) => view.getFloat64(at, true),
};

/** Throws FormatError. A recorder that was cut off leaves a size beyond the end: what is there is read. */
export function readWav(bytes: Uint8Array, where: string): WavArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || word(0) !== 'RIFF' || word(8) !== 'WAVE')
    throw new FormatError(`${where}: it is no .wav file`);
  let format: Format | null = null;
  // A chunk: four letters, a size, the contents, filled up to an even size.
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (word(at) === 'fmt ' && size >= 16 && from + 16 <= bytes.length) format = formatAt(view, from, size, where);
    else if (word(at) === 'data' && format) {
      const { rate, channels } = format;
      const data = samples(view, from, Math.min(size, bytes.length - from), format);
      return { data, dims: [data.length], rate, channels };
    }
    at = from + size + (size & 1);
  }
  throw new FormatError(`${where}: damaged: it has no samples`);
}

function formatAt(view: DataView, at: number, size: number, where: string): Format {
  let code = view.getUint16(at, true);
  if (code === EXTENSIBLE && size >= 26 && at + 26 <= view.byteLength) code = view.getUint16(at + 24, true);
  const [channels, bits] = [view.getUint16(at + 2, true), view.getUint16(at + 14, true)];
  const read = READERS[`${code} ${bits}`];
  if (!read || channels === 0) {
    throw new FormatError(
      `${where}: ${channels} channels of ${bits} bits in format ${code}; expected PCM of 8, 16, 24 or 32 bits or floats of 32 or 64`,
    );
  }
  return { read, width: bits / 8, channels, rate: view.getUint32(at + 4, true) };
}

function samples(view: DataView, from: number, size: number, { read, width, channels }: Format): Float32Array {
  const data = new Float32Array(Math.floor(size / (width * channels)));
  for (let i = 0; i < data.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += read(view, from + (i * channels + c) * width);
    data[i] = sum / channels;
  }
  return data;
}

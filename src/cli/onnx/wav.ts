// .wav files: RIFF chunks; 16, 24 and 32 bit PCM and 32-bit floats. Channels are averaged.
import { FormatError } from '../../errors.js';
import type { FileArray } from './arrays.js';

interface Format {
  float: boolean;
  channels: number;
  rate: number;
  bits: number;
}

/** Samples from -1 to 1. Throws FormatError. A last chunk that says more bytes than there are is read as far as it goes. */
export function readWav(bytes: Uint8Array, where: string): FileArray & { rate: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || word(0) !== 'RIFF' || word(8) !== 'WAVE') throw new FormatError(`${where}: not a .wav file`);
  let format: Format | null = null;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (word(at) === 'fmt ' && size >= 16 && from + 16 <= bytes.length) format = formatAt(view, from, size, where);
    else if (word(at) === 'data' && format) {
      const data = samples(view, from, Math.min(size, bytes.length - from), format);
      return { data, dims: [data.length], rate: format.rate };
    }
    at = from + size + (size & 1);
  }
  throw new FormatError(`${where}: no samples in the .wav file`);
}

function formatAt(view: DataView, at: number, size: number, where: string): Format {
  let code = view.getUint16(at, true);
  // WAVE_FORMAT_EXTENSIBLE has the code further on.
  if (code === 0xfffe && size >= 26 && at + 26 <= view.byteLength) code = view.getUint16(at + 24, true);
  const [channels, bits] = [view.getUint16(at + 2, true), view.getUint16(at + 14, true)];
  const known = code === 1 ? [16, 24, 32].includes(bits) : code === 3 && bits === 32;
  if (!known || channels === 0) {
    throw new FormatError(
      `${where}: ${channels} channels of format ${code} with ${bits} bits; expected PCM of 16, 24 or 32 bits or 32-bit floats`,
    );
  }
  return { float: code === 3, channels, rate: view.getUint32(at + 4, true), bits };
}

function samples(view: DataView, from: number, size: number, { float, channels, bits }: Format): Float32Array {
  const width = bits / 8;
  const data = new Float32Array(Math.floor(size / (width * channels)));
  const read = (at: number): number => {
    if (float) return view.getFloat32(at, true);
    if (bits === 16) return view.getInt16(at, true) / 2 ** 15;
    if (bits === 32) return view.getInt32(at, true) / 2 ** 31;
    return ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23;
  };
  for (let i = 0; i < data.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += read(from + (i * channels + c) * width);
    data[i] = sum / channels;
  }
  return data;
}

// Reads .wav files: 16-bit or float samples, any number of channels, which become one.

export interface Wav {
  rate: number;
  /** -1 to 1. */
  samples: Float32Array;
}

/** Throws an Error that says what is wrong with the file. */
export function readWav(bytes: Uint8Array): Wav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (word(0) !== 'RIFF' || word(8) !== 'WAVE') throw new Error('not a .wav file');
  let format: { code: number; channels: number; rate: number; bits: number } | null = null;
  // Chunks: four letters, a size, the contents, filled up to an even size.
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (word(at) === 'fmt ' && size >= 16 && from + 16 <= bytes.length) {
      format = {
        code: view.getUint16(from, true),
        channels: view.getUint16(from + 2, true),
        rate: view.getUint32(from + 4, true),
        bits: view.getUint16(from + 14, true),
      };
    }
    // A recorder that was cut off leaves a size that is too large: what is there counts.
    if (word(at) === 'data' && format) return decode(view, from, Math.min(size, bytes.length - from), format);
    at = from + size + (size & 1);
  }
  throw new Error('the .wav file has no samples');
}

function decode(
  view: DataView,
  from: number,
  size: number,
  { code, channels, rate, bits }: { code: number; channels: number; rate: number; bits: number },
): Wav {
  // 1 is PCM, 3 float, 0xfffe says it elsewhere: its bits tell.
  const float = code === 3 || (code === 0xfffe && bits === 32);
  if (channels < 1 || bits !== (float ? 32 : 16)) {
    throw new Error(
      `the .wav file has ${bits} bits a sample and ${channels} channels; expected 16 bits or 32-bit floats`,
    );
  }
  const width = bits / 8;
  const samples = new Float32Array(Math.floor(size / (width * channels)));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const at = from + (i * channels + c) * width;
      sum += float ? view.getFloat32(at, true) : view.getInt16(at, true) / 32768;
    }
    samples[i] = sum / channels;
  }
  return { rate, samples };
}

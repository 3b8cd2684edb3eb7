// Where somebody speaks: a probability for each frame, and the segments that follow from them.
import type { OnnxModel } from 'gated/onnx';
import type { Wav } from './wav.ts';

/** Samples of a frame and of what the model wants to see again of the frame before, by sample rate (Silero VAD). */
const FRAMES: Record<number, { frame: number; context: number }> = {
  16000: { frame: 512, context: 64 },
  8000: { frame: 256, context: 32 },
};

export const FRAME_SECONDS = 0.032;

/** The probability of speech in each frame of 32 ms, as they come: the model's state goes from one to the next. */
export function* probabilities(model: OnnxModel, { rate, samples }: Wav): Generator<number> {
  const sizes = FRAMES[rate];
  if (!sizes) throw new Error(`the .wav file has ${rate} samples a second; expected 16000 or 8000`);
  const { frame, context } = sizes;
  const stream = model.stream({ state: { state: 'stateN' } });
  const input = { data: new Float32Array(context + frame), dims: [1, context + frame] };
  try {
    for (let at = 0; at < samples.length; at += frame) {
      input.data.copyWithin(0, frame);
      input.data.fill(0, context).set(samples.subarray(at, at + frame), context);
      yield stream.step({ input, sr: rate }).output[0];
    }
  } finally {
    stream.dispose();
  }
}

export interface Segment {
  /** Seconds. */
  start: number;
  end: number;
}

/**
 * Speech begins with a frame above `threshold` and ends when frames stay below `threshold - 0.15` for `silence` seconds. Segments shorter than
 * `shortest` are left out; each gets `pad` seconds at either end, as far as its neighbours leave room.
 */
export function segments(
  speech: Iterable<number>,
  { threshold = 0.5, silence = 0.1, shortest = 0.25, pad = 0.03 } = {},
): Segment[] {
  const found: Segment[] = [];
  let start = -1;
  let quietSince = -1;
  let time = 0;
  const close = (end: number) => {
    if (end - start >= shortest) found.push({ start, end });
    start = quietSince = -1;
  };
  for (const probability of speech) {
    if (probability >= threshold) {
      if (start < 0) start = time;
      quietSince = -1;
    } else if (start >= 0 && probability < threshold - 0.15) {
      if (quietSince < 0) quietSince = time;
      if (time + FRAME_SECONDS - quietSince >= silence) close(quietSince);
    }
    time += FRAME_SECONDS;
  }
  if (start >= 0) close(quietSince < 0 ? time : quietSince);
  return found.map((segment, i) => ({
    start: Math.max(segment.start - pad, i > 0 ? (found[i - 1].end + segment.start) / 2 : 0),
    end: Math.min(segment.end + pad, i + 1 < found.length ? (segment.end + found[i + 1].start) / 2 : time),
  }));
}

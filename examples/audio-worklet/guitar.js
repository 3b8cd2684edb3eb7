// Plucked strings by Karplus and Strong (1983): a burst of noise goes round a delay line as long as one period and is dulled at every turn.
// Plain arithmetic only, so that every JavaScript engine makes the same samples.

/** Adds a note to `out`: frequency in Hz, start in samples, strength about 0 to 1. */
export function pluck(out, { frequency, start, length, strength, sampleRate, seed = 1 }) {
  const period = sampleRate / frequency - 0.5; // the dulling delays by half a sample
  const size = Math.floor(period);
  const fraction = period - size;
  const line = new Float32Array(size + 1);
  let state = seed >>> 0;
  let dull = 0;
  for (let i = 0; i < line.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    dull += 0.5 * (state / 2 ** 31 - 1 - dull); // a pick is softer than white noise
    line[i] = strength * dull;
  }
  let at = 0;
  let before = 0;
  const end = Math.min(out.length, start + length);
  for (let t = start; t < end; t++) {
    const next = at + 1 === line.length ? 0 : at + 1;
    const value = line[at] * (1 - fraction) + line[next] * fraction;
    const fade = Math.min(1, (end - t) / (0.01 * sampleRate)); // damped at the end, without a click
    out[t] += fade * value;
    line[at] = 0.996 * 0.5 * (value + before);
    before = value;
    at = next;
  }
}

/** A riff over two bars of E minor, 4.8 seconds that can be looped. */
export function riff(sampleRate) {
  const eighth = Math.round(0.3 * sampleRate);
  const out = new Float32Array(16 * eighth);
  // Semitones above the low E of a guitar (82.41 Hz), and how many eighths they last; chords are lists.
  // biome-ignore format: a bar per line
  const bars = [
    [[0, 7], 2], [0, 1], [12, 1], [10, 1], [12, 1], [[3, 10], 2],
    [[5, 12], 2], [5, 1], [17, 1], [15, 1], [12, 1], [[-2 + 12, 5, 17], 2],
  ];
  let at = 0;
  for (const [notes, eighths] of bars) {
    for (const [string, semitone] of [notes].flat().entries()) {
      let frequency = 82.41;
      for (let i = 0; i < semitone; i++) frequency *= 1.0594630943592953;
      const start = at * eighth + string * Math.round(0.006 * sampleRate); // strummed
      pluck(out, { frequency, start, length: eighths * eighth, strength: 0.45, sampleRate, seed: 7 + at + string });
    }
    at += eighths;
  }
  return out;
}

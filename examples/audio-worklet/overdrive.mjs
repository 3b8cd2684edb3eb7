// What the network learns to imitate, sample by sample: bass cut, gain, asymmetric soft clipping, tone filter.

export function overdrive(input, sampleRate) {
  const cut = 1 - Math.exp((-2 * Math.PI * 160) / sampleRate);
  const tone = 1 - Math.exp((-2 * Math.PI * 3500) / sampleRate);
  let low = 0;
  let dark = 0;
  return input.map((x) => {
    low += cut * (x - low);
    const clipped = Math.tanh(12 * (x - 0.8 * low) + 0.25) - Math.tanh(0.25);
    dark += tone * (clipped - dark);
    return 0.5 * dark;
  });
}

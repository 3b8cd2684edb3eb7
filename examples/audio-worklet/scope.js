// The oscilloscope: a hundredth of a second of the sound before and behind the pedal, held still by starting at a rising zero.

const SHOWN = 600; // samples

export class Scope {
  /** traces: [{ analyser, colour: name of a CSS variable }], drawn in this order. */
  constructor(canvas, traces) {
    this.canvas = canvas;
    this.traces = traces.map(({ analyser, colour }) => ({
      analyser,
      colour,
      samples: new Float32Array(analyser.fftSize),
    }));
  }

  draw() {
    const { canvas, traces } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const context = canvas.getContext('2d');
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);

    context.strokeStyle = style.getPropertyValue('--grid');
    context.beginPath();
    for (let i = 1; i < 8; i++) {
      context.moveTo((i * width) / 8, 0);
      context.lineTo((i * width) / 8, height);
    }
    for (let i = 1; i < 4; i++) {
      context.moveTo(0, (i * height) / 4);
      context.lineTo(width, (i * height) / 4);
    }
    context.stroke();

    for (const { analyser, samples } of traces) analyser.getFloatTimeDomainData(samples);
    const start = risingZero(traces[0].samples);
    context.lineWidth = 2;
    context.lineJoin = 'round';
    for (const { samples, colour } of traces) {
      context.strokeStyle = style.getPropertyValue(colour);
      context.beginPath();
      for (let i = 0; i < SHOWN; i++) {
        context.lineTo((i / (SHOWN - 1)) * width, height * (0.5 - 0.47 * samples[start + i]));
      }
      context.stroke();
    }
  }

  /** Root mean square of the last trace, in decibels below full scale. */
  loudness() {
    const { samples } = this.traces.at(-1);
    const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    return Math.max(-60, 10 * Math.log10(power + 1e-9));
  }
}

function risingZero(samples) {
  for (let i = 1; i < samples.length - SHOWN; i++) if (samples[i - 1] < 0 && samples[i] >= 0) return i;
  return 0;
}

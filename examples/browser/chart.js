// The live curve: the loss of every step, smoothed, and the accuracy on held-out strokes.

export class Curve {
  losses = [];
  accuracies = [];

  constructor(canvas, { steps, highest }) {
    this.canvas = canvas;
    this.steps = steps;
    this.highest = highest;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  clear() {
    this.losses = [];
    this.accuracies = [];
    this.draw();
  }
  addLoss(step, loss) {
    const before = this.losses.at(-1)?.value ?? loss;
    this.losses.push({ step, value: before + 0.15 * (loss - before) });
  }
  addAccuracy(step, value) {
    this.accuracies.push({ step, value });
  }

  draw() {
    const { canvas } = this;
    const scale = devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    context.scale(scale, scale);
    const colour = (name) => getComputedStyle(canvas).getPropertyValue(name);
    const inset = 3;
    const x = (step) => inset + (step / this.steps) * (width - 2 * inset);
    const y = (part) => height - inset - part * (height - 2 * inset);

    context.strokeStyle = colour('--grid');
    context.lineWidth = 1;
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      context.beginPath();
      context.moveTo(inset, y(part));
      context.lineTo(width - inset, y(part));
      context.stroke();
    }
    context.lineWidth = 2.5;
    context.lineJoin = 'round';
    context.lineCap = 'round';
    const line = (points, style, part) => {
      context.strokeStyle = style;
      context.beginPath();
      for (const { step, value } of points) context.lineTo(x(step), y(Math.min(1, part(value))));
      context.stroke();
    };
    line(this.losses, colour('--accent'), (loss) => loss / this.highest);
    line(this.accuracies, colour('--good'), (accuracy) => accuracy);
  }
}

// Progress of many equal steps that turned out to take long: on a terminal one live line, elsewhere a plain line now and then.
import { type Options, SingleBar } from 'cli-progress';
import { formatDuration, formatExact, formatPercent } from './format.js';
import { columnsOf, type OutputStream } from './style.js';

export interface StepProgressOptions {
  total: number;
  /** Default: process.stderr, so that stdout holds results only. */
  stream?: OutputStream;
  /** Milliseconds; default performance.now. */
  now?: () => number;
}

/** Nothing is shown of what is over before this. */
const LONG_MS = 500;
const REDRAW_MS = 100;
const PLAIN_MS = 10_000;
const BAR = 30;

export class StepProgress {
  private readonly total: number;
  private readonly stream: OutputStream;
  private readonly now: () => number;
  private readonly started: number;
  private shownAt: number;
  private bar: SingleBar | null = null;

  constructor({ total, stream = process.stderr, now = () => performance.now() }: StepProgressOptions) {
    this.total = total;
    this.stream = stream;
    this.now = now;
    this.started = this.shownAt = now();
  }

  /** `done` steps are over. */
  update(done: number): void {
    const now = this.now();
    if (now - this.shownAt < (this.bar ? REDRAW_MS : this.stream.isTTY ? LONG_MS : PLAIN_MS)) return;
    this.shownAt = now;
    if (this.stream.isTTY) this.draw(done);
    else this.stream.write(`${this.line(done)}\n`);
  }
  /** Takes the live line away. Call it in `finally`: its timer keeps the process alive. */
  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }

  private draw(done: number): void {
    if (!this.bar) {
      const width = Math.max(0, Math.min(BAR, columnsOf(this.stream) - this.line(this.total).length - 3));
      const full = (n: number) => Math.floor((width * n) / this.total);
      this.bar = new SingleBar({
        stream: this.stream as NodeJS.WritableStream,
        format: (_, { value }) => `${'█'.repeat(full(value))}${'░'.repeat(width - full(value))} ${this.line(value)}`,
        clearOnComplete: true,
        linewrap: true,
      } as Options);
      this.bar.start(this.total, done);
    }
    this.bar.update(done);
    // Drawn from here and not from a timer: the steps keep the event loop busy.
    this.bar.render();
  }
  private line(done: number): string {
    const left = ((this.now() - this.started) / 1000 / done) * (this.total - done);
    return `${formatPercent(done / this.total)}, step ${formatExact(done)} of ${formatExact(this.total)}, ${formatDuration(Math.ceil(left))} left`;
  }
}

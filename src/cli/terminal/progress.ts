// Progress of a training run. On a terminal one live line, drawn by cli-progress; elsewhere a plain line now and then.
// Neither hides the cursor nor changes the terminal's modes, so nothing needs restoring if the process is killed.
import { MultiBar, type Options, type SingleBar } from 'cli-progress';
import { formatDuration, formatExact, formatMetric, formatPercent, formatRate } from './format.js';
import { columnsOf, type OutputStream } from './style.js';

export interface ProgressOptions {
  epochs: number;
  stepsPerEpoch: number;
  /** Steps done before this run, for a run that is taken up again; default 0. */
  stepsBefore?: number;
  /** What `TrainingStep.seen` counts; default 'chars'. */
  unit?: string;
  /** Default: process.stderr, so that stdout holds results only. */
  stream?: OutputStream;
  /** Milliseconds; default performance.now. */
  now?: () => number;
}
export interface TrainingStep {
  /** From 1. */
  epoch: number;
  /** Steps done in this epoch, from 1. */
  step: number;
  /** Mean loss per character in nats; perplexity is its exponential. */
  loss: number;
  /** Characters trained on in this run. */
  seen: number;
}

const BAR_LEAST = 10;
const BAR_MOST = 40;
const REDRAW_MS = 100;
/** Without a terminal: a line every 10 s, and at every tenth of the run, but at most one per second. */
const PLAIN_MS = 10_000;
const PLAIN_FRACTION = 0.1;
const PLAIN_LEAST_MS = 1000;

export class TrainingProgress {
  private readonly stream: OutputStream;
  private readonly now: () => number;
  private readonly total: number;
  private readonly started: number;
  private shownAt: number;
  private shownDone: number;
  private last: TrainingStep | null = null;
  private shown: TrainingStep | null = null;
  private stopped = false;
  private readonly bars: MultiBar | null = null;
  private readonly bar: SingleBar | null = null;

  constructor(private readonly options: ProgressOptions) {
    this.stream = options.stream ?? process.stderr;
    this.now = options.now ?? (() => performance.now());
    this.total = options.epochs * options.stepsPerEpoch;
    this.started = this.shownAt = this.now();
    this.shownDone = options.stepsBefore ?? 0;
    if (this.stream.isTTY) {
      this.bars = new MultiBar({
        stream: this.stream as NodeJS.WritableStream,
        format: () => (this.last ? this.line(this.last) : ''),
        // True leaves the terminal's own wrapping alone and cuts lines that are too long.
        linewrap: true,
        // A line written above erases the bar even if the bar's text is as before.
        forceRedraw: true,
      } as Options);
      this.bar = this.bars.create(this.total, this.shownDone);
    }
  }

  update(step: TrainingStep): void {
    this.last = step;
    const waited = this.now() - this.shownAt;
    if (this.bars) {
      // Drawn from here and not from a timer alone: training keeps the event loop busy.
      if (waited >= REDRAW_MS) this.draw();
      return;
    }
    const tenth = PLAIN_FRACTION * this.total;
    const passed = Math.floor(this.doneOf(step) / tenth) > Math.floor(this.shownDone / tenth);
    if (waited >= PLAIN_MS || (passed && waited >= PLAIN_LEAST_MS)) this.print(step);
  }

  /** A line of its own that stays: above the bar on a terminal. */
  log(line: string): void {
    if (this.bars) {
      this.bars.log(`${line}\n`);
      this.draw();
    } else this.stream.write(`${line}\n`);
  }

  /**
   * Shows the last step and ends the live line; a second call does nothing. Call it in `finally`: the live line's timer
   * keeps the process alive.
   */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    if (this.bars) {
      this.draw();
      this.bars.stop();
    } else if (this.last && this.last !== this.shown) this.print(this.last);
  }

  private draw(): void {
    this.shownAt = this.now();
    if (this.last) this.bar!.update(this.doneOf(this.last));
    this.bars!.update();
  }

  private print(step: TrainingStep): void {
    this.shownAt = this.now();
    this.shownDone = this.doneOf(step);
    this.shown = step;
    this.stream.write(`${[formatPercent(this.shownDone / this.total), ...this.fields(step)].join(', ')}\n`);
  }

  /** The live line: the bar, the first three fields and of the others as many as fit. Very narrow: no bar. */
  private line(step: TrainingStep): string {
    const fields = this.fields(step);
    const fraction = this.doneOf(step) / this.total;
    const percent = formatPercent(fraction).padStart(5);
    // The last column stays free: some terminals wrap as soon as it is written.
    const columns = columnsOf(this.stream) - 1;
    const room = () => columns - [percent, ...fields].join('  ').length - 1;
    while (room() < BAR_LEAST && fields.length > 3) fields.pop();
    while (room() < 0 && fields.length > 1) fields.pop();
    const width = Math.min(room(), BAR_MOST);
    const text = [percent, ...fields].join('  ');
    if (width < BAR_LEAST) return text;
    const full = Math.floor(width * Math.min(fraction, 1));
    return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${text}`;
  }

  /** In the order of their worth: the last go first where the terminal is narrow. */
  private fields({ epoch, step, loss, seen }: TrainingStep): string[] {
    const { epochs, stepsPerEpoch, stepsBefore = 0, unit = 'chars' } = this.options;
    const seconds = (this.now() - this.started) / 1000;
    const done = this.doneOf({ epoch, step });
    const left = (seconds / (done - stepsBefore)) * (this.total - done);
    const fields = [`epoch ${epoch}/${epochs}`, `loss ${formatMetric(loss)}`];
    fields.push(done < this.total ? `ETA ${formatDuration(Math.ceil(left))}` : `took ${formatDuration(seconds)}`);
    fields.push(`step ${formatExact(step)}/${formatExact(stepsPerEpoch)}`);
    fields.push(`ppl ${formatMetric(Math.exp(loss))}`);
    if (seconds > 0) fields.push(formatRate(seen / seconds, unit));
    return fields;
  }

  private doneOf({ epoch, step }: Pick<TrainingStep, 'epoch' | 'step'>): number {
    return (epoch - 1) * this.options.stepsPerEpoch + step;
  }
}

// Live progress on stderr: a bar (cli-progress) on a terminal, a plain line now and then in a pipe.
import { SingleBar } from 'cli-progress';
import { duration, quantity } from './format.js';

export interface Progress {
  update(done: number, facts: { loss: number; charsPerSecond: number }): void;
  /** A line above the bar. */
  log(line: string): void;
  stop(): void;
}

/** Progress of `total` steps; `label` stands in front. */
export function progress(label: string, total: number, done = 0): Progress {
  return process.stderr.isTTY ? liveBar(label, total, done) : plainLines(label, total, done);
}

function facts(loss: number, charsPerSecond: number, eta: number): string {
  return `loss ${loss.toFixed(3)}  perplexity ${Math.exp(loss).toFixed(2)}  ${quantity(charsPerSecond)} chars/s  ETA ${duration(eta)}`;
}

/** Seconds left at the mean pace so far. */
function remaining(started: number, first: number, done: number, total: number): number {
  if (done <= first) return Number.NaN;
  return ((performance.now() - started) / 1000 / (done - first)) * (total - done);
}

function liveBar(label: string, total: number, first: number): Progress {
  const started = performance.now();
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${label} {bar} {percentage}%  {facts}`,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    linewrap: true,
    fps: 8,
  });
  bar.start(total, first, { facts: '' });
  return {
    update(done, { loss, charsPerSecond }) {
      bar.update(done, { facts: facts(loss, charsPerSecond, remaining(started, first, done, total)) });
    },
    log(line) {
      process.stderr.write(`\r\x1b[2K${line}\n`);
    },
    stop: () => bar.stop(),
  };
}

function plainLines(label: string, total: number, first: number): Progress {
  const started = performance.now();
  let next = first;
  const every = Math.max(1, Math.floor(total / 20));
  return {
    update(done, { loss, charsPerSecond }) {
      if (done < next && done < total) return;
      next = done + every;
      const eta = remaining(started, first, done, total);
      process.stderr.write(`${label} ${done}/${total}  ${facts(loss, charsPerSecond, eta)}\n`);
    },
    log(line) {
      process.stderr.write(`${line}\n`);
    },
    stop() {},
  };
}

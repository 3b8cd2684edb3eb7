import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { TrainingProgress } from '../../src/cli/terminal/progress.js';
import { hasControlCodes, RecordingStream } from './streams.js';

let milliseconds = 0;
const now = () => milliseconds;

/** 2 epochs of 100 steps, 64 chars a step, `msPerStep` each. */
function run(progress: TrainingProgress, msPerStep: number, from = 1, to = 200): void {
  for (let done = from; done <= to; done++) {
    milliseconds += msPerStep;
    const epoch = Math.ceil(done / 100);
    progress.update({ epoch, step: done - 100 * (epoch - 1), loss: 4 - done / 100, seen: 64 * (done - from + 1) });
  }
}

describe('in a pipe', () => {
  const start = (options = {}) => {
    milliseconds = 5000;
    const stream = new RecordingStream();
    return { stream, progress: new TrainingProgress({ epochs: 2, stepsPerEpoch: 100, stream, now, ...options }) };
  };

  test('slow: a line every ten seconds, whole lines, no control codes', () => {
    const { stream, progress } = start();
    run(progress, 2500);
    progress.stop();
    expect(stream.lines).toHaveLength(50 + 0);
    expect(stream.lines[0]).toBe('2 %, epoch 1/2, loss 3.9600, ETA 8 m 10 s, step 4/100, ppl 52.457, 25.6 chars/s');
    expect(stream.lines.at(-1)).toBe(
      '100 %, epoch 2/2, loss 2.0000, took 8 m 20 s, step 100/100, ppl 7.3891, 25.6 chars/s',
    );
    expect(hasControlCodes(stream.text)).toBe(false);
  });

  test('fast: a line at every tenth', () => {
    const { stream, progress } = start();
    run(progress, 60);
    progress.stop();
    expect(stream.lines.map((line) => Number.parseInt(line, 10))).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  });

  test('very fast: the end alone, and stop() says it once', () => {
    const { stream, progress } = start();
    run(progress, 1);
    progress.stop();
    progress.stop();
    expect(stream.lines).toHaveLength(1);
    expect(stream.lines[0]).toContain('took 200 ms');
  });

  test('taken up again: speed and ETA count this run alone', () => {
    const { stream, progress } = start({ stepsBefore: 100, unit: 'words' });
    run(progress, 1000, 101, 150);
    progress.stop();
    expect(stream.lines.at(-1)).toBe('75 %, epoch 2/2, loss 2.5000, ETA 50 s, step 50/100, ppl 12.182, 64 words/s');
  });

  test('log lines are lines; nothing trained, nothing shown', () => {
    const { stream, progress } = start();
    progress.log('sample: to be');
    progress.stop();
    expect(stream.text).toBe('sample: to be\n');
  });
});

describe('on a terminal', () => {
  let progress: TrainingProgress | undefined;
  afterEach(() => progress?.stop());
  const start = (columns: number) => {
    milliseconds = 5000;
    const stream = new RecordingStream(columns);
    progress = new TrainingProgress({ epochs: 2, stepsPerEpoch: 100, stream, now });
    return { stream, progress };
  };
  /** What was drawn, one entry per redraw. */
  const frames = (stream: RecordingStream) =>
    stream.text
      .split('\x1b[1G')
      .map((frame) => stripVTControlCharacters(frame).trim())
      .filter((frame) => frame !== '');

  test('one line, redrawn in place at most ten times a second, with a bar that fills', () => {
    const { stream, progress } = start(120);
    run(progress, 20);
    progress.stop();
    expect(stream.lines).toHaveLength(1);
    const drawn = frames(stream);
    expect(drawn.length).toBeGreaterThan(30);
    expect(drawn.length).toBeLessThan(60);
    expect(drawn[0]).toMatch(/^█*░+ +2 % {2}epoch 1\/2 {2}loss 3\.9500 {2}ETA 4\.0 s {2}step 5\/100 {2}ppl 51\.935/);
    expect(drawn.at(-1)).toMatch(/^█+ 100 % {2}epoch 2\/2 {2}loss 2\.0000 {2}took 4\.0 s/);
  });

  test.each([200, 120, 80, 60, 40, 24])('fits into %d columns', (columns) => {
    const { stream, progress } = start(columns);
    run(progress, 500);
    progress.stop();
    for (const frame of frames(stream)) {
      expect(frame.length).toBeLessThan(columns);
      expect(frame).toMatch(/epoch \d\/2/);
    }
  });

  test('log lines stay above the bar, which is drawn again below', () => {
    const { stream, progress } = start(100);
    run(progress, 100, 1, 10);
    progress.log('sample: to be');
    const after = stream.text.slice(stream.text.indexOf('sample: to be\n'));
    expect(after).toContain('epoch 1/2');
    progress.stop();
    expect(stream.lines).toHaveLength(2);
  });

  test('no mode of the terminal is changed', () => {
    const { stream, progress } = start(100);
    run(progress, 100);
    progress.stop();
    expect(stream.text).not.toContain('\x1b[?');
  });
});

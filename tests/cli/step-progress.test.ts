import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { StepProgress } from '../../src/cli/terminal/step-progress.js';
import { hasControlCodes, RecordingStream } from './streams.js';

/** 1000 steps of `msPerStep` each, on a terminal of so many columns or in a pipe. */
function run(msPerStep: number, columns?: number): RecordingStream {
  let milliseconds = 5000;
  const stream = new RecordingStream(columns);
  const progress = new StepProgress({ total: 1000, stream, now: () => milliseconds });
  for (let done = 1; done <= 1000; done++) {
    milliseconds += msPerStep;
    progress.update(done);
  }
  progress.stop();
  progress.stop();
  return stream;
}

test('what is over soon shows nothing', () => {
  expect(run(0.4, 80).text).toBe('');
  expect(run(9).text).toBe('');
});
test('in a pipe: a plain line every ten seconds', () => {
  const stream = run(40);
  expect(stream.lines).toEqual([
    '25 %, step 250 of 1,000, 30 s left',
    '50 %, step 500 of 1,000, 20 s left',
    '75 %, step 750 of 1,000, 10 s left',
    '100 %, step 1,000 of 1,000, 0 s left',
  ]);
  expect(hasControlCodes(stream.text)).toBe(false);
});
test.each([80, 40, 20])('on a terminal of %d columns: a live line that is gone at the end', (columns) => {
  const { text } = run(5, columns);
  const drawn = text.split('\x1b[1G').map(stripVTControlCharacters);
  expect(drawn.filter((line) => line.includes('50 %, step 500 of 1'))).toHaveLength(1);
  // The last column stays free.
  for (const line of drawn) expect(line.length).toBeLessThan(Math.max(columns, 21));
  if (columns === 80) expect(drawn.join('\n')).toMatch(/^█{15}░{15} 50 %, step 500 of 1,000, 3\.0 s left$/m);
  // Its last words clear the line.
  expect(text.endsWith('\x1b[2K')).toBe(true);
});

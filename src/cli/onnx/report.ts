// What `gated run` shows: how it understood its files, and the outputs as numbers and over time.
import { bars } from '../terminal/bars.js';
import { formatDuration, formatExact, printable } from '../terminal/format.js';
import { columns } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { FileArray } from './arrays.js';
import type { Arrays } from './steps.js';

/** How a .wav file was cut, for the report's axis. */
export interface Cut {
  rate: number;
  channels: number;
  /** Samples; and those of one step. */
  samples: number;
  frame: number;
}

/** One line on the steps and the sound; null where there is neither. */
export function about(steps: number, cut: Cut | null, context: number): string | null {
  if (!cut) return steps > 0 ? `${formatExact(steps)} steps` : null;
  const { rate, channels, samples, frame } = cut;
  const long = `${formatDuration(samples / rate)} at ${formatExact(rate)} samples a second`;
  const mixed = channels > 1 ? `, the mean of ${channels} channels` : '';
  if (steps === 0) return `${formatExact(samples)} samples: ${long}${mixed}`;
  return `${formatExact(steps)} steps of ${frame} samples${context > 0 ? ` and ${context} before them` : ''}: ${long}${mixed}`;
}

/** A line for each state. */
export function stateLines(
  steps: number,
  states: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  feeds: Arrays,
): string[] {
  return Object.entries(states).map(([from, to]) => {
    if (steps === 0) return `state ${from}: zeros (--input ${from}=FILE gives others)`;
    const why = Object.hasOwn(given, from) ? '' : '; guessed, --state says otherwise';
    return `state ${from} ← ${to} (${feeds.has(from) ? 'begins as fed' : 'zeros at first'}${why})`;
  });
}

/** Outputs as a table, and over time where there are few numbers a step. */
export function report(outputs: Arrays, seconds: number, steps: number, cut: Cut | null): void {
  const rows = [...outputs].map(([name, array]) => [
    printable(name),
    `[${array.dims.slice(steps > 0 ? 1 : 0).join(', ')}]`,
    ...statistics(array),
  ]);
  console.log(
    table(rows, {
      head: ['output', steps > 0 ? 'each step' : 'dims', 'min', 'mean', 'max', 'begins with'],
      align: ['left', 'left', 'right', 'right', 'right', 'left'],
    }),
  );
  const time = cut ? { xOf: (i: number) => (i * cut.frame) / cut.rate, unit: ' s' } : {};
  for (const [name, { data }] of outputs) {
    // One number a step is drawn over time; so are a few.
    const width = data.length / steps;
    for (let i = 0; steps > 8 && width <= 4 && i < width; i++) {
      const values = Array.from({ length: steps }, (_, t) => Number(data[t * width + i]));
      const each = width > 1 ? `[${i}]` : '';
      console.log(
        `\n${printable(name)}${each} over ${cut ? 'time' : 'the steps'}\n${bars(values, { columns, ...time })}`,
      );
    }
  }
  const pace = steps > 1 ? `, ${formatDuration(seconds / steps)} a step` : '';
  const faster = cut && steps > 0 ? `, ${formatExact(Math.round(cut.samples / cut.rate / seconds))} × real time` : '';
  console.log(`\ntook ${formatDuration(seconds)}${pace}${faster}`);
}

/** JSON has no NaN and no infinity. */
export function notInJson(path: string, outputs: Arrays): string {
  const odd = [...outputs.values()].some(({ data }) =>
    Array.from<number | bigint>(data).some((x) => !Number.isFinite(Number(x))),
  );
  return odd && /\.json$/i.test(path) ? '; null stands for NaN and infinity' : '';
}

/** min, mean, max of the numbers among the elements, and the first few. */
function statistics({ data }: FileArray): string[] {
  if (data.length === 0) return ['', '', '', '(empty)'];
  let [min, max, sum, nan] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (Number.isNaN(x)) nan++;
    else [min, max, sum] = [Math.min(min, x), Math.max(max, x), sum + x];
  }
  const show = (x: number) => (Number.isInteger(x) ? String(x) : x.toPrecision(4));
  const first = Array.from<number | bigint>(data.subarray(0, 4)).map((x) => show(Number(x)));
  const begins = `${first.join(' ')}${data.length > 4 ? ' …' : ''}${nan > 0 ? ` (${formatExact(nan)} NaN)` : ''}`;
  return nan === data.length ? ['', '', '', begins] : [show(min), show(sum / (data.length - nan)), show(max), begins];
}

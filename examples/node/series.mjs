// Where the numbers come from: three made-up years of daily visitors, or a .csv of your own.
import { readFileSync } from 'node:fs';
import { manualSeed, randn } from 'gated';

/** Days with a trend, a slow yearly wave, a weekly season that grows with the level, and noise that lingers for a few days. */
export function madeUpSeries(days = 3 * 365, seed = 1) {
  const week = [0.96, 0.92, 0.95, 1.0, 1.12, 1.25, 0.8];
  manualSeed(seed); // gated's generator: the same days on every machine
  const noise = randn([days]);
  let lingering = 0;
  const values = Array.from(noise.data(), (shock, day) => {
    lingering = 0.7 * lingering + 0.03 * shock;
    const level = 200 + 0.15 * day + 25 * Math.sin((2 * Math.PI * day) / 365);
    return level * week[day % 7] * (1 + lingering);
  });
  noise.dispose();
  return values;
}

/** The last column of a .csv, one row per day, oldest first; a first row without a number there is the header. */
export function readCsv(path) {
  const rows = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const values = rows.map((row) => Number.parseFloat(row.slice(row.lastIndexOf(',') + 1)));
  if (Number.isNaN(values[0])) values.shift();
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`${path}: data row ${bad + 1} does not end in a number`);
  return values;
}

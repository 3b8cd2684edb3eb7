// Values over time as columns of blocks, each row eight levels high: it also reads well in a file.
const BLOCKS = ' ▁▂▃▄▅▆▇█';
const LEVELS = BLOCKS.length - 1;

export interface BarsOptions {
  /** The whole chart's width, see columnsOf; default 80. More than 120 is not used. */
  columns?: number;
  /** Default 5. */
  rows?: number;
  /** x of a value's place; default the place itself. */
  xOf?: (i: number) => number;
  /** Behind the numbers of the x axis: ' s'. */
  unit?: string;
}

/**
 * Lines joined by newlines. Values that share a column show the largest of them. The scale reaches from 0 to 1, and further where values do;
 * NaN is a gap.
 */
export function bars(values: ArrayLike<number>, options: BarsOptions = {}): string {
  const { columns = 80, rows = 5, xOf = (i) => i, unit = '' } = options;
  const [low, high] = limitsOf(values);
  const labels = [short(high), short(low)];
  const margin = Math.max(...labels.map((label) => label.length)) + 2;
  const width = Math.min(values.length, Math.max(8, Math.min(columns, 120) - margin - 1));
  const place = (column: number) => Math.floor((column * values.length) / width);
  const heights = Array.from({ length: width }, (_, column) => {
    let most = Number.NaN;
    for (let i = place(column); i < place(column + 1); i++)
      if (Number.isNaN(most) || values[i] > most) most = values[i];
    const level = Math.round(((Math.min(Math.max(most, low), high) - low) / (high - low)) * rows * LEVELS);
    // What is there at all shows at the foot.
    return Number.isNaN(level) ? 0 : Math.max(1, level);
  });
  const lines = Array.from({ length: rows }, (_, row) => {
    const foot = (rows - 1 - row) * LEVELS;
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[1] : '';
    const cells = heights.map((height) => BLOCKS[Math.min(LEVELS, Math.max(0, height - foot))]).join('');
    return `${label.padStart(margin - 2)} ${label ? '┤' : '│'}${cells}`.trimEnd();
  });
  return [...lines, ...axis(width, margin, (column) => xOf(place(column)), unit)].join('\n');
}

/** Of the finite values, with 0 and 1. */
function limitsOf(values: ArrayLike<number>): [number, number] {
  let [low, high] = [0, 1];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}

/** Ticks at whole multiples of 1, 2 or 5 times a power of ten. */
function axis(width: number, margin: number, xAt: (column: number) => number, unit: string): string[] {
  const line = new Array<string>(width).fill('─');
  const end = xAt(width);
  const step = niceStep(end / Math.max(1, Math.floor(width / 12)));
  let numbers = '';
  let next = 0;
  for (let column = 0; column < width; column++) {
    if (xAt(column) < next - 1e-9) continue;
    const text = `${Number(next.toPrecision(6))}${unit}`;
    next += step;
    line[column] = '┬';
    const from = Math.max(0, Math.min(column - (text.length >> 1), width - text.length));
    if (from >= numbers.length + (numbers ? 1 : 0)) numbers = numbers.padEnd(from) + text;
  }
  return [`${' '.repeat(margin - 1)}└${line.join('')}`, ' '.repeat(margin) + numbers];
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-6)));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

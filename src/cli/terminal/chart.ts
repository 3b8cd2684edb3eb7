// A line chart in characters, y on a logarithmic scale, several series told apart by mark as well as colour: it must
// also read well in a file. (npm's asciichart has no x axis, no limits and tells series apart by colour alone.)
import type { Colors } from './style.js';

export interface Series {
  name: string;
  /** y at x = 0, 1, 2, …; what is NaN is left out, what is beyond the limits runs off the chart. */
  values: ArrayLike<number>;
}
export interface ChartOptions {
  colors: Colors;
  title?: string;
  /** Written under the x axis. */
  xLabel?: string;
  /** The whole chart's width, see columnsOf; default 80. More than 120 is not used. */
  columns?: number;
  /** Rows, about: whole rows per power of ten are preferred; default 16. */
  rows?: number;
  /** Limits of y; default the powers of ten around the values. */
  min?: number;
  max?: number;
}

const MARKS = ['•', '+', 'x', 'o', '*', '#'];
const HUES = ['red', 'green', 'cyan', 'yellow', 'magenta', 'blue'] as const;

/** Lines joined by newlines, without one at the end. */
export function logChart(series: readonly Series[], options: ChartOptions): string {
  const { colors, title, xLabel = '' } = options;
  const [low, high] = limitsOf(series, options);
  const rows = evenRows(options.rows ?? 16, high - low);
  const labels = yLabels(low, high, rows);
  const margin = Math.max(...labels.map((label) => label.length)) + 2;
  const columns = Math.max(8, Math.min(options.columns ?? 80, 120) - margin - 1);
  const count = Math.max(1, ...series.map(({ values }) => values.length));
  const grid = Array.from({ length: rows }, () => new Array<string>(columns).fill(' '));
  const legend = series.map(({ name, values }, i) => {
    const paint = colors[HUES[i % HUES.length]];
    const mark = paint(MARKS[i % MARKS.length]);
    // Rows from the bottom; y = low is row 0.
    const heights = Array.from(values, (y) => ((Math.log10(y) - low) / (high - low)) * (rows - 1));
    drawLine(grid, mark, heights, count, i);
    return `${mark} ${paint(name)}`;
  });
  const plot = grid.map((line, r) => {
    const axis = labels[r] === '' ? '│' : '┤';
    return `${labels[r].padStart(margin - 2)} ${axis}${line.join('').replace(/ +$/, '')}`.trimEnd();
  });
  const heading = [...(title ? [colors.bold(title)] : []), legend.join('   ')];
  return [...heading, '', ...plot, ...xAxis(count, columns, margin, xLabel)].join('\n');
}

/** Limits as exponents of ten. */
function limitsOf(series: readonly Series[], { min, max }: ChartOptions): [number, number] {
  const drawn = series.flatMap(({ values }) => Array.from(values)).filter((y) => y > 0 && y < Infinity);
  const least = drawn.reduce((a, b) => Math.min(a, b), Infinity);
  const most = drawn.reduce((a, b) => Math.max(a, b), 0);
  const low = min !== undefined ? Math.log10(min) : drawn.length > 0 ? Math.floor(Math.log10(least)) : 0;
  const high = max !== undefined ? Math.log10(max) : drawn.length > 0 ? Math.ceil(Math.log10(most)) : 1;
  return high > low ? [low, high] : [low, low + 1];
}

/** Near `wanted`, with the same number of rows for every power of ten where there are not too many of them. */
function evenRows(wanted: number, decades: number): number {
  const rows = decades * Math.max(1, Math.round((wanted - 1) / decades)) + 1;
  return Number.isInteger(rows) && rows <= 1.5 * wanted ? rows : wanted;
}

/** A label for each row, from the top; most are empty. Powers of ten, at least two rows apart. */
function yLabels(low: number, high: number, rows: number): string[] {
  const labels = new Array<string>(rows).fill('');
  const perDecade = (rows - 1) / (high - low);
  const step = [1, 2, 3, 5, 10, 20, 50, 100].find((n) => n * perDecade >= 2) ?? 200;
  for (let power = Math.ceil(low / step) * step; power <= high; power += step) {
    labels[rows - 1 - Math.round((power - low) * perDecade)] = `1e${power}`;
  }
  return labels;
}

/**
 * Marks one column per step of x, joined vertically so that a steep line stays a line. Where several values share a
 * column all of them are in it.
 */
function drawLine(grid: string[][], mark: string, heights: readonly number[], count: number, order: number): void {
  const rows = grid.length;
  const columns = grid[0].length;
  const columnOf = (x: number) => (count === 1 ? 0 : Math.round((x * (columns - 1)) / (count - 1)));
  const dot = (column: number, height: number) => {
    const row = Math.round(height);
    if (row < 0 || row >= rows) return;
    // Where lines run together they take turns, so that none hides another.
    const line = grid[rows - 1 - row];
    if (line[column] === ' ' || column % (order + 1) === order) line[column] = mark;
  };
  for (let x = 0; x < heights.length; x++) {
    if (Number.isNaN(heights[x])) continue;
    dot(columnOf(x), heights[x]);
    if (x === 0 || Number.isNaN(heights[x - 1])) continue;
    // ±∞ (a gradient of exactly 0) ends just outside.
    const from = Math.min(Math.max(heights[x - 1], -1), rows);
    const to = Math.min(Math.max(heights[x], -1), rows);
    const start = columnOf(x - 1);
    const across = columnOf(x) - start;
    const pieces = Math.max(across, Math.ceil(Math.abs(to - from)), 1);
    for (let piece = 1; piece < pieces; piece++) {
      dot(start + Math.round((across * piece) / pieces), from + ((to - from) * piece) / pieces);
    }
  }
}

function xAxis(count: number, columns: number, margin: number, xLabel: string): string[] {
  const last = count - 1;
  const step = niceStep(last, Math.max(2, Math.floor(columns / 12)));
  const line = new Array<string>(columns).fill('─');
  let numbers = '';
  for (let x = 0; x <= last; x += step) {
    const column = last === 0 ? 0 : Math.round((x * (columns - 1)) / last);
    line[column] = '┬';
    const text = String(x);
    // Centred under its tick, but not beyond either end.
    const start = Math.max(0, Math.min(column - (text.length >> 1), columns - text.length));
    if (start >= numbers.length + (numbers === '' ? 0 : 1)) numbers = numbers.padEnd(start) + text;
  }
  const indent = ' '.repeat(margin);
  const axis = [`${' '.repeat(margin - 1)}└${line.join('')}`, indent + numbers];
  if (xLabel !== '') axis.push(indent + ' '.repeat(Math.max(0, (columns - xLabel.length) >> 1)) + xLabel);
  return axis;
}

/** 1, 2 or 5 times a power of ten that divides `range` into at most `most` steps. */
function niceStep(range: number, most: number): number {
  for (let power = 1; ; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power * most >= range) return factor * power;
  }
}

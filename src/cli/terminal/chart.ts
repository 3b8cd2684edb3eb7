// A line chart in characters (asciichart) of positive values on a logarithmic axis.
import asciichart from 'asciichart';
import { style } from './style.js';

export interface Series {
  name: string;
  values: readonly number[];
}

const INKS = [
  { colour: asciichart.red, paint: style.red },
  { colour: asciichart.green, paint: style.green },
  { colour: asciichart.cyan, paint: style.cyan },
];

/** All series over one x axis of `width` columns. Values below `floor` are drawn on the floor. */
export function logChart(series: readonly Series[], { width = 60, height = 12, floor = 1e-30 } = {}): string {
  const exponents = series.map(({ values }) =>
    Array.from({ length: width }, (_, x) => {
      const value = values[Math.round((x * (values.length - 1)) / (width - 1))];
      return Math.log10(Math.max(floor, value));
    }),
  );
  const coloured = style.isColorSupported;
  const chart = asciichart.plot(exponents, {
    height,
    min: Math.floor(Math.min(...exponents.flat())),
    max: Math.ceil(Math.max(...exponents.flat())),
    format: (x: number) => `1e${Math.round(x)}`.padStart(7),
    ...(coloured ? { colors: series.map((_, i) => INKS[i % INKS.length].colour) } : {}),
  });
  const legend = series.map(({ name }, i) => (coloured ? INKS[i % INKS.length].paint(`━ ${name}`) : name)).join('   ');
  return `${chart}\n${' '.repeat(9)}${legend}`;
}

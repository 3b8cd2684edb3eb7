// Plain tables: columns two spaces apart, the first to the left, the others to the right.
export function table(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const pad = (text, c) => (c === 0 ? text.padEnd(widths[c]) : text.padStart(widths[c]));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** The same rows for Markdown, padded as the formatter wants it. */
export function markdownTable([head, ...rows]) {
  const widths = head.map((_, c) => Math.max(3, ...[head, ...rows].map((row) => row[c].length)));
  const pad = (text, c) => (c === 0 ? text.padEnd(widths[c]) : text.padStart(widths[c]));
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, c) => (c === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** 1234.5 µs → `1.23 ms` */
export function formatTime(microseconds) {
  const [value, unit] =
    microseconds < 1000
      ? [microseconds, 'µs']
      : microseconds < 1e6
        ? [microseconds / 1e3, 'ms']
        : [microseconds / 1e6, 's'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
export const formatRatio = (value) => `${value.toFixed(value < 10 ? 2 : 1)}×`;
export const formatPercent = (value) => `${(value * 100).toFixed(0)} %`;

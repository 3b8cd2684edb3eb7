const BARS = '▁▂▃▄▅▆▇█';

/**
 * Values as one line of bars, at most `columns` wide and 100: the largest of those that share a column. The scale has 0 and 1 on it, and
 * reaches further where values do. NaN is a gap.
 */
export function sparkline(values: readonly number[], columns: number): string {
  const share = Math.ceil(values.length / Math.min(columns, 100));
  const finite = values.filter((x) => Number.isFinite(x));
  const [low, high] = [finite.reduce((a, b) => Math.min(a, b), 0), finite.reduce((a, b) => Math.max(a, b), 1)];
  const bars: string[] = [];
  for (let i = 0; i < values.length; i += share) {
    const most = values.slice(i, i + share).reduce((a, b) => Math.max(a, b));
    const level = Math.round(((most - low) / (high - low)) * (BARS.length - 1));
    bars.push(Number.isNaN(most) ? ' ' : BARS[Math.min(BARS.length - 1, Math.max(0, level))]);
  }
  return bars.join('');
}

// Numbers for people: SI prefixes, a space before the unit, three figures at most where nothing exact is needed.

const LARGE = ['', 'k', 'M', 'G', 'T', 'P'];

/** 1234567 → `1.2 M`; below 1000 the number itself. */
export function formatCount(count: number): string {
  const { text, prefix } = scale(count);
  return prefix === '' ? text : `${text} ${prefix}`;
}

/** 1234567 → `1.2 MB`; powers of 1000, as disks and downloads count. */
export function formatBytes(bytes: number): string {
  const { text, prefix } = scale(bytes);
  return `${text} ${prefix}B`;
}

/** 12345, 'chars' → `12.3 k chars/s`. */
export function formatRate(perSecond: number, unit: string): string {
  return `${formatCount(perSecond)} ${unit}/s`;
}

/** 0.0123 → `12.3 ms`, 8.25 → `8.3 s`, 83 → `1 m 23 s`, 7500 → `2 h 05 m`, 100000 → `1 d 03 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  if (seconds === 0) return '0 s';
  // Each limit is where the unit below would round up to the one above.
  if (seconds < 999.5e-9) return `${figures(seconds * 1e9)} ns`;
  if (seconds < 999.5e-6) return `${figures(seconds * 1e6)} µs`;
  if (seconds < 999.5e-3) return `${figures(seconds * 1e3)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${pad(hours % 24)} h`;
}

/** 1234567 → `1,234,567`. */
export function formatExact(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.4321 → `43 %`; never 100 before the end. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(100 * Math.min(Math.max(fraction, 0), 1))} %`;
}

/** Of a loss or perplexity: `1.2346`, `1.2e+5`, `NaN`. */
export function formatMetric(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0) return String(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1);
  return value.toFixed(size < 10 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1);
}

/** A name out of a file, without codes that would move the cursor or change a colour. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '\ufffd');
}

function scale(value: number): { text: string; prefix: string } {
  let size = Math.abs(value);
  let power = 0;
  // 999.95 would print as 1000.0.
  for (; size >= (power === 0 ? 999.5 : 999.95) && power < LARGE.length - 1; power++) size /= 1000;
  const text = power === 0 ? String(Number.isInteger(value) ? size : figures(size)) : size.toFixed(1);
  return { text: value < 0 ? `-${text}` : text, prefix: LARGE[power] };
}

/** Three significant figures of a number below 1000. */
function figures(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

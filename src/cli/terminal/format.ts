// Numbers as people read them.

/** 75 -> '1 m 15 s'. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} m ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** 1234567 -> '1.23 M'. */
export function quantity(n: number): string {
  if (n < 1000) return `${Math.round(n)}`;
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (n >= size) return `${(n / size).toPrecision(3)} ${unit}`;
  }
  return `${n}`;
}

/** Microseconds -> '850 µs', '12.3 ms'. */
export function microseconds(us: number): string {
  if (us < 1000) return `${us.toPrecision(3)} µs`;
  return us < 1e6 ? `${(us / 1e3).toPrecision(3)} ms` : `${(us / 1e6).toPrecision(3)} s`;
}

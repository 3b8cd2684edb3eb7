import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatExact,
  formatMetric,
  formatPercent,
  formatRate,
} from '../../src/cli/terminal/format.js';

test.each([
  [0, '0 s'],
  [3.4e-9, '3.40 ns'],
  [15.6e-9, '15.6 ns'],
  [999.6e-9, '1.00 µs'],
  [0.000_12, '120 µs'],
  [0.0123, '12.3 ms'],
  [0.9996, '1.0 s'],
  [8.25, '8.3 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.5, '1 m 00 s'],
  [83, '1 m 23 s'],
  [3599.6, '1 h 00 m'],
  [7500, '2 h 05 m'],
  [86399, '1 d 00 h'],
  [100_000, '1 d 04 h'],
  [-83, '-1 m 23 s'],
  [Infinity, '?'],
  [NaN, '?'],
])('formatDuration(%d) is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test.each([
  [0, '0'],
  [7, '7'],
  [2.5, '2.50'],
  [999, '999'],
  [999.7, '1.0 k'],
  [1000, '1.0 k'],
  [12_345, '12.3 k'],
  [999_949, '999.9 k'],
  [999_950, '1.0 M'],
  [1_234_567, '1.2 M'],
  [-1_234_567, '-1.2 M'],
  [3e18, '3000.0 P'],
])('formatCount(%d) is %s', (count, text) => expect(formatCount(count)).toBe(text));

test('bytes, rates, exact counts, percents', () => {
  expect(formatBytes(512)).toBe('512 B');
  expect(formatBytes(3_340_568)).toBe('3.3 MB');
  expect(formatRate(12_345, 'chars')).toBe('12.3 k chars/s');
  expect(formatExact(1_234_567)).toBe('1,234,567');
  expect(formatExact(999)).toBe('999');
  expect([0, 0.4321, 0.9999, 1, 1.5, -1].map(formatPercent)).toEqual(['0 %', '43 %', '99 %', '100 %', '100 %', '0 %']);
});

test.each([
  [1.23456, '1.2346'],
  [12.3456, '12.346'],
  [123.456, '123.46'],
  [12345.6, '12345.6'],
  [123456, '1.2e+5'],
  [0.0001234, '1.2e-4'],
  [0, '0'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
])('formatMetric(%d) is %s', (value, text) => expect(formatMetric(value)).toBe(text));

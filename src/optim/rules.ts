// What options of optimizers and schedules may be, beyond src/options.ts.
import { between, type Check } from '../options.js';

const below1 = (x: unknown) => between(0, 1)(x) && x !== 1;

export const NUMBER = [Number.isFinite, 'a finite number'] as const;
export const NON_NEGATIVE = [
  (x: unknown) => Number.isFinite(x) && (x as number) >= 0,
  'a finite number of at least 0',
] as const;
export const FACTOR = [(x: unknown) => between(0, 1)(x) && x !== 0, 'a number above 0, up to 1'] as const;
export const DECAYS = [
  (x: unknown) => Array.isArray(x) && x.length === 2 && x.every(below1),
  'two numbers from 0 to below 1',
] as const;
export const SIZES = [
  (x: unknown) => Array.isArray(x) && x.every((y) => Number.isInteger(y) && y >= 1),
  'a list of integers of at least 1',
] as const;

/** What each option may be by its default: true or false a flag, anything else `number`; `own` for those that differ or have none. */
export function rulesOf(defaults: object, number: Check, own: Record<string, Check> = {}): Record<string, Check> {
  const rules = Object.entries(defaults).map(([name, usual]) => [name, typeof usual === 'boolean' ? 'flag' : number]);
  return { ...Object.fromEntries(rules), ...own };
}

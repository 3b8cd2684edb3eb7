// Checks of constructor options, shared by all modules.
import { ValueError } from '../errors.js';
import { checkOptionNames } from '../option-names.js';

type Check = 'size' | 'count' | 'flag' | 'probability' | 'any';

/**
 * Throws ValueError for an unknown option name (a typo, or snake_case) or a value out of range.
 * size: integer ≥ 1; count: integer ≥ 0; probability: 0 to 1.
 */
export function checkOptions(where: string, options: object, checks: Readonly<Record<string, Check>>): void {
  checkOptionNames(where, options ?? {}, checks);
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value !== undefined) checkOption(where, name, value, checks[name]);
  }
}

/** Throws ValueError if a required option is absent. */
export function requireOptions(where: string, options: object, names: readonly string[]): void {
  for (const name of names) {
    if ((options as Record<string, unknown> | undefined)?.[name] === undefined) {
      throw new ValueError(`${where}: option '${name}' is missing`);
    }
  }
}

const EXPECTED = {
  size: 'an integer of at least 1',
  count: 'an integer of at least 0',
  flag: 'true or false',
  probability: 'a number from 0 to 1',
  any: '',
} as const;

function checkOption(where: string, name: string, value: unknown, check: Check): void {
  const valid = {
    size: () => Number.isInteger(value) && (value as number) >= 1,
    count: () => Number.isInteger(value) && (value as number) >= 0,
    flag: () => typeof value === 'boolean',
    probability: () => typeof value === 'number' && value >= 0 && value <= 1,
    any: () => true,
  }[check]();
  if (!valid) throw new ValueError(`${where}: ${name} is ${String(value)}; expected ${EXPECTED[check]}`);
}

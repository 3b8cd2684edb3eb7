// Options of constructors, checked alike on every floor: a typo, PyTorch's snake_case or a value out of range must not pass in silence.
import { ValueError } from './errors.js';

/** What a value may be, and how that is said. */
type Rule = readonly [valid: (x: unknown) => boolean, expected: string];
/** The name of a rule below, one of the caller's own, or the strings there are. */
export type Check = keyof typeof RULES | Rule | readonly string[];

export const between = (low: number, high: number) => (x: unknown) => typeof x === 'number' && x >= low && x <= high;
const integer = (low: number) => (x: unknown) => Number.isInteger(x) && (x as number) >= low;

const RULES = {
  size: () => [integer(1), 'an integer of at least 1'],
  count: () => [integer(0), 'an integer of at least 0'],
  flag: () => [(x) => typeof x === 'boolean', 'true or false'],
  probability: () => [between(0, 1), 'a number from 0 to 1'],
  any: () => [() => true, ''],
} satisfies Record<string, () => Rule>;

/** Throws ValueError for an option that `known` does not have. */
export function checkOptionNames(where: string, options: object, known: object): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      throw new ValueError(`${where}: unknown option '${name}'; expected ${Object.keys(known).join(', ')}`);
    }
  }
}

/** Throws ValueError for an unknown name, a value out of range or a required one that is absent; undefined counts as left out. */
export function checkOptions(
  where: string,
  options: object,
  checks: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
): void {
  for (const name of required) {
    if ((options as Record<string, unknown> | undefined)?.[name] === undefined) {
      throw new ValueError(`${where}: option '${name}' is missing`);
    }
  }
  checkOptionNames(where, options ?? {}, checks);
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined) continue;
    const check = checks[name];
    const [valid, expected] = typeof check === 'string' ? RULES[check]() : rule(check);
    if (!valid(value)) throw new ValueError(`${where}: ${name} is ${quoted(value)}; expected ${expected}`);
  }
}

function rule(check: Rule | readonly string[]): Rule {
  if (typeof check[0] === 'function') return check as Rule;
  return [(x) => (check as readonly unknown[]).includes(x), `'${check.join("' or '")}'`];
}
function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** `defaults` with what `options` has defined; other names are left out. */
export function withDefaults<O extends object>(options: Partial<O>, defaults: O): O {
  const complete = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof O)[])
    if (options[name] !== undefined) complete[name] = options[name]!;
  return complete;
}

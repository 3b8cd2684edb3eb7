// Modules that are their options and little else: checked, completed, own properties of the same names, shown by toString().
import { between, type Check, checkOptions, requireOptions, withDefaults } from '../options.js';
import { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** What is added to a variance. */
export const EPS = [between(0, Infinity), 'a number of at least 0'] as const;

export abstract class OptionsModule extends Module {
  declare private readonly quiet: object;

  /** Options without a default are required. `quiet`: values that toString() leaves out, as torch's repr does. */
  constructor(options: object, checks: Readonly<Record<string, Check>>, defaults: object, quiet: object = {}) {
    super();
    const where = new.target.name;
    const required = Object.keys(checks).filter((name) => !(name in defaults));
    requireOptions(where, options, required);
    checkOptions(where, options, checks);
    Object.assign(
      this,
      withDefaults(options, { ...Object.fromEntries(required.map((name) => [name, 0])), ...defaults }),
    );
    Object.defineProperty(this, 'quiet', { value: { ...checks, ...quiet } });
  }

  protected override extraRepr(): string {
    const { quiet } = this as unknown as { quiet: Record<string, unknown> };
    const shown = Object.entries(this)
      .map(([name, value]) => [name, name === 'bias' ? value !== null : value])
      .filter(([name, value]) => name in quiet && value !== quiet[name as string] && !(value instanceof Tensor));
    return `{ ${shown.map(([name, value]) => `${name}: ${Array.isArray(value) ? `[${value}]` : value}`).join(', ')} }`;
  }
}

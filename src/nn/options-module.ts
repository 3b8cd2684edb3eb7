// Modules that are their options and little else: checked, completed, own properties of the same names, shown by toString().
import { between, type Check, checkOptions, requireOptions, withDefaults } from '../options.js';
import { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** What is added to a variance. */
export const EPS = [between(0, Infinity), 'a number of at least 0'] as const;

export abstract class OptionsModule extends Module {
  declare private readonly known: object;

  /** Options without a default are required. */
  constructor(options: object, checks: Readonly<Record<string, Check>>, defaults: object) {
    super();
    const where = new.target.name;
    const known = { ...checks, ...defaults };
    const required = Object.keys(checks).filter((name) => !(name in defaults));
    requireOptions(where, options, required);
    checkOptions(where, options, checks);
    // A parameter takes the place of option bias, after the weight as in PyTorch.
    const { bias, ...own } = withDefaults(options, known) as { bias?: unknown };
    Object.assign(this, own);
    Object.defineProperty(this, 'known', { value: known });
  }

  /** The options that are not at their defaults; a bias that is not there is false. */
  protected override extraRepr(): string {
    const known = this.known as Record<string, unknown>;
    const shown = Object.entries(this).filter(
      ([name, value]) => name in known && value !== known[name] && !(value instanceof Tensor),
    );
    return `{ ${shown.map(([name, value]) => `${name}: ${name === 'bias' ? false : JSON.stringify(value)}`).join(', ')} }`;
  }
}

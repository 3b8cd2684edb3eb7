// Modules that are their options and little else: checked, completed, own properties of the same names, shown by toString().
import { ShapeError } from '../errors.js';
import { between, type Check, checkOptions, withDefaults } from '../options.js';
import { formatShape, type Shape } from '../shape.js';
import { asTensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import { Module } from './module.js';

/** What is added to a variance. */
export const EPS = [(x: unknown) => between(0, Infinity)(x), 'a number of at least 0'] as const;

export abstract class OptionsModule extends Module {
  declare private readonly known: object;

  /**
   * `required` are integers of at least 1. A default says what its option may be: true or false a flag, 0 an integer of at least 0, any
   * other an integer of at least 1. `rules` are for those that may be something else.
   */
  constructor(options: object, required: string[], defaults: object, rules: Readonly<Record<string, Check>> = {}) {
    super();
    const where = new.target.name;
    const checks: Record<string, Check> = {};
    for (const name of required) checks[name] = 'size';
    for (const [name, usual] of Object.entries(defaults)) {
      checks[name] = typeof usual === 'boolean' ? 'flag' : usual ? 'size' : 'count';
    }
    checkOptions(where, options, { ...checks, ...rules }, required);
    const known = { ...checks, ...defaults };
    // A parameter takes the place of option bias, after the weight as in PyTorch.
    const { bias, ...own } = withDefaults(options, known) as { bias?: unknown };
    Object.assign(this, own);
    Object.defineProperty(this, 'known', { value: known });
  }

  protected refuse({ shape }: { readonly shape: Shape }, expected: string): never {
    throw new ShapeError(`${this.constructor.name}.forward: input is ${formatShape(shape)}; expected ${expected}`);
  }

  /**
   * Runs `compute` on the input as [N, C, L] in a scope of its own; an input [C, L] gives a result without N. `name`: the option
   * that says what C must be.
   */
  protected overChannels(input: TensorLike, name: string, compute: (x: Tensor) => Tensor): Tensor {
    this.checkLive('forward');
    return scope(() => {
      const x = asTensor(input);
      const { shape } = x;
      const C = (this as Record<string, unknown>)[name] ?? shape.at(-2);
      if (![2, 3].includes(shape.length) || shape.at(-2) !== C) {
        this.refuse(x, `[batch, ${C}, seqLen] or [${C}, seqLen] (= ${name})`);
      }
      const out = compute(x.reshape([1, ...shape].slice(-3)));
      return out.reshape([...shape.slice(0, -2), ...out.shape.slice(1)]);
    });
  }

  /** The options that are not at their defaults; a bias that is not there is false. */
  protected override extraRepr(): string {
    const known = this.known as Record<string, unknown>;
    const shown = Object.entries(this).filter(
      ([name, value]) => name in known && value !== known[name] && !(value instanceof Tensor),
    );
    const texts = shown.map(([name, value]) => `${name}: ${name === 'bias' ? false : JSON.stringify(value)}`);
    return texts.length > 0 ? `{ ${texts.join(', ')} }` : '';
  }
}

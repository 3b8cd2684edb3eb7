// Modules that are their options and little else: checked, completed, own properties of the same names, shown by toString().
import { ShapeError } from '../errors.js';
import { between, type Check, checkOptions, requireOptions, withDefaults } from '../options.js';
import { formatShape, type Shape } from '../shape.js';
import { asTensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import { Module } from './module.js';

/** What is added to a variance. */
export const EPS = [(x: unknown) => between(0, Infinity)(x), 'a number of at least 0'] as const;

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
      if ((shape.length !== 2 && shape.length !== 3) || shape.at(-2) !== C) {
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
    return `{ ${shown.map(([name, value]) => `${name}: ${name === 'bias' ? false : JSON.stringify(value)}`).join(', ')} }`;
  }
}

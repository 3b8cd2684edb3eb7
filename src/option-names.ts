// The names of options, checked alike on every floor: a typo, or PyTorch's snake_case, must not pass in silence.
import { ValueError } from './errors.js';

/** Throws ValueError for an option that `known` does not have. */
export function checkOptionNames(where: string, options: object, known: object): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      throw new ValueError(`${where}: unknown option '${name}'; expected ${Object.keys(known).join(', ')}`);
    }
  }
}

/** Symbol.dispose, also where the engine has none yet. */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/**
 * What owns memory until dispose(): tensors, modules, streams, optimizers. `using x = …` works on it. One class has the computed name for
 * all of them, because bundlers keep a class that has one even where nothing uses it.
 */
export abstract class Owner {
  /** Frees what it owns. Twice is nothing. */
  abstract dispose(): void;
  [DISPOSE](): void {
    this.dispose();
  }
}

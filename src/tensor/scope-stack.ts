// Which scope is open, and what was made in it. Knows tensors only as things that can be disposed.

export interface ScopeMember {
  dispose(): void;
}

/** What one open scope would dispose at its end. */
export class Scope {
  readonly members = new Set<ScopeMember>();
}

const open: Scope[] = [];

/** The innermost open scope, or null at top level. */
export function currentScope(): Scope | null {
  return open.length > 0 ? open[open.length - 1] : null;
}

export function pushScope(): Scope {
  const scope = new Scope();
  open.push(scope);
  return scope;
}

/** Closes `scope` and whatever was left open inside it. */
export function popScope(scope: Scope): void {
  while (open.length > 0 && open.pop() !== scope);
}

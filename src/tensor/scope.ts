// scope(fn, ...carried): the memory of a step goes when the step is over. The twelve rules are in ARCHITECTURE.md.
import { TensorBase } from './base.js';
import { refusePromise } from './refuse-promise.js';
import { currentScope, popScope, pushScope, type Scope } from './scope-stack.js';

/** A container of tensors of its own kind (PackedSequence) says so through this symbol. */
export const TENSORS: unique symbol = Symbol('gated.tensors');

/** What a scope refuses as a result: a promise would outlive it. */
export type Synchronous<R> = R extends PromiseLike<unknown> ? never : R;

const kept = new WeakMap<Scope, Set<TensorBase>>();

/**
 * Runs fn, then disposes every tensor made inside that is not part of its result (searched through arrays, plain objects,
 * Map and PackedSequence), with the graph nodes only they held. What is returned belongs to the enclosing scope, at top
 * level to the caller. `carried` is handed to fn and disposed at the end unless returned:
 *
 *     for (const x of steps) h = scope((h) => rnn.forward(x, h)[1].detach(), h);
 *
 * fn must be synchronous. If it throws, what it made is freed and `carried` stays.
 */
export function scope<C extends unknown[], R>(fn: (...carried: C) => Synchronous<R>, ...carried: C): R {
  const inner = pushScope();
  const survivors = new Set<TensorBase>();
  let done = false;
  try {
    const result = refusePromise(fn(...carried) as R, 'scope');
    collect(result, survivors);
    done = true;
    return result;
  } finally {
    popScope(inner);
    for (const tensor of kept.get(inner) ?? []) survivors.add(tensor);
    close(inner, done ? survivors : new Set());
    if (done) disposeCarried(carried, survivors);
  }
}

/** Lets a tensor (or every tensor in a container) outlive the open scope without being returned. Gives back its argument. */
export function keep<T>(x: T): T {
  const scope = currentScope();
  if (!scope) return x;
  let set = kept.get(scope);
  if (!set) kept.set(scope, (set = new Set()));
  collect(x, set);
  return x;
}

function close(inner: Scope, survivors: ReadonlySet<TensorBase>): void {
  const outer = currentScope();
  for (const member of [...inner.members] as TensorBase[]) {
    const { grad } = member;
    if (grad && survivors.has(grad) && !survivors.has(member)) member.releaseGrad()!.moveTo(outer);
    if (survivors.has(member)) member.moveTo(outer);
    else member.disposeWithScope();
  }
}

function disposeCarried(carried: readonly unknown[], survivors: ReadonlySet<TensorBase>): void {
  for (const tensor of collect(carried)) if (!survivors.has(tensor) && !tensor.isParameter) tensor.dispose();
}

/** Adds every tensor reachable through arrays, plain objects, Maps and containers that list theirs. */
export function collect(value: unknown, found = new Set<TensorBase>()): Set<TensorBase> {
  const seen = new Set<unknown>();
  const pending = [value];
  while (pending.length > 0) {
    const x = pending.pop();
    if (typeof x !== 'object' || x === null || seen.has(x)) continue;
    seen.add(x);
    if (x instanceof TensorBase) found.add(x);
    else if (Array.isArray(x)) pending.push(...x);
    else if (x instanceof Map) pending.push(...x.values());
    else if (TENSORS in x) pending.push(...(x as { [TENSORS](): unknown[] })[TENSORS]());
    else if (isPlain(x)) pending.push(...Object.values(x));
  }
  return found;
}

function isPlain(x: object): boolean {
  const prototype = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

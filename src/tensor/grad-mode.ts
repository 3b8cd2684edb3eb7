// Whether operations record themselves for backward.
import { refusePromise } from './refuse-promise.js';

let enabled = true;

export function gradEnabled(): boolean {
  return enabled;
}

/**
 * Runs fn without recording operations for backward; nests in any order with `scope`. Tensors made inside live on as
 * elsewhere. fn must be synchronous.
 */
export function noGrad<R>(fn: () => R extends PromiseLike<unknown> ? never : R): R {
  const before = enabled;
  enabled = false;
  try {
    return refusePromise(fn() as R, 'noGrad');
  } finally {
    enabled = before;
  }
}

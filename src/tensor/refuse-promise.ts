import { ValueError } from '../errors.js';

/** scope and noGrad end before an async function goes on: its later operations would escape them silently. */
export function refusePromise<R>(result: R, where: string): R {
  if (typeof (result as { then?: unknown } | null)?.then === 'function') {
    throw new ValueError(
      `${where}: the function returned a promise; expected a synchronous result. Open one ${where} per step and await between them`,
    );
  }
  return result;
}

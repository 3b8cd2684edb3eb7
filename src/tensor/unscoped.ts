// Tensors outside every scope live until dispose() or garbage collection. This file is the net under them, and the warning.
import type { Operand } from '../ops/op.js';

/** What the finalizer of a lost tensor needs. */
interface Handle {
  readonly operand: Operand;
  release(): void;
}

const WARN_BYTES = 256 * 1024 * 1024;
let bytes = 0;
let warned = false;

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry<{ handle: Handle; bytes: number }>((lost) => {
        bytes -= lost.bytes;
        lost.handle.release();
      });

export function countUnscoped(size: number): void {
  bytes += size;
  if (bytes < WARN_BYTES || warned) return;
  warned = true;
  console.warn(
    'gated: tensors made outside any scope hold more than 256 MB. They are freed only by dispose() or by garbage ' +
      'collection, which never runs inside a synchronous loop: wrap the loop body in scope(() => { … }).',
  );
}

export function watchUnscoped(tensor: object, handle: Handle): void {
  registry?.register(tensor, { handle, bytes: handle.operand.shape.reduce((a, b) => a * b, 4) }, tensor);
}

export function forgetUnscoped(tensor: object, size: number): void {
  bytes -= size;
  registry?.unregister(tensor);
}

// Fills the argument record of the recurrent kernels (engine/kernels.ts, RECURRENT_FIELDS).
import { type Ptr, RECURRENT_FIELDS, type RecurrentField } from '../engine/kernels.js';
import { i32 } from '../engine/memory.js';

export type RecurrentArgs = Partial<Record<RecurrentField, number>>;

const POSITION = new Map<RecurrentField, number>(RECURRENT_FIELDS.map((name, i) => [name, i]));
export const RECURRENT_ARGS_BYTES = RECURRENT_FIELDS.length * 4;

/** Writes a whole record: fields not named are 0 (absent). */
export function writeRecurrentArgs(at: Ptr, args: RecurrentArgs): void {
  i32.fill(0, at >>> 2, (at >>> 2) + RECURRENT_FIELDS.length);
  updateRecurrentArgs(at, args);
}

/** Overwrites the named fields. */
export function updateRecurrentArgs(at: Ptr, args: RecurrentArgs): void {
  for (const name in args) {
    const field = name as RecurrentField;
    i32[(at >>> 2) + POSITION.get(field)!] = args[field]!;
  }
}

import { GatedError } from '../errors.js';

/** Thrown while planning where an operator must know numbers that only a run brings. */
export class NeedsData extends GatedError {}

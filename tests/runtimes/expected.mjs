// The weights hash that every runtime must reach on the baseline build, from the test that holds it.
import { readFileSync } from 'node:fs';

const source = readFileSync(new URL('../train/trained-hash.ts', import.meta.url), 'utf8');
export const BASELINE_HASH = source.match(/BASELINE_HASH = '([0-9a-f]+)'/)[1];

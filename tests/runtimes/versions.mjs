// The pinned version of everything that runs or bundles gated in tests.
import { readFileSync } from 'node:fs';

export const VERSIONS = JSON.parse(readFileSync(new URL('versions.json', import.meta.url), 'utf8'));

// Where goldens are read from: files beside this one. In the bundle of tests/runtimes they are inside (suite/golden-files.ts).
import { readFileSync } from 'node:fs';

export function goldenFile(name: string): { cases: unknown[]; bytes: Uint8Array<ArrayBuffer> } {
  const read = (extension: string) => readFileSync(new URL(`${name}.${extension}`, import.meta.url));
  return { cases: JSON.parse(read('json').toString()).cases, bytes: new Uint8Array(read('bin')) };
}

// Where goldens are read from: files beside this one. In the bundle of tests/runtimes they are inside (suite.mjs there).
import { readFileSync } from 'node:fs';

export interface SchedulerGoldens {
  /** path: per step, per group, [learning rate, momentum]. */
  cases: { name: string; scheduler: string; optimizer: string; options: object; path: number[][][] }[];
  metrics: number[];
}
export function schedulers(): SchedulerGoldens {
  return JSON.parse(readFileSync(new URL('schedulers.json', import.meta.url), 'utf8'));
}

export function goldenFile(name: string): { cases: unknown[]; bytes: Uint8Array<ArrayBuffer> } {
  const read = (extension: string) => readFileSync(new URL(`${name}.${extension}`, import.meta.url));
  return { cases: JSON.parse(read('json').toString()).cases, bytes: new Uint8Array(read('bin')) };
}

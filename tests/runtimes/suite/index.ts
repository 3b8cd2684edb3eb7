// The conformance suite as one module: runSuite() in any runtime, on the gated that is installed there.
import { engineInfo, setDeterministic } from '../../../src/index.js';
import { trainedHash } from '../../train/trained-hash.js';
// @ts-expect-error a module that suite.mjs makes: it imports every test file
import 'the-test-files';
import { type Moved, moveStream } from './moved-stream.js';
import { type Outcome, runTests, skipped } from './vitest.js';

export { type Moved, moveStream } from './moved-stream.js';

export type BuildName = 'baseline' | 'relaxed';

export interface Report {
  build: BuildName;
  /** The builds that this runtime can run: baseline everywhere, relaxed not. */
  builds: BuildName[];
  passed: number;
  failed: Outcome[];
  skipped: string[];
  /** Of the weights after the seeded training run (tests/train/trained-hash.ts). */
  hash: string;
  /** The stream that this runtime saved and continued, and how it continued the one it was given. */
  moved: Moved;
  continued: string | null;
}

/**
 * Runs every test on one build of the kernels; once per realm, since tests look at warnings that come once.
 * @param given a stream's bytes (hexadecimal) that the same build saved in another runtime.
 */
export async function runSuite(build: BuildName, given?: string): Promise<Report> {
  (globalThis as Record<string, unknown>).__GATED_BUILD__ = build;
  setDeterministic(build === 'baseline');
  const { build: running, relaxedAvailable } = engineInfo();
  if (running !== build) throw new Error(`suite: the ${build} build was asked for, ${running} runs`);
  const hash = trainedHash();
  const moved = moveStream();
  const continued = given ? moveStream(given).continued : null;
  const outcomes = await runTests();
  const failed = outcomes.filter(({ error }) => error !== null);
  const builds: BuildName[] = relaxedAvailable ? ['baseline', 'relaxed'] : ['baseline'];
  return { build, builds, passed: outcomes.length - failed.length, failed, skipped, hash, moved, continued };
}

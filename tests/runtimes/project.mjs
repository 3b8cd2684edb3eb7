// The empty project that every runtime's run starts from: gated from the packed tarball, the suite beside it.
import { writeFileSync } from 'node:fs';
import { build, npmFolder, packTarball } from './packages.mjs';
import { bundleSuite } from './suite.mjs';

/** Builds, packs and installs gated; returns the tarball and the project's folder with suite.mjs and report.mjs in it. */
export async function prepareProject() {
  build();
  const tarball = packTarball();
  const folder = npmFolder('project', [tarball]);
  await bundleSuite(`${folder}/suite.mjs`);
  writeFileSync(`${folder}/report.mjs`, REPORT);
  writeFileSync(`${folder}/moved.mjs`, MOVED);
  return { project: folder, tarball };
}

/** Only the stream that moves: continues one saved elsewhere. */
const MOVED = `
import { setDeterministic } from 'gated';
import { moveStream } from './suite.mjs';
const [build, given] = process.argv.slice(2);
setDeterministic(build === 'baseline');
console.log('REPORT ' + JSON.stringify(moveStream(given || undefined)));
`;

/** For runtimes that run a file: prints the report as JSON. Deno, Bun and Node all have process.argv. */
const REPORT = `
import process from 'node:process';
import { runSuite } from './suite.mjs';
const [build, given] = process.argv.slice(2);
console.log('REPORT ' + JSON.stringify(await runSuite(build, given)));
`;

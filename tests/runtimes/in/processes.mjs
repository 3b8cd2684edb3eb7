// Node 20 to 26, Deno and Bun: each runs report.mjs as a process.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { run } from '../packages.mjs';
import { bunBinary, denoBinary, nodeBinary } from '../programs.mjs';
import { bundleSuite } from '../suite.mjs';

/** The report that `command` prints; throws with all that it said when it prints none. */
export function reportOf(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const line = out.split('\n').find((l) => l.startsWith('REPORT '));
      if (code === 0 && line) resolve(JSON.parse(line.slice('REPORT '.length)));
      else reject(new Error(`${command} ${args[0]}: exit ${code}\n${out.slice(0, 3000)}${err.slice(0, 3000)}`));
    });
  });
}

function program(binary, versionArgument, args) {
  return async ({ project }) => {
    const command = binary();
    return {
      version: run(command, [versionArgument]).match(/\d+\.\d+\.\d+/)[0],
      report: (build, given) =>
        reportOf(command, [...args, 'report.mjs', build, ...(given ? [given] : [])], { cwd: project }),
    };
  };
}

function node(major) {
  return async (context) => {
    requireGated(nodeBinary(major), context.project);
    return program(() => nodeBinary(major), '--version', [])(context);
  };
}

/** require('gated') gives the very module that import gives. */
function requireGated(command, cwd) {
  writeFileSync(
    `${cwd}/required.cjs`,
    `const required = require('gated');
import('gated').then((imported) => {
  if (required.LSTM !== imported.LSTM) throw new Error('require and import gave two copies of gated');
  new required.LSTM({ inputSize: 1, hiddenSize: 1 }).predict([[1]]);
});`,
  );
  run(command, ['required.cjs'], { cwd });
}

/** gated/core in a project of its own, the kernels given as bytes. */
async function core({ project }) {
  const folder = `${project}/core`;
  mkdirSync(folder, { recursive: true });
  await bundleSuite(`${folder}/suite.mjs`, {
    gated: 'gated/core',
    'gated/decoding': 'gated/core',
    'gated/serving': 'gated/core',
  });
  copyFileSync(`${project}/report.mjs`, `${folder}/suite-report.mjs`);
  writeFileSync(
    `${folder}/report.mjs`,
    `import { readFileSync } from 'node:fs';
import { useWasm } from 'gated/core';
for (const name of ['baseline', 'relaxed']) useWasm(readFileSync(new URL(import.meta.resolve(\`gated/\${name}.wasm\`))));
await import('./suite-report.mjs');`,
  );
  return program(() => nodeBinary(24), '--version', [])({ project: folder });
}

const both = ['baseline', 'relaxed'];

export default [
  { name: 'node20', title: 'Node 20', builds: ['baseline'], open: node(20) },
  { name: 'node22', title: 'Node 22', builds: both, open: node(22) },
  { name: 'node24', title: 'Node 24', builds: both, open: node(24) },
  { name: 'node26', title: 'Node 26', builds: both, open: node(26) },
  { name: 'core', title: 'gated/core on Node 24, wasm given as bytes', builds: both, open: core },
  {
    name: 'deno',
    title: 'Deno',
    builds: both,
    open: program(denoBinary, '--version', ['run', '--no-remote', '--allow-read']),
  },
  // JavaScriptCore computes relaxed multiply-adds as a product and a sum.
  { name: 'bun', title: 'Bun', builds: both, fused: false, open: program(bunBinary, '--version', []) },
];

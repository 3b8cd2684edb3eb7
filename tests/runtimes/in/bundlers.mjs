// Real bundlers' own production builds of the small apps in ../bundlers, with the packed tarball installed and nothing set for gated.
// What they put out runs in Chromium on a static server (Vite, webpack, Rollup, esbuild) or by `next start`.
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { importFrom, npmFolder, run } from '../packages.mjs';
import { chromium, reportFrom } from '../pages/launch.mjs';
import { CSP, serve, serveFolder } from '../pages/serve.mjs';
import { nodeBinary } from '../programs.mjs';
import { VERSIONS } from '../versions.mjs';

/** A copy of the app in bundlers/<name>, with these packages of versions.json and gated installed. */
function app(name, packages, { project, tarball, manifest }) {
  const folder = npmFolder(`app-${name}`, [tarball, ...packages.map((key) => VERSIONS[key])], manifest);
  cpSync(fileURLToPath(new URL(`../bundlers/${name}`, import.meta.url)), folder, { recursive: true });
  copyFileSync(`${project}/suite.mjs`, `${folder}/suite.mjs`);
  return folder;
}

const versionOf = (key) => VERSIONS[key].split('@').pop();
const ENVIRONMENT = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };

/** Runs a program of the packages installed there. */
function program(folder, path, ...args) {
  run(process.execPath, [`node_modules/${path}`, ...args], { cwd: folder, env: ENVIRONMENT });
}

/** Packages of each bundler, its own command for a production build, and the folder that a static host would then be given. */
const BUNDLERS = {
  vite: { packages: ['vite'], command: ['vite/bin/vite.js', 'build'], output: 'dist' },
  webpack: { packages: ['webpack', 'webpack-cli'], command: ['webpack/bin/webpack.js'], output: '.' },
  rollup: { packages: ['rollup', 'rollup-node-resolve'], command: ['rollup/dist/bin/rollup', '--config'], output: '.' },
  esbuild: {
    packages: ['esbuild'],
    command: ['esbuild/bin/esbuild', 'main.js', '--bundle', '--minify', '--outdir=dist'],
    output: '.',
  },
};

/** Bundler -> its output's folder: built once for all rows. */
const built = {};

function buildApp(name, context) {
  const { packages, command, output } = BUNDLERS[name];
  const folder = app(name, packages, context);
  rmSync(`${folder}/dist`, { recursive: true, force: true });
  program(folder, ...command);
  return `${folder}/${output}`;
}

/** The built app in Chromium, from a static server under the strict Content-Security-Policy. */
function inChromium(name, parameters = {}) {
  return async (context) => {
    chromium.install();
    const output = (built[name] ??= buildApp(name, context));
    return {
      version: versionOf(name),
      report: async (...task) => onServer(await serveFolder(output), parameters, ...task),
    };
  };
}

async function onServer(server, parameters, build, given) {
  try {
    return await reportFrom(chromium, server, `/?${new URLSearchParams({ build, given, ...parameters })}`);
  } finally {
    await server.close();
  }
}

/** Vite's development server, inside a server that takes the report. It bundles dependencies by themselves (optimizeDeps) and leaves the rest as it is. */
async function viteDev(context) {
  chromium.install();
  const folder = app('vite', BUNDLERS.vite.packages, context);
  rmSync(`${folder}/node_modules/.vite`, { recursive: true, force: true });
  const { createServer } = await importFrom(folder, 'vite');
  return {
    version: versionOf('vite'),
    async report(build, given) {
      let vite;
      const server = await serve((_, response, request) => {
        response.setHeader('content-security-policy', CSP);
        vite.middlewares(request, response);
      });
      vite = await createServer({
        root: folder,
        logLevel: 'error',
        server: { middlewareMode: true, hmr: { server: server.server } },
      });
      try {
        return await onServer(server, {}, build, given);
      } finally {
        await vite.close();
      }
    },
  };
}

/** `next build` of the same app by either of its bundlers; the last one built is what `.next` holds. */
const NEXT = ['next', 'react', 'react-dom'];
let nextBuiltBy;

/** A route handler of `next start`, on Node 24 so that relaxed SIMD is there for whoever would take it. */
function inNext(bundler, route) {
  return async (context) => {
    // As create-next-app writes it: without a type. Under "type": "module" Next's webpack leaves the code out of edge routes.
    const folder = app('next', NEXT, { ...context, manifest: { private: true } });
    if (nextBuiltBy !== bundler) {
      rmSync(`${folder}/.next`, { recursive: true, force: true });
      program(folder, 'next/dist/bin/next', 'build', `--${bundler}`);
      nextBuiltBy = bundler;
    }
    return { version: versionOf('next'), report: (build, given) => askNext(folder, route, { build, given }) };
  };
}

async function askNext(folder, route, task) {
  const port = await freePort();
  const args = ['node_modules/next/dist/bin/next', 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const child = spawn(nodeBinary(24), args, { cwd: folder, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ready = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        said += text;
        if (/Ready in/.test(said)) resolve();
      });
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`next start ended with ${code}: ${said.slice(0, 3000)}`)));
  });
  try {
    await ready;
    const response = await fetch(`http://127.0.0.1:${port}/api/${route}`, {
      method: 'POST',
      body: JSON.stringify(task),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`Next answered ${response.status}: ${text.slice(0, 1000)}\n${said.slice(0, 3000)}`);
    return JSON.parse(text);
  } finally {
    child.kill();
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const both = ['baseline', 'relaxed'];
const edge = ['baseline'];
export default [
  { name: 'vite', title: 'Vite, page', builds: both, open: inChromium('vite') },
  { name: 'vite-worker', title: 'Vite, module worker', builds: both, open: inChromium('vite', { worker: '' }) },
  { name: 'vite-dev', title: 'Vite, development server', builds: both, open: viteDev },
  { name: 'webpack', title: 'webpack, page', builds: both, open: inChromium('webpack') },
  { name: 'webpack-worker', title: 'webpack, worker', builds: both, open: inChromium('webpack', { worker: '' }) },
  { name: 'rollup', title: 'Rollup, page', builds: both, open: inChromium('rollup') },
  { name: 'esbuild', title: 'esbuild, page', builds: both, open: inChromium('esbuild') },
  { name: 'next-node', title: 'Next.js, Turbopack, Node route', builds: both, open: inNext('turbopack', 'node') },
  { name: 'next-edge', title: 'Next.js, Turbopack, edge route', builds: edge, open: inNext('turbopack', 'edge') },
  { name: 'next-webpack-node', title: 'Next.js, webpack, Node route', builds: both, open: inNext('webpack', 'node') },
  { name: 'next-webpack-edge', title: 'Next.js, webpack, edge route', builds: edge, open: inNext('webpack', 'edge') },
];

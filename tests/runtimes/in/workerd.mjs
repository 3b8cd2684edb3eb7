// Cloudflare's workerd through Miniflare: a fetch handler and a Durable Object.
import { copyFileSync, mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import { importFrom, npmFolder } from '../packages.mjs';
import { VERSIONS } from '../versions.mjs';

const SCRIPT = `
import { runSuite } from './suite.mjs';
const answer = async (request) => {
  const { build, given } = await request.json();
  return Response.json(await runSuite(build, given));
};
export class Session {
  fetch(request) {
    return answer(request);
  }
}
export default {
  fetch(request, env) {
    if (new URL(request.url).pathname === '/handler') return answer(request);
    return env.SESSION.get(env.SESSION.idFromName('suite')).fetch(request);
  },
};
`;

/** As wrangler bundles: condition workerd, .wasm files beside the script as compiled modules. */
async function bundle(project) {
  const out = `${project}/workerd`;
  mkdirSync(out, { recursive: true });
  await build({
    stdin: { contents: SCRIPT, resolveDir: project },
    outfile: `${out}/worker.mjs`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    plugins: [
      {
        name: 'compiled-wasm',
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            const name = path.split('/').pop();
            copyFileSync(`${resolveDir}/${path}`, `${out}/${name}`);
            return { path: `./${name}`, external: true };
          });
        },
      },
    ],
  });
  return out;
}

const workerd =
  (path) =>
  async ({ project }) => {
    const modulesRoot = await bundle(project);
    const folder = npmFolder('miniflare', [VERSIONS.miniflare]);
    const { Miniflare } = await importFrom(folder, 'miniflare');
    const modules = [
      { type: 'ESModule', path: `${modulesRoot}/worker.mjs` },
      ...['baseline', 'relaxed', 'onnx'].map((name) => ({ type: 'CompiledWasm', path: `${modulesRoot}/${name}.wasm` })),
    ];
    const options = { modulesRoot, modules, cf: false, compatibilityDate: '2026-07-01' };
    return {
      version: (await importFrom(folder, 'workerd/package.json')).version,
      async report(build, given) {
        // A worker of its own for each build.
        const miniflare = new Miniflare({ ...options, durableObjects: { SESSION: 'Session' } });
        try {
          const body = JSON.stringify({ build, given });
          const response = await miniflare.dispatchFetch(`http://gated.test${path}`, { method: 'POST', body });
          const text = await response.text();
          if (!response.ok) throw new Error(`workerd answered ${response.status}: ${text.slice(0, 3000)}`);
          return JSON.parse(text);
        } finally {
          await miniflare.dispose();
        }
      },
    };
  };

const both = ['baseline', 'relaxed'];
export default [
  { name: 'workerd', title: 'workerd (Cloudflare), handler', builds: both, open: workerd('/handler') },
  { name: 'durable-object', title: 'workerd, Durable Object', builds: both, open: workerd('/object') },
];

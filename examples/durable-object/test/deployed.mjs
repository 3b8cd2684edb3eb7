// The worker as `wrangler deploy` would upload it, with the routes of test/worker.js, run by Miniflare (workerd on this machine).
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setDeterministic } from 'gated';
import { load } from 'gated/safetensors';
import { Miniflare } from 'miniflare';
import { createModel } from '../src/recognizer.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(FOLDER, 'dist');
const TYPES = { '.js': 'ESModule', '.wasm': 'CompiledWasm', '.safetensors': 'Data' };

export function bundle() {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' };
  const args = [wrangler, 'deploy', 'test/worker.js', '--dry-run', '--outdir', DIST];
  execFileSync(process.execPath, args, { cwd: FOLDER, env });
}

/** Miniflare and a fetch() to it; sessions live in `persist`, a folder, or only as long as it does. */
export async function start(persist = false) {
  const files = readdirSync(DIST).sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'));
  const modules = files.flatMap((file) => {
    const type = TYPES[file.slice(file.lastIndexOf('.'))];
    return type ? [{ type, path: join(DIST, file) }] : [];
  });
  const log = [];
  const miniflare = new Miniflare({
    modules,
    modulesRoot: DIST,
    cf: false,
    compatibilityDate: '2026-07-01',
    durableObjects: { SESSIONS: { className: 'Session', useSQLite: true } },
    durableObjectsPersist: persist,
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) stream.on('data', (data) => log.push(String(data)));
    },
  });
  const address = await miniflare.ready;
  return {
    fetch: (path, init) => fetch(new URL(path, address), init),
    /** What the worker wrote to its console. */
    log,
    stop: () => miniflare.dispose(),
  };
}

/** What a session should answer: the same weights in Node, with a stream of its own for each session. */
export function createOracle() {
  setDeterministic(true);
  const model = createModel();
  model.loadStateDict(load(readFileSync(join(FOLDER, 'model/recognizer.safetensors'))));
  return () => {
    const stream = model.stream();
    return (features) => Array.from(stream.step(features));
  };
}

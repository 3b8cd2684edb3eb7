// The worker as `wrangler deploy` would upload it, run by Miniflare (workerd on this machine).
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(FOLDER, 'dist');
const TYPES = { '.js': 'ESModule', '.wasm': 'CompiledWasm', '.safetensors': 'Data' };

export function bundle() {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' };
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', DIST], { cwd: FOLDER, env });
}

export function start(bindings = {}) {
  const files = readdirSync(DIST).sort((a, b) => Number(b === 'index.js') - Number(a === 'index.js'));
  const modules = files.flatMap((file) => {
    const type = TYPES[file.slice(file.lastIndexOf('.'))];
    return type ? [{ type, path: join(DIST, file) }] : [];
  });
  return new Miniflare({ modules, modulesRoot: DIST, cf: false, compatibilityDate: '2026-07-01', bindings });
}

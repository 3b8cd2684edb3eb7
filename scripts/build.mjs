// Builds everything into build/ (wasm) and dist/ (what npm publishes). `node scripts/build.mjs wasm` stops after the wasm.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { deflateSync } from 'fflate';

const only = process.argv[2];
process.chdir(new URL('..', import.meta.url).pathname);
mkdirSync('build', { recursive: true });

for (const target of ['baseline', 'relaxed', 'debug']) {
  execFileSync('node', ['node_modules/assemblyscript/bin/asc.js', '--target', target], { stdio: 'inherit' });
}
writeFileSync(
  'build/builds.deflate',
  packBuilds(readFileSync('build/baseline.wasm'), readFileSync('build/relaxed.wasm')),
);
if (only === 'wasm') process.exit(0);

rmSync('dist', { recursive: true, force: true });
const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  loader: { '.deflate': 'base64' },
};
await build({ ...shared, entryPoints: ['bindings/inline.ts'], outdir: 'dist/bindings' });
await build({
  ...shared,
  entryPoints: {
    index: 'src/index.ts',
    safetensors: 'src/formats/safetensors.ts',
    reference: 'src/reference/index.ts',
  },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  external: ['#wasm'],
});
await build({
  ...shared,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist/cli',
  platform: 'node',
  external: ['#wasm'],
  define: { __VERSION__: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version) },
  // Bundled CommonJS libraries call require() for node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
});
execFileSync('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

/**
 * Both builds as one deflated payload: header [baseline bytes, relaxed bytes] (u32 little endian), then the two files in
 * alternating 6 kB blocks, so that the twin of each block lies inside deflate's 32 kB window.
 */
function packBuilds(baseline, relaxed) {
  const block = 6144;
  const header = new Uint8Array(new Uint32Array([baseline.length, relaxed.length]).buffer);
  const parts = [header];
  for (let at = 0; at < Math.max(baseline.length, relaxed.length); at += block) {
    parts.push(baseline.subarray(at, at + block), relaxed.subarray(at, at + block));
  }
  return deflateSync(Buffer.concat(parts), { level: 9 });
}

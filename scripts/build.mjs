// Builds everything into build/ (wasm) and dist/ (what npm publishes). `node scripts/build.mjs wasm` stops after the wasm.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { deflateSync } from 'fflate';

const only = process.argv[2];
process.chdir(new URL('..', import.meta.url).pathname);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
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
mkdirSync('dist/wasm', { recursive: true });
for (const name of ['baseline', 'relaxed']) {
  writeFileSync(`dist/wasm/${name}.wasm`, labelled(readFileSync(`build/${name}.wasm`), `${name} ${version}`));
}
copyFileSync('bindings/module.d.ts', 'dist/wasm/module.d.ts');

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  loader: { '.deflate': 'base64' },
  define: { __VERSION__: JSON.stringify(version) },
};
const inline = { alias: { '#wasm': './bindings/inline.ts' } };

await build({
  ...shared,
  entryPoints: ['bindings/inline.ts', 'bindings/workerd.ts', 'bindings/edge-light.ts'],
  outdir: 'dist/bindings',
  external: ['*.wasm', '*.wasm?module'],
});
await build({
  ...shared,
  entryPoints: {
    index: 'src/index.ts',
    errors: 'src/errors.ts',
    safetensors: 'src/formats/safetensors.ts',
    reference: 'src/reference/index.ts',
  },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  external: ['#wasm'],
});
// A second engine over another binding; the error classes are those of the other subpaths, so that instanceof holds.
await build({
  ...shared,
  entryPoints: { core: 'src/core.ts' },
  outdir: 'dist',
  alias: { '#wasm': './bindings/external.ts' },
  plugins: [{ name: 'shared-errors', setup: ({ onResolve }) => onResolve({ filter: /\/errors\.js$/ }, toErrors) }],
});
await build({ ...shared, ...inline, entryPoints: { 'gated.min': 'src/page.ts' }, outdir: 'dist', minify: true });
await build({
  ...shared,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist/cli',
  platform: 'node',
  external: ['#wasm'],
  // Bundled CommonJS libraries call require() for node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
});
execFileSync('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

function toErrors() {
  return { path: './errors.js', external: true };
}

/** The module with a custom section 'gated' (WebAssembly core specification 5.5.3), by which useWasm knows it. */
function labelled(wasm, label) {
  const name = Buffer.from('gated');
  const content = Buffer.concat([Buffer.of(name.length), name, Buffer.from(label)]);
  if (content.length > 127) throw new Error('build: the label needs a length of one LEB128 byte');
  return Buffer.concat([wasm, Buffer.of(0, content.length), content]);
}

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

import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const entry = process.argv[2] ?? 'src/index.ts';
const r = await build({
  entryPoints: [entry],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  alias: { '#wasm': './bindings/external.ts' },
  define: { __VERSION__: '"0"' },
  metafile: true,
  write: false,
});
const out = Object.values(r.metafile.outputs)[0];
const rows = Object.entries(out.inputs)
  .map(([f, { bytesInOutput }]) => [f, bytesInOutput])
  .sort((a, b) => b[1] - a[1]);
console.log(r.outputFiles[0].contents.length, gzipSync(r.outputFiles[0].contents, { level: 9 }).length);
for (const [f, b] of rows) console.log(String(b).padStart(6), f);

// Builds everything into build/ (wasm) and dist/ (what npm publishes). `node scripts/build.mjs wasm` stops after the wasm.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { compress } from 'lzma1';
import { Encoder } from '../node_modules/lzma1/lib/encoder.js';

// pb = 0, as assembly/unpack.ts wants it: the package has no option for it.
const { configure } = Encoder.prototype;
Encoder.prototype.configure = function (mode) {
  configure.call(this, mode);
  this._posStateBits = this._posStateMask = 0;
};

const UNPACK_OPTIONS = ['-Oz', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert'];

const only = process.argv[2];
process.chdir(new URL('..', import.meta.url).pathname);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
mkdirSync('build', { recursive: true });

for (const target of ['baseline', 'relaxed', 'debug']) asc('--target', target);
// The unpacker is a module of its own, small before fast.
asc('assembly/unpack.ts', '--config', 'none', '--outFile', 'build/unpack.wasm', ...UNPACK_OPTIONS);
writeFileSync('build/builds.packed', encodeBase85(packBuilds()));
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
  loader: { '.packed': 'text' },
  define: { __VERSION__: JSON.stringify(version) },
};
const inline = { alias: { '#wasm': './bindings/inline.ts' } };

await build({
  ...shared,
  entryPoints: ['bindings/inline.ts', 'bindings/workerd.ts', 'bindings/edge-light.ts'],
  outdir: 'dist/bindings',
  external: ['*.wasm', '*.wasm?module'],
});
const { metafile } = await build({
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
  metafile: true,
});
for (const file of Object.keys(metafile.outputs)) payloadFirst(file, metafile.outputs);
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

/**
 * Moves the imports that lead to `#wasm` before all others: bundlers write modules in the order of imports, and where the payload comes first, it
 * shares fewest of gzip's blocks with code: up to 1.6 kB less.
 */
function payloadFirst(file, outputs) {
  const leads = (path) => path === '#wasm' || (outputs[path]?.imports.some((i) => leads(i.path)) ?? false);
  const targets = outputs[file].imports.filter((i) => leads(i.path)).map((i) => i.path.split('/').at(-1));
  const imports = /^import [^"]* from "([^"]*)";\n/gm;
  const moved = [];
  const text = readFileSync(file, 'utf8').replaceAll(imports, (statement, from) => {
    if (!targets.includes(from.split('/').at(-1))) return statement;
    moved.push(statement);
    return '';
  });
  writeFileSync(file, moved.join('') + text);
}

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

function asc(...options) {
  execFileSync('node', ['node_modules/assemblyscript/bin/asc.js', ...options], { stdio: 'inherit' });
}

/**
 * What bindings/inline.ts carries: [bytes of the unpacker, of the relaxed build, of both builds] (u32 little endian), the unpacker, and
 * an LZMA stream of both builds, without the 13 bytes of header that compress() writes.
 */
function packBuilds() {
  const unpack = readFileSync('build/unpack.wasm');
  const relaxed = readFileSync('build/relaxed.wasm');
  const both = Buffer.concat([relaxed, readFileSync('build/baseline.wasm')]);
  const stream = Buffer.from(compress(both, 9).buffer).subarray(13);
  if (stream.length > 49152) throw new Error('build: the packed builds do not fit before OUTPUT in assembly/unpack.ts');
  const sizes = Buffer.from(Uint32Array.of(unpack.length, relaxed.length, both.length).buffer);
  return Buffer.concat([sizes, unpack, stream]);
}

/** See bindings/base85.ts. */
function encodeBase85(bytes) {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  const digit = (value) => String.fromCharCode(value < 57 ? value + 35 : value + 36);
  const digits = (word) => [4, 3, 2, 1, 0].map((power) => digit(Math.floor(word / 85 ** power) % 85)).join('');
  return Array.from(words, digits).join('');
}

// Builds everything into build/ (wasm) and dist/ (what npm publishes). `node scripts/build.mjs wasm` stops after the wasm.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { build, transform } from 'esbuild';
import { compress } from 'lzma1';
import { Encoder } from '../node_modules/lzma1/lib/encoder.js';
import { mergeChunks } from './merge-chunks.mjs';

// pb = 0, as assembly/unpack.ts wants it: the package has no option for it.
const { configure } = Encoder.prototype;
Encoder.prototype.configure = function (mode) {
  configure.call(this, mode);
  this._posStateBits = this._posStateMask = 0;
};

const MODULE_OPTIONS = ['--config', 'none', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert'];
// Beside the tables of the builds in asconfig.json, whose memory it shares.
const ONNX_OPTIONS = [
  '-O3',
  '--shrinkLevel',
  '1',
  '--converge',
  '--enable',
  'simd',
  '--use',
  'abort=',
  '--memoryBase',
  '30720',
  '--disableWarning',
  '112',
];

const only = process.argv[2];
process.chdir(new URL('..', import.meta.url).pathname);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
mkdirSync('build', { recursive: true });

for (const target of ['template', 'debug']) asc('--target', target);
await fillTemplates();
// The unpacker is a module of its own, small before fast.
asc('assembly/unpack.ts', '--outFile', 'build/unpack.wasm', '-Oz', ...MODULE_OPTIONS);
asc('assembly/onnx/index.ts', '--outFile', 'build/onnx.wasm', ...ONNX_OPTIONS, ...MODULE_OPTIONS);
writeFileSync('build/template.packed', encodeBase85(packTemplate()));
writeFileSync('build/onnx.packed', encodeBase85(packed(readFileSync('build/onnx.wasm'))));
if (only === 'wasm') process.exit(0);

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist/wasm', { recursive: true });
for (const name of ['baseline', 'relaxed', 'onnx']) {
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

const bindings = ['inline', 'workerd', 'edge-light', 'onnx-inline', 'onnx-node', 'onnx-workerd', 'onnx-edge-light'];
await build({
  ...shared,
  entryPoints: bindings.map((name) => `bindings/${name}.ts`),
  outdir: 'dist/bindings',
  // ./inline.js, ./node.js: the second module's binding uses the first one's as it lies beside it.
  external: ['*.wasm', '*.wasm?module', './inline.js', './node.js'],
});
// With inline.js in it: every file more takes Node 0.6 ms.
await build({ ...shared, entryPoints: ['bindings/node.ts'], outdir: 'dist/bindings' });
const { metafile } = await build({
  ...shared,
  entryPoints: {
    index: 'src/index.ts',
    errors: 'src/errors.ts',
    safetensors: 'src/formats/safetensors.ts',
    data: 'src/data/index.ts',
    decoding: 'src/decoding.ts',
    serving: 'src/serving.ts',
    reference: 'src/reference/index.ts',
    onnx: 'src/onnx/index.ts',
    // Entries of their own make chunks of what gated/onnx then only passes on: a bundle of one of them leaves the other out.
    'chunks/load-onnx': 'src/onnx/load.ts',
    'chunks/to-onnx': 'src/onnx/export/index.ts',
  },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  external: ['#wasm', '#onnx-wasm'],
  metafile: true,
});
await mergeChunks(metafile.outputs, shared);
for (const file of Object.keys(metafile.outputs)) {
  payloadFirst(file, metafile.outputs);
  // No file has side effects; bundlers warn of imports for their sake alone.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^import "[^"]*";\n/gm, ''));
}
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
 * Moves the import of `#wasm`, or of the file that has it, before all others, and that of the largest other file behind them: bundlers write
 * modules in the order of imports, and gzip codes what lies together. The payload in the middle of code costs up to 1.6 kB, the rest 66 bytes.
 */
function payloadFirst(file, outputs) {
  const { imports } = outputs[file];
  const leads = ({ path }) => path === '#wasm' || outputs[path]?.imports.some((i) => i.path === '#wasm');
  const first = imports.find(leads)?.path;
  if (!first) return;
  const rest = imports.map(({ path }) => path).filter((path) => path !== first && outputs[path]);
  const last = rest.sort((a, b) => outputs[b].bytes - outputs[a].bytes)[0];
  const text = readFileSync(file, 'utf8');
  const statements = [...text.matchAll(/^import [^"]* from "([^"]*)";\n/gm)];
  const of = (path) => statements.find(([, from]) => from.split('/').at(-1) === path?.split('/').at(-1))?.[0] ?? '';
  const others = statements.map(([statement]) => statement).filter((s) => s !== of(first) && s !== of(last));
  const code = statements.reduce((left, [statement]) => left.replace(statement, ''), text);
  writeFileSync(file, of(first) + others.join('') + of(last) + code);
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

/** build/baseline.wasm and build/relaxed.wasm, by the function that bindings/inline.ts uses at run time. */
async function fillTemplates() {
  const { code } = await transform(readFileSync('bindings/template.ts', 'utf8'), { loader: 'ts' });
  const { fillTemplate } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const template = readFileSync('build/template.wasm');
  for (const name of ['baseline', 'relaxed']) {
    const bytes = fillTemplate(template, name);
    const module = binaryen.readBinary(bytes);
    module.setFeatures(binaryen.Features.All);
    if (!module.validate()) throw new Error(`build: the ${name} build made of the template is not valid`);
    module.dispose();
    writeFileSync(`build/${name}.wasm`, bytes);
  }
}

/** What bindings/inline.ts carries: bytes of the unpacker (u32 little endian), the unpacker, the packed template. */
function packTemplate() {
  const unpack = readFileSync('build/unpack.wasm');
  const template = packed(readFileSync('build/template.wasm'));
  if (template.length > 49152) throw new Error('build: the template does not fit before OUTPUT in assembly/unpack.ts');
  return Buffer.concat([Buffer.from(Uint32Array.of(unpack.length).buffer), unpack, template]);
}

/** Its size (u32 little endian) and an LZMA stream, without the 13 bytes of header that compress() writes. */
function packed(bytes) {
  return Buffer.concat([
    Buffer.from(Uint32Array.of(bytes.length).buffer),
    Buffer.from(compress(bytes, 9).buffer).subarray(13),
  ]);
}

/** See bindings/base85.ts. */
function encodeBase85(bytes) {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  const digit = (value) => String.fromCharCode(value < 57 ? value + 35 : value + 36);
  const digits = (word) => [4, 3, 2, 1, 0].map((power) => digit(Math.floor(word / 85 ** power) % 85)).join('');
  return Array.from(words, digits).join('');
}

// npm run test:package   what npm would publish: its files, its paths, its types for a consumer, and what publint and attw say
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { build, npmFolder, packTarball, ROOT, run } from './packages.mjs';
import { VERSIONS } from './versions.mjs';

build();
const tarball = packTarball();
/** A user's project with nothing in it but gated and two compilers: the repository's and the last of the line before it. */
const consumer = npmFolder('consumer', [tarball, VERSIONS.typescript5]);
const installed = join(consumer, 'node_modules/gated');
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
const files = readdirSync(installed, { recursive: true }).filter((path) => statSync(join(installed, path)).isFile());

const PUBLISHED =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/((chunks|bindings|cli)\/)?[\w.-]+\.js|dist\/types\/.*\.d\.ts|dist\/wasm\/(\w+\.wasm|module\.d\.ts))$/;
/** Machine paths, of this machine and in general. `/home/` and the like must be followed by a name to be a path. */
const MACHINE = new RegExp(
  `${[ROOT, `${homedir()}/`].map((path) => path.replace(/[.*+?^$(){}|[\]\\]/g, '\\$&')).join('|')}|/(work|home|Users)/[a-z]\\w*|sourceMappingURL`,
);

const CONSUMER = `
import { GRU, LSTM, type Tensor, tensor } from 'gated';
import { LSTM as CoreLSTM, UnsupportedError, useWasm } from 'gated/core';
import { safetensors, LSTM as PageLSTM } from 'gated/gated.min.js';
import baseline from 'gated/baseline.wasm';
import {
  bucketBatches,
  charVocabulary,
  type SampledDataset,
  StandardScaler,
  slidingWindows,
  type Vocabulary,
  vocabularyFromJSON,
} from 'gated/data';
import relaxed from 'gated/relaxed.wasm';
import { ctcGreedyDecode, sample } from 'gated/decoding';
import { load as loadOnnx, type OnnxModel } from 'gated/onnx';
import { ReferenceNetwork } from 'gated/reference';
import { load, save } from 'gated/safetensors';
import { type Batcher, batcher } from 'gated/serving';

for (const module of [baseline, relaxed]) useWasm(module);
useWasm(new Uint8Array(8));
// @ts-expect-error a module or its bytes (any object passes for a WebAssembly.Module: TypeScript's is an empty interface)
useWasm(null);
const sizes = { inputSize: 1, hiddenSize: 2 };
const outputs: Tensor[] = [new LSTM(sizes).forward(tensor([[1]]))[0], new GRU(sizes).forward(tensor([[1]]))[0]];
const plain: Float32Array = new CoreLSTM(sizes).predict([[1]])[0];
const again: Float32Array = new PageLSTM(sizes).predict([[1]])[0];
const bytes: Uint8Array[] = [save(new LSTM(sizes).stateDict()), safetensors.save(new PageLSTM(sizes).stateDict())];
const names: string[] = [...load(bytes[0]).keys()];
const vocabulary: Vocabulary = vocabularyFromJSON(JSON.parse(JSON.stringify(charVocabulary('abc'))));
const scaled: number[] = new StandardScaler().fit([1, 2, 3]).transform([4]);
const windows: SampledDataset = slidingWindows([[1, 2], [3, 4]], { inputLength: 1, target: 0 });
const batches: SampledDataset = bucketBatches([{ input: [1, 2], target: 0 }], { batchSize: 1 });
// @ts-expect-error examples of another form need lengthOf and collate
bucketBatches(['text'], { batchSize: 1 });
const server: Batcher = batcher(new GRU(sizes));
const labels: number[] = ctcGreedyDecode(tensor([[0, -1]]))[0].labels;
const drawn: Tensor = sample([1, 2, 3], { topK: 2 });
const message: string = new UnsupportedError('no SIMD').message;
const model: OnnxModel = loadOnnx(new Uint8Array());
const probability: Tensor = model.run({ input: [1, 2], sr: 16000n }).output;
const frame: Float32Array | Int32Array = model.stream({ state: { h: 'hn' } }).step({ input: plain }).output;
export { again, batches, drawn, frame, labels, message, names, outputs, plain, probability, ReferenceNetwork, scaled, server, vocabulary, windows };
`;

const compilers = {
  [`TypeScript ${versionIn(ROOT)}`]: join(ROOT, 'node_modules/typescript/bin/tsc'),
  [`TypeScript ${versionIn(consumer)}`]: join(consumer, 'node_modules/typescript/bin/tsc'),
};
function versionIn(folder) {
  return JSON.parse(readFileSync(join(folder, 'node_modules/typescript/package.json'), 'utf8')).version;
}

/** Name -> a check, which throws or returns what it found. */
const checks = {
  publint() {
    const folder = npmFolder('publint', [VERSIONS.publint]);
    const said = run(`${folder}/node_modules/.bin/publint`, ['--strict', tarball], { cwd: folder });
    if (!said.includes('All good!')) throw new Error(said);
    return VERSIONS.publint;
  },

  // ES modules only: CommonJS and node10 resolution are not promised (`require('gated')` works on Node >= 20.19).
  attw() {
    const folder = npmFolder('attw', [VERSIONS.attw]);
    const args = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', tarball];
    run(`${folder}/node_modules/.bin/attw`, args, { cwd: folder });
    return VERSIONS.attw;
  },

  'every subpath is in the consumer'() {
    const imported = [...CONSUMER.matchAll(/ from 'gated(.*)'/g)].map(([, subpath]) => `.${subpath}`);
    const missing = Object.keys(manifest.exports).filter((key) => key !== './package.json' && !imported.includes(key));
    if (missing.length > 0) throw new Error(`no import of ${missing}`);
    return imported.join(' ');
  },

  ...Object.fromEntries(
    Object.entries(compilers).flatMap(([compiler, path]) =>
      [
        ['nodenext', 'nodenext'],
        ['bundler', 'esnext'],
      ].map(([resolution, module]) => [
        `${compiler}, moduleResolution ${resolution}`,
        () => compile(path, resolution, module),
      ]),
    ),
  ),

  'paths of package.json are there'() {
    const paths = [manifest.exports, manifest.imports, manifest.bin].flatMap(pathsIn);
    const missing = paths.filter((path) => !files.includes(path.replace(/^\.\//, '')));
    if (missing.length > 0) throw new Error(`not in the tarball: ${missing}`);
    return `${paths.length} paths`;
  },

  'the command runs'() {
    const version = run(join(consumer, 'node_modules/.bin/gated'), ['--version']).trim();
    if (version !== manifest.version) throw new Error(`gated --version says ${version}; expected ${manifest.version}`);
    return `gated ${version}`;
  },

  'no dependencies'() {
    const kinds = ['dependencies', 'peerDependencies', 'optionalDependencies'];
    const found = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
    if (found.length > 0) throw new Error(`depends on ${found}`);
    return 'none';
  },

  'only what is meant to be published'() {
    const others = files.filter((path) => !PUBLISHED.test(path));
    if (others.length > 0) throw new Error(`also in the tarball: ${others}`);
    return `${files.length} files`;
  },

  'no paths of a machine, no source maps'() {
    const found = files.flatMap((path) => {
      const text = readFileSync(join(installed, path), 'latin1');
      const at = text.search(MACHINE);
      return at < 0 ? [] : [`${path}: ${text.slice(Math.max(0, at - 40), at + 60).replaceAll('\n', ' ')}`];
    });
    if (found.length > 0) throw new Error(found.join('\n'));
    return `in ${files.length} files`;
  },

  size() {
    const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
    const unpacked = files.reduce((sum, path) => sum + statSync(join(installed, path)).size, 0);
    return `${kilobytes(statSync(tarball).size)} packed, ${kilobytes(unpacked)} unpacked`;
  },
};

function pathsIn(target) {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(pathsIn);
}

function compile(tsc, moduleResolution, module) {
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(consumer, 'consumer.ts'), CONSUMER);
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  run(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: consumer });
  return 'compiles';
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    console.log(`✓ ${name.padEnd(46)}${check()}`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}\n${error.message.replace(/^/gm, '    ')}`);
  }
}
console.log(`\n${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

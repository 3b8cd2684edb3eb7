// Bundles the conformance suite: the library's own tests with everything inside but gated itself, which stays an import.
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './packages.mjs';

/** Tests of the public names, of the subpaths, and of conformance itself. */
// tests/tensor first: gated warns once of tensors outside every scope, of which other tests leave many where no garbage is collected.
const TESTS = [
  'tests/tensor',
  'tests/data',
  'tests/goldens',
  'tests/nn',
  'tests/ops',
  'tests/optim',
  'tests/reference',
  'tests/runtimes/suite',
  'tests/stream',
  'tests/train',
];
const MORE_TESTS = ['tests/formats/safetensors.test.ts', 'tests/onnx/export.test.ts'];

/** What the tests import from the source -> what a user imports. */
const INSTALLED = {
  'src/index.js': 'gated',
  'src/errors.js': 'gated',
  'src/formats/safetensors.js': 'gated/safetensors',
  'src/onnx/index.js': 'gated/onnx',
  'src/data/index.js': 'gated/data',
  'src/decoding.js': 'gated/decoding',
  'src/serving.js': 'gated/serving',
  'src/reference/index.js': 'gated/reference',
};

/**
 * Writes the suite to `outfile`, an ES module that exports runSuite() and moveStream().
 * @param renamed what to import instead of one of INSTALLED: { gated: 'gated/core' }.
 */
export async function bundleSuite(outfile, renamed = {}) {
  await build({
    entryPoints: [`${ROOT}tests/runtimes/suite/index.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    mainFields: ['module', 'main'],
    loader: { '.bin': 'binary' },
    // The matchers would look into process.env for colours, which Deno grants nobody by default.
    define: { 'process.env.GATED_BUILD': '__GATED_BUILD__', process: 'undefined' },
    plugins: [{ name: 'suite', setup: (build) => setup(build, renamed) }],
    // package.json's sideEffects: false is about src/, the test files are all effect.
    ignoreAnnotations: true,
    keepNames: true,
    logLevel: 'warning',
  });
}

function setup({ onResolve, onLoad }, renamed) {
  onResolve({ filter: /^the-test-files$/ }, () => ({ path: 'the-test-files', namespace: 'suite' }));
  onLoad({ filter: /.*/, namespace: 'suite' }, () => ({
    contents: testFiles()
      .map((file) => `import ${JSON.stringify(ROOT + file)};`)
      .join('\n'),
    resolveDir: ROOT,
  }));
  onResolve({ filter: /^vitest$/ }, () => ({ path: `${ROOT}tests/runtimes/suite/vitest.ts` }));
  onResolve({ filter: /goldens\/files\.js$|^\.\/files\.js$/ }, () => ({ path: 'goldens', namespace: 'goldens' }));
  onLoad({ filter: /.*/, namespace: 'goldens' }, () => ({
    contents: goldenFiles(),
    resolveDir: `${ROOT}tests/goldens`,
  }));
  onResolve({ filter: /\/src\// }, ({ path, importer }) => {
    const name = INSTALLED[path.replace(/^(\.\.\/)+/, '')];
    if (!name) throw new Error(`${relative(ROOT, importer)} imports ${path}, which no user can`);
    return { path: renamed[name] ?? name, external: true };
  });
  onLoad({ filter: /\.test\.ts$/ }, ({ path }) => ({
    contents: `import { beginFile } from 'vitest'; beginFile(${JSON.stringify(relative(`${ROOT}tests`, path))});${readFileSync(path, 'utf8')}`,
    loader: 'ts',
  }));
}

/** tests/goldens/files.ts with the files inside. */
function goldenFiles() {
  const all = readdirSync(`${ROOT}tests/goldens`);
  const names = all.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
  const imports = names.map((name, i) => {
    const bytes = all.includes(`${name}.bin`) ? `import bytes${i} from './${name}.bin';` : `const bytes${i} = null;`;
    return `import json${i} from './${name}.json'; ${bytes}`;
  });
  return `${imports.join('\n')}
    const files = { ${names.map((name, i) => `'${name}': { ...json${i}, bytes: bytes${i} }`)} };
    export const goldenFile = (name) => files[name];
    export const schedulers = () => files.schedulers;`;
}

const inFolder = (folder) =>
  readdirSync(`${ROOT}${folder}`)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`);

function testFiles() {
  const found = TESTS.flatMap((folder) => inFolder(folder));
  return [...found, ...MORE_TESTS];
}

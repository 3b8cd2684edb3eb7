// npm run test:onnxruntime: what toOnnx writes, run by ONNX Runtime, against the model itself: every case of tests/onnx/export-cases.ts.
// ONNX Runtime is no dependency: it is installed into .cache/oracle when it is not there, without its scripts.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const VERSION = '1.30.0';

process.chdir(new URL('..', import.meta.url).pathname);
const at = '.cache/oracle';
if (!existsSync(`${at}/node_modules/onnxruntime-node`)) {
  const install = ['install', '--prefix', at, '--ignore-scripts', `onnxruntime-node@${VERSION}`];
  const { status } = spawnSync('npm', install, { stdio: 'inherit' });
  if (status !== 0) throw new Error('test:onnxruntime: onnxruntime-node cannot be installed');
}
const ort = createRequire(new URL(`../${at}/package.json`, import.meta.url))('onnxruntime-node');

/** The cases as a module that imports gated as a user does: what is in dist/. */
const outfile = 'build/export-cases.mjs';
const INSTALLED = { 'src/index.js': 'gated', 'src/onnx/index.js': 'gated/onnx' };
const resolve = ({ path }) => ({ path: INSTALLED[path.replace(/^(\.\.\/)+/, '')], external: true });
await build({
  entryPoints: ['tests/onnx/export-cases.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  plugins: [{ name: 'installed', setup: ({ onResolve }) => onResolve({ filter: /\/src\// }, resolve) }],
});
const { BOUND, caseModel, caseRun, exportCases, worstError } = await import(`../${outfile}`);
const { toOnnx } = await import('gated/onnx');

let runs = 0;
let worst = 0;
const failures = [];
for (const c of exportCases) {
  try {
    const model = caseModel(c);
    await inRuntime(c, model, toOnnx(model, c.options));
    model.dispose();
  } catch (error) {
    failures.push(`${c.name}: ${error.message}`);
  }
}
for (const failure of failures) console.error(failure);
console.log(
  `onnxruntime-node ${ort.env.versions.node}: ${exportCases.length} models, ${runs} runs, ${failures.length} failed; worst error ${worst.toExponential(1)} (bound ${BOUND})`,
);
if (failures.length > 0 || runs === 0) process.exitCode = 1;

async function inRuntime(c, model, bytes) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 2 });
  for (const shape of c.shapes) {
    const { feeds, outputs } = caseRun(c, model, shape);
    const inputs = Object.entries(feeds).map(([name, { data, dims }]) => {
      const long = data instanceof Int32Array && c.options.dtype !== 'int32';
      const type = data instanceof Float32Array ? 'float32' : long ? 'int64' : 'int32';
      return [name, new ort.Tensor(type, long ? BigInt64Array.from(data, BigInt) : data, dims)];
    });
    const results = await session.run(Object.fromEntries(inputs));
    runs++;
    for (const [name, { data, dims }] of Object.entries(outputs)) {
      const got = results[name];
      if (`${got?.dims}` !== `${dims}`) throw new Error(`${name} of [${shape}] is [${got?.dims}]; expected [${dims}]`);
      const error = worstError(got.data, data);
      worst = Math.max(worst, error);
      if (!(error <= BOUND)) throw new Error(`${name} of [${shape}] differs by ${error}`);
    }
  }
  await session.release();
}

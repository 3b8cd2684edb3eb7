// Vercel's edge runtime with code generation off: strings and bytes are refused, modules come compiled from outside.
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { importFrom, npmFolder } from '../packages.mjs';
import { VERSIONS } from '../versions.mjs';

const SUITE = `
import { runSuite } from './suite.mjs';
globalThis.answer = async (build, given) => JSON.stringify(await runSuite(build, given));
`;
const REFUSED = `
import { LSTM } from 'gated';
try { new LSTM({ inputSize: 1, hiddenSize: 1 }) } catch (e) { globalThis.refusal = e.name + ': ' + e.message }
`;

/** `x.wasm?module` becomes a global that the platform defines, as Vercel's build does it. */
async function bundle(project, contents, conditions) {
  const wasm = new Map();
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: project },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions,
    plugins: [
      {
        name: 'wasm-module',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
            path: `${resolveDir}/${path.replace('?module', '')}`,
            namespace: 'wasm',
          }));
          onLoad({ filter: /.*/, namespace: 'wasm' }, ({ path }) => {
            const name = `wasm_${wasm.size}`;
            wasm.set(name, new WebAssembly.Module(readFileSync(path)));
            return { contents: `export default globalThis.${name};` };
          });
        },
      },
    ],
  });
  return { code: outputFiles[0].text, wasm };
}

async function vercel({ project }) {
  const { EdgeVM } = await importFrom(npmFolder('edge-vm', [VERSIONS['edge-vm']]), '@edge-runtime/vm');
  const start = async (contents, conditions) => {
    const { code, wasm } = await bundle(project, contents, conditions);
    const vm = new EdgeVM({
      codeGeneration: { strings: false, wasm: false },
      extend: (context) => Object.assign(context, Object.fromEntries(wasm)),
    });
    vm.evaluate(code);
    return vm;
  };
  // What the condition is for: bytes are refused here, by an error that says so.
  const refusal = (await start(REFUSED, ['browser'])).evaluate('refusal');
  if (!/^UnsupportedError: .*refuses the WebAssembly module/.test(refusal))
    throw new Error(`bytes in the edge VM: ${refusal}`);
  return {
    version: VERSIONS['edge-vm'].split('@').pop(),
    async report(build, given) {
      const vm = await start(SUITE, ['edge-light']);
      return JSON.parse(await vm.evaluate(`answer(${JSON.stringify(build)}, ${JSON.stringify(given)})`));
    },
  };
}

export default [
  { name: 'vercel-edge', title: 'Vercel edge VM, no code generation', builds: ['baseline'], open: vercel },
];

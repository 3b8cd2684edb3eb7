// An edge function bundled and run under Vercel's rules: no eval, and WebAssembly only as modules compiled at deployment.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgeVM } from '@edge-runtime/vm';
import { build } from 'esbuild';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** The exports of `entry` (source text) in a VM; `conditions` as Vercel sets them unless others are given. */
export async function deploy(entry, conditions = ['edge-light', 'worker', 'browser']) {
  const modules = {};
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: FOLDER },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'deployed',
    target: 'es2022',
    conditions,
    plugins: [wasmModules(modules)],
  });
  const vm = new EdgeVM({
    codeGeneration: { strings: false, wasm: false },
    extend: (context) => Object.assign(context, modules),
  });
  vm.evaluate(outputFiles[0].text);
  return { exports: vm.evaluate('deployed'), context: vm.context, modules: Object.keys(modules) };
}

/** `import m from 'x.wasm?module'`: compiled out here, where it is allowed, and handed in as a global. */
function wasmModules(modules) {
  return {
    name: 'wasm?module',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, importer }) => ({
        path: join(dirname(importer), path.replace('?module', '')),
        namespace: 'wasm-module',
      }));
      onLoad({ filter: /./, namespace: 'wasm-module' }, ({ path }) => {
        const name = `wasm_${basename(path, '.wasm')}`;
        modules[name] = new WebAssembly.Module(readFileSync(path));
        return { contents: `export default ${name};` };
      });
    },
  };
}

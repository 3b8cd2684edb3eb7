// Small modules of the bench's own, compiled by AssemblyScript and kept for the next case.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The module of a source text. features: 'simd', 'relaxed-simd'. */
export async function compiled(name, source, features) {
  const folder = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 12);
  const path = `${folder}${name}-${hash}.wasm`;
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, await compile(name, source, features));
    renameSync(`${path}.${process.pid}`, path);
  }
  return readFileSync(path);
}

async function compile(name, source, features) {
  const { default: asc } = await import('assemblyscript/asc');
  let wasm;
  const options = ['module.ts', '-O3', '--runtime', 'stub', '--noAssert', '--outFile', 'module.wasm'];
  const { error, stderr } = await asc.main([...options, ...features.flatMap((feature) => ['--enable', feature])], {
    readFile: (file) => (file === 'module.ts' ? source : null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${name}: ${error.message}\n${stderr}`);
  return wasm;
}

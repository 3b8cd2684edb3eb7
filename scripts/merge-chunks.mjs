// Fewer files in dist/.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * esbuild makes a chunk for every set of entries that share code; a file costs Node 0.65 ms (import of dist/index.js: 13.6 ms with nine chunks, 9
 * with two). `outputs` is esbuild's metafile and kept true; the chunks of dist/index.js become two: `engine`,
 * and `base` for what is also shared with entries that come without the engine.
 */
export async function mergeChunks(outputs, options) {
  const reached = (file, seen = new Set()) => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const { path } of outputs[file]?.imports ?? []) reached(path, seen);
    return seen;
  };
  const bare = new Set();
  for (const file of Object.keys(outputs)) {
    const all = reached(file);
    if (outputs[file].entryPoint && !all.has('#wasm')) for (const path of all) bare.add(path);
  }
  const chunks = [...reached('dist/index.js')].filter((file) => /^dist\/chunks\/chunk-/.test(file));
  for (const name of ['base', 'engine']) {
    const group = chunks.filter((file) => bare.has(file) === (name === 'base'));
    await mergeInto(`dist/chunks/${name}.js`, group, outputs, options);
  }
}

/** One file in place of `group`; what imported those imports it. Names that two of them export are an error. */
async function mergeInto(target, group, outputs, options) {
  const inside = new Set(group);
  const contents = group.map((file) => `export * from './${file}';`).join('\n');
  const outer = {
    name: 'outer',
    setup: ({ onResolve }) =>
      onResolve({ filter: /chunks\/|^\.\/(chunk-|base)/ }, ({ path, kind }) => {
        const file = `dist/chunks/${path.split('/').at(-1)}`;
        return kind === 'entry-point' || inside.has(file) ? undefined : { path, external: true };
      }),
  };
  const { metafile } = await build({
    ...options,
    stdin: { contents, resolveDir: '.', sourcefile: 'chunks.js' },
    outfile: target,
    external: ['#wasm'],
    plugins: [outer],
    metafile: true,
  });
  const exported = group.flatMap((file) => outputs[file].exports);
  const merged = metafile.outputs[target].exports;
  if (merged.length !== exported.length) throw new Error(`build: chunks of ${target} export a name twice`);
  for (const file of group) {
    rmSync(file);
    delete outputs[file];
  }
  const importsOf = (file) => (file === target ? metafile.outputs[target].imports : outputs[file].imports);
  outputs[target] = { ...metafile.outputs[target], imports: [] };
  for (const file of Object.keys(outputs)) {
    const text = readFileSync(file, 'utf8');
    const renamed = text.replace(/(from "\.\/(?:chunks\/)?)(chunk-\w+\.js)"/g, (all, before, chunk) =>
      inside.has(`dist/chunks/${chunk}`) ? `${before}${target.split('/').at(-1)}"` : all,
    );
    if (renamed !== text) writeFileSync(file, renamed);
    const imports = importsOf(file).map((i) => (inside.has(i.path) ? { ...i, path: target } : i));
    outputs[file].imports = [...new Map(imports.map((i) => [i.path, i])).values()];
  }
}

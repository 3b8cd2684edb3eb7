// The floors of the house (ARCHITECTURE.md): imports go down only, and never round.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const src = new URL('../../src', import.meta.url).pathname;

/** Room -> rooms it may see besides itself. errors, options and shape are for all. */
const MAY_SEE: Record<string, readonly string[]> = {
  cli: ['onnx', 'train', 'formats', 'reference', 'optim', 'nn', 'stream', 'tensor', 'ops', 'engine', 'weights'],
  onnx: ['formats', 'nn', 'stream', 'tensor', 'ops', 'engine', 'weights'],
  train: ['optim', 'nn', 'stream', 'tensor', 'ops', 'engine', 'weights'],
  data: ['train', 'formats'],
  optim: ['tensor', 'ops', 'engine'],
  nn: ['stream', 'tensor', 'ops', 'engine', 'weights'],
  stream: ['tensor', 'ops', 'engine'],
  tensor: ['ops', 'engine'],
  ops: ['engine'],
  engine: [],
  weights: [],
  formats: ['weights'],
  reference: [],
  errors: [],
  options: [],
  shape: [],
};

const files = (readdirSync(src, { recursive: true }) as string[]).filter((name) => name.endsWith('.ts'));
const roomOf = (file: string) => file.split('/')[0].replace(/\.ts$/, '');
const importsOf = (file: string) =>
  [...readFileSync(`${src}/${file}`, 'utf8').matchAll(/^(?:import|export)\s[^;]*?from '([^']+)'/gm)].map(
    ([statement, target]) => ({
      target,
      types: /^(?:import|export) type /.test(statement),
    }),
  );
const resolved = (file: string, target: string) =>
  relative(src, resolve(`${src}/${dirname(file)}`, target)).replace(/\.js$/, '.ts');

/** What package.json's exports begin with: they only re-export. */
const ENTRIES = ['index.ts', 'core.ts', 'decoding.ts', 'page.ts', 'serving.ts'];

test.each(files.filter((file) => !ENTRIES.includes(file)))('%s sees only what is below', (file) => {
  const room = roomOf(file);
  expect(Object.keys(MAY_SEE)).toContain(room);
  for (const { target } of importsOf(file)) {
    if (target.startsWith('.')) {
      const seen = roomOf(resolved(file, target));
      expect([room, 'errors', 'options', 'shape', ...MAY_SEE[room]], `${file} imports ${target}`).toContain(seen);
    } else if (target === '#wasm') expect(file).toBe('engine/engine.ts');
    else if (target === '#onnx-wasm') expect(file).toBe('onnx/engine.ts');
    else if (target === 'pbf') expect(file).toBe('onnx/protobuf.ts');
    else expect(room, `${file} imports ${target}`).toBe('cli');
  }
});

test('no file imports itself through others (types apart)', () => {
  const edges = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((i) => i.target.startsWith('.') && !i.types)
        .map((i) => resolved(file, i.target)),
    ]),
  );
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    expect(path, 'a circle').not.toContain(file);
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

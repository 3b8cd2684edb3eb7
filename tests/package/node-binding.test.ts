// In Node the builds come from their files; without them, or with another version's, from inside the JavaScript. The same bytes either way.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const built = (name: string) => readFileSync(new URL(`build/${name}.wasm`, root));
const shipped = (name: string) => readFileSync(new URL(`dist/wasm/${name}.wasm`, root));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gated-'));
  for (const name of ['bindings', 'wasm']) mkdirSync(join(folder, name));
  for (const name of ['node.js', 'onnx-node.js']) {
    copyFileSync(new URL(`dist/bindings/${name}`, root), join(folder, 'bindings', name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rmSync(folder, { recursive: true }));
const moved = async (name: string) => import(pathToFileURL(join(folder, 'bindings', name)).href);

test('package.json names it for Node, after the runtimes that call themselves Node as well', () => {
  const { imports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  for (const conditions of Object.values<Record<string, string>>(imports)) {
    expect(Object.keys(conditions)).toEqual(['workerd', 'edge-light', 'deno', 'bun', 'node', 'default']);
  }
});

test('files beside it', async () => {
  const { builds } = await import(`${root.href}dist/bindings/node.js`);
  const { onnxBuild } = await import(`${root.href}dist/bindings/onnx-node.js`);
  // Their last section names the build.
  expect(shipped('relaxed').equals(builds.relaxed())).toBe(true);
  expect(shipped('baseline').equals(builds.baseline())).toBe(true);
  expect(shipped('onnx').equals(onnxBuild())).toBe(true);
});

test('no files: what a bundler leaves', async () => {
  const { builds } = await moved('node.js');
  const { onnxBuild } = await moved('onnx-node.js');
  expect(built('relaxed').equals(builds.relaxed())).toBe(true);
  expect(built('baseline').equals(builds.baseline())).toBe(true);
  expect(built('onnx').equals(onnxBuild())).toBe(true);
});

test("files of another version, cut short, or no wasm at all are not gated's", async () => {
  const { builds } = await moved('node.js');
  const place = (bytes: Uint8Array) => writeFileSync(join(folder, 'wasm', 'relaxed.wasm'), bytes);
  const own = shipped('relaxed');
  const other = Buffer.from(own);
  other[other.length - 1] ^= 1;
  for (const bytes of [other, own.subarray(0, -1), Buffer.from('Not Found'), Buffer.of()]) {
    place(bytes);
    expect(built('relaxed').equals(builds.relaxed())).toBe(true);
  }
  place(own);
  expect(own.equals(builds.relaxed())).toBe(true);
});

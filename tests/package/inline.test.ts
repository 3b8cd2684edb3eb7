// What the default binding unpacks is what was compiled, in either order.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const wasm = (name: string) => readFileSync(new URL(`build/${name}.wasm`, root));
// A copy of its own for each test.
const binding = async (copy: number) => (await import(`${root.href}dist/bindings/inline.js?copy=${copy}`)).builds;

test('relaxed, then baseline', async () => {
  const builds = await binding(1);
  expect(wasm('relaxed').equals(builds.relaxed())).toBe(true);
  expect(wasm('baseline').equals(builds.baseline())).toBe(true);
});

test('baseline at once', async () => {
  const builds = await binding(2);
  expect(wasm('baseline').equals(builds.baseline())).toBe(true);
  expect(wasm('relaxed').equals(builds.relaxed())).toBe(true);
});

test("the second module's", async () => {
  const { onnxBuild } = await import(`${root.href}dist/bindings/onnx-inline.js`);
  expect(wasm('onnx').equals(onnxBuild())).toBe(true);
});

test('the builds differ in multiply-adds only', () => {
  const [baseline, relaxed] = [wasm('baseline'), wasm('relaxed')];
  expect(baseline.length).toBe(relaxed.length);
  const changed = [...baseline.keys()].filter((at) => baseline[at] !== relaxed[at]);
  // Every f32x4.mul that became nothing has its f32x4.add that became relaxed_madd.
  const [products, sums] = [0xe6, 0xe4].map((code) => changed.filter((at) => baseline[at] === code).length);
  expect(products).toBe(sums);
  expect(products).toBeGreaterThan(200);
});

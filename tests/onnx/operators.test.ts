// Every operator against ONNX Runtime, exported models against PyTorch: values, dims and element types.
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { memoryInfo } from '../../src/index.js';
import { load } from '../../src/onnx/index.js';
import { goldenCases } from './goldens.js';

const families = readdirSync(new URL('goldens/', import.meta.url)).flatMap((f) =>
  f.endsWith('.json') ? [f.slice(0, -5)] : [],
);

/** |got - expected| ≤ tolerance · max(1, |expected|); NaN and ∞ in the same places. */
function expectClose(got: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [Number(got[i]), Number(expected[i])];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) expect.fail(`element ${i} is ${a}; expected ${b}`);
  }
}

let before = 0;
for (const family of families) {
  describe(family, () => {
    test.each(goldenCases(family))('$name', ({ model: bytes, feeds, outputs, tolerance = 2e-6 }) => {
      before ||= memoryInfo().liveBlocks;
      const model = load(bytes);
      for (let round = 0; round < 2; round++) {
        const got = model.predict(feeds);
        expect(Object.keys(got)).toEqual(model.outputs.map(({ name }) => name));
        for (const [name, expected] of Object.entries(outputs)) {
          expect(got[name].dims, name).toEqual([...expected.dims]);
          expect(got[name].data.constructor, name).toBe(expected.data.constructor);
          expectClose(got[name].data, expected.data, tolerance);
        }
      }
      model.dispose();
    });
  });
}

afterAll(() => {
  expect(memoryInfo().liveBlocks).toBe(before);
});

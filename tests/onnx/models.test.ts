// Real models and ONNX's own node tests, from ../shared/models (GATED_MODELS); skipped by name where they are absent.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeTensor, load } from '../../src/onnx/index.js';

const root = new URL(`${process.env.GATED_MODELS ?? '../shared/models'}/`, `file://${process.cwd()}/`);
const present = existsSync(root);
const file = (path: string) => new Uint8Array(readFileSync(new URL(path, root)));
const list = (path: string) => (present ? readdirSync(new URL(path, root)) : []);

function expectClose(got: ArrayLike<number | bigint>, expected: ArrayLike<number>, bound: number, what = ''): void {
  expect(got.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(got[i]) - expected[i]);
    if (!(difference <= worst)) worst = difference;
  }
  expect(worst, what).toBeLessThanOrEqual(bound);
}

describe.skipIf(!present)('onnx_node', () => {
  test.each(list('onnx_node/node'))('%s', (name) => {
    const model = load(file(`onnx_node/node/${name}/model.onnx`));
    const read = (kind: string, i: number) =>
      decodeTensor(file(`onnx_node/node/${name}/test_data_set_0/${kind}_${i}.pb`));
    const feeds = Object.fromEntries(
      model.inputs.map((info, i) => {
        const { data, shape } = read('input', i);
        return [info.name, { data, dims: [...shape] }];
      }),
    );
    const got = model.predict(feeds);
    model.outputs.forEach((info, i) => {
      const { data, shape } = read('output', i);
      expect(got[info.name].dims).toEqual([...shape]);
      expectClose(got[info.name].data, data, 1e-5);
    });
    model.dispose();
  });
});

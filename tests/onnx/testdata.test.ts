// ONNX's own backend tests (Debian: libonnx-testdata, /usr/share/libonnx-testdata/data) on the operators gated has; run where GATED_ONNX_TESTDATA
// names their folder, skipped by name elsewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UnsupportedError } from '../../src/errors.js';
import { memoryInfo } from '../../src/index.js';
import { load } from '../../src/onnx/index.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';

const root = process.env.GATED_ONNX_TESTDATA ?? '';
const KINDS = ['node', 'simple', 'pytorch-converted', 'pytorch-operator'];
const folders = KINDS.flatMap((kind) => {
  const folder = join(root, kind);
  return root && existsSync(folder) ? readdirSync(folder).map((name) => `${kind}/${name}`) : [];
});
const file = (...path: string[]) => new Uint8Array(readFileSync(join(root, ...path)));

/** What gated does not do and says so: at load, or for an input it sees then. */
const REFUSED =
  /gated has no operators|opset [1-6];|is no tensor|element type|training_mode|mode cubic|one or two dimensions after|of another kind|sparse/;

/** Not gated's mistakes. */
const WRONG: Record<string, string> = {
  'node/test_cast_BFLOAT16_to_FLOAT': 'its file keeps the bits as uint16',
  'node/test_cast_FLOAT_to_BFLOAT16': 'its file keeps the bits as uint16',
  'node/test_castlike_BFLOAT16_to_FLOAT_expanded': 'its input is not of the shape it declares',
  'node/test_castlike_FLOAT_to_BFLOAT16_expanded': 'its input is not of the shape it declares',
  'node/test_resize_downsample_scales_linear_align_corners': 'ONNX Runtime counts whole rows',
};

/** Runs every data set of a folder: what was refused, or null. */
function run(folder: string): string | null {
  try {
    const model = load(file(folder, 'model.onnx'));
    try {
      const sets = readdirSync(join(root, folder)).filter((name) => name.startsWith('test_data_set'));
      for (const set of sets) compare(model, folder, set);
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (error instanceof UnsupportedError && REFUSED.test(error.message)) return error.message;
    throw error;
  }
  return null;
}

function compare(model: ReturnType<typeof load>, folder: string, set: string): void {
  const read = (kind: string, i: number) => decodeTensor(file(folder, set, `${kind}_${i}.pb`));
  const feeds = Object.fromEntries(
    model.inputs.map(({ name }, i) => {
      const { data, shape } = read('input', i);
      return [name, { data, dims: [...shape] }];
    }),
  );
  const got = model.predict(feeds);
  model.outputs.forEach(({ name }, i) => {
    const { data, shape } = read('output', i);
    expect(got[name].dims, name).toEqual([...shape]);
    let worst = 0;
    data.forEach((expected, k) => {
      const x = Number(got[name].data[k]);
      const same = Object.is(x, expected) || x === expected;
      // ONNX's own bounds: 1e-3 relative, 1e-5 absolute.
      if (!same) worst = Math.max(worst, Math.abs(x - expected) / (1e-5 + 1e-3 * Math.abs(expected)) || 9);
    });
    expect(worst, name).toBeLessThanOrEqual(1);
  });
}

describe.skipIf(folders.length === 0)('backend tests (GATED_ONNX_TESTDATA)', () => {
  const refused: string[] = [];
  const before = memoryInfo().liveBlocks;
  test.each(folders.length > 0 ? folders : ['none'])('%s', (folder) => {
    if (folder in WRONG) expect(() => run(folder), WRONG[folder]).toThrow();
    else if (run(folder) !== null) refused.push(folder);
  });
  test('most of them run', () => expect(refused.length).toBeLessThan(folders.length / 2));
  afterAll(() => expect(memoryInfo().liveBlocks).toBe(before));
});

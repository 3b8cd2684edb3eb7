// A step of gated/onnx's stream takes nothing of JavaScript's heap: models that toOnnx wrote, and DTLN.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const child = fileURLToPath(new URL('steady-onnx.mjs', import.meta.url));
const models = process.env.GATED_MODELS ?? fileURLToPath(new URL('../../../shared/models', import.meta.url));

/** What a step takes in the long run: bytes of the heap, of linear memory, of its live blocks. */
function step(...args: string[]): { heap: number; memory: number; live: number } {
  const options = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const env = { ...process.env, GATED_MODELS: models };
  const run = spawnSync(process.execPath, [...options, child, ...args], { encoding: 'utf8', env });
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout);
}
function expectSteady(name: string): void {
  const { heap, memory, live } = step(name);
  expect(heap).toBeLessThan(1);
  expect([memory, live]).toEqual([0, 0]);
}

test.each(['lstm', 'gru'])('%s', expectSteady);
test.skipIf(!existsSync(`${models}/dtln`))('dtln', () => expectSteady('dtln'));
test('the measure sees an object a step', () => expect(step('gru', 'fresh').heap).toBeGreaterThan(12));

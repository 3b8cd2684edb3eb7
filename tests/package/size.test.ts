// The budgets of scripts/size.mjs, on what is in dist/.
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { measureBudgets } from '../../scripts/size.mjs';

const sizes: { name: string; gzip: number; budget: number }[] = await measureBudgets();

test('the budgets are those of the design', () => {
  const core = sizes.find(({ name }) => name === '{ LSTM, Linear, tensor }')!.gzip;
  expect(sizes.map(({ budget }) => budget)).toEqual([60_000, 40_000, core + 35_000, core + 9_000]);
});

test.each(sizes)('$name is within its budget of $budget bytes', ({ gzip, budget }) => {
  expect(gzip).toBeLessThanOrEqual(budget);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chart } from './chart.mjs';
import { forecast, HORIZON, heldOutError, loadModel, naive, saveModel, train } from './model.mjs';
import { madeUpSeries, readCsv } from './series.mjs';

const folder = mkdtempSync(join(tmpdir(), 'forecast-'));
after(() => rmSync(folder, { recursive: true }));
const values = madeUpSeries();

test('beats the naive seasonal forecast on days it has not seen, and survives saving', async () => {
  const { model, history } = await train(values, { seed: 1 });
  assert.equal(history.aborted, false);
  const ours = heldOutError(values, (end) => forecast(model, values, end));
  const theirs = heldOutError(values, (end) => naive(values, end));
  console.log(`held-out error ${ours.toFixed(2)}, naive ${theirs.toFixed(2)}`);
  assert.ok(ours < 0.9 * theirs, `${ours} is not 10% below ${theirs}`);

  const file = join(folder, 'model.safetensors');
  saveModel(model, file);
  assert.deepEqual(forecast(loadModel(file), values), forecast(model, values));

  writeFileSync(file, readFileSync(file).subarray(0, 500));
  assert.throws(() => loadModel(file), { name: 'FormatError' });
});

test('stops where the signal says', async () => {
  const abort = new AbortController();
  const onStep = ({ step }) => step === 5 && abort.abort();
  const { model, history } = await train(values, { signal: abort.signal, onStep });
  assert.equal(history.aborted, true);
  assert.equal(history.losses.length, 5);
  assert.equal(forecast(model, values).length, HORIZON);
});

test('reads a .csv', () => {
  const file = join(folder, 'days.csv');
  writeFileSync(file, 'day,visitors\r\n2026-01-01,12\r\n2026-01-02,13.5\r\n');
  assert.deepEqual(readCsv(file), [12, 13.5]);
  writeFileSync(file, '1\n2\nthree\n');
  assert.throws(() => readCsv(file), /data row 3 does not end in a number/);
});

test('draws', () => {
  assert.deepEqual(chart([{ values: [0, 7], start: 0, colour: 90 }], { rows: 2, colours: false }), [
    '     7 │⢸⠉',
    '     0 │⡏ ',
  ]);
});

test('the program trains, saves, loads and reports the same', () => {
  const csv = join(folder, 'series.csv');
  writeFileSync(csv, values.slice(-300).join('\n'));
  const file = join(folder, 'small.safetensors');
  const program = (...args) => {
    const { status, stdout, stderr } = spawnSync('node', ['forecast.mjs', csv, ...args], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.slice(stdout.indexOf('mean absolute error'));
  };
  const first = program('--epochs', '2', '--save', file);
  assert.match(first, /LSTM \d+\.\d\d, "as last week" \d+\.\d\d/);
  assert.equal(program('--load', file), first);
});

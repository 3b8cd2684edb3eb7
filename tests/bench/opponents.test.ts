// The bench's opponents, each in its process: their results agree with float64 on every kind of case, and wrong ones are never timed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { CASES } from '../../bench/cases.mjs';
// @ts-expect-error a script without types
import { present } from '../../bench/models.mjs';
// @ts-expect-error a script without types
import { makeOnnxModels } from '../../bench/onnx-models.mjs';
// @ts-expect-error a script without types
import { OPPONENTS } from '../../bench/opponents.mjs';
// @ts-expect-error a script without types
import { measureCase } from '../../bench/rounds.mjs';
import { SMALL } from './small-cases.js';

const relaxed = WebAssembly.validate(readFileSync(new URL('../../dist/wasm/relaxed.wasm', import.meta.url)));
const own = [...(relaxed ? ['relaxed', 'peak-relaxed'] : []), 'baseline', 'js', 'peak-baseline'];
const node = process.execPath;
const python = '/usr/bin/python3';
const settings = { rounds: 2, ms: 1, cpu: null, runtimes: { node20: node, node24: node, python }, cases: SMALL };

test.each(Object.keys(SMALL))('gated and gated/reference are right on %s', async (name) => {
  const { opponents, flops } = await measureCase(name, own, settings);
  for (const opponent of own) {
    const { error, rounds } = opponents[opponent];
    expect(rounds, opponent).toHaveLength(2);
    expect(Math.min(...rounds)).toBeGreaterThan(0);
    if (opponent.startsWith('peak')) expect(opponents[opponent].flops).not.toBe(flops);
    else expect(error, opponent).toBeLessThan(2e-6);
  }
});

test('reading the weights alone is timed where rows go one at a time, with the operations of the case', async () => {
  const { opponents, flops } = await measureCase('I6a', ['reading'], { ...settings, cases: undefined });
  expect(opponents.reading.rounds).toHaveLength(2);
  expect(opponents.reading.flops).toBe(flops);
  const { opponents: batched } = await measureCase('I3', ['reading'], { ...settings, cases: undefined });
  expect(batched.reading.declined).toBe('not its kernels');
});

test("the raw kernels' products are right, and pure JavaScript has none", async () => {
  const { opponents } = await measureCase('I3.gemm', own, { ...settings, cases: undefined });
  expect(opponents.baseline.error).toBeLessThan(2e-6);
  expect(opponents.js.declined).toBe('not its kernels');
});

const liar = fileURLToPath(new URL('liar.mjs', import.meta.url));

test('a wrong result is an error that says how wrong it is, and nothing is timed', async () => {
  const lying = { ...settings, command: () => [node, liar] };
  await expect(measureCase('lstm', ['js'], lying)).rejects.toThrow(
    /^lstm: js's results are off by 5\.0e-1 of the largest value; at most .* Nothing was timed$/,
  );
});

test('an opponent that dies is an error with its last words', async () => {
  const dying = { ...settings, command: () => [node, '-e', 'throw new Error("no such library")'] };
  await expect(measureCase('lstm', ['js'], dying)).rejects.toThrow(/js: its process ended[\s\S]*no such library/);
});

test('a peer whose library is missing is left out', async () => {
  const { opponents } = await measureCase('lstm', ['js', 'brain'], { ...settings, peers: '/nowhere' });
  expect(opponents.brain.declined).toMatch(/^does not start: Error: Cannot find module 'brain.js'/);
  expect(opponents.js.rounds).toHaveLength(2);
});

test.skipIf(!present(CASES.silero)).each(['silero', 'dtln'])(
  'gated/onnx is right on %s over every frame, and the others have no ONNX',
  async (name) => {
    const { opponents } = await measureCase(name, own, { ...settings, cases: undefined });
    for (const build of own.filter((opponent) => ['relaxed', 'baseline'].includes(opponent)))
      expect(opponents[build].error, build).toBeLessThan(1e-5);
    expect(opponents.js.declined).toBe('no ONNX');
  },
);

// A folder made by ../shared/peers/setup.sh, as for npm run bench -- --peers.
const peers = process.env.GATED_PEERS;
const others = Object.keys(OPPONENTS).filter((name) => OPPONENTS[name].peer && name !== 'brain');
test.skipIf(!peers || !present(CASES.silero))('ONNX Runtime is right on the trained models', async () => {
  for (const name of ['silero', 'dtln']) {
    const { opponents } = await measureCase(name, ['ort-web', 'ort-node'], { ...settings, peers, cases: undefined });
    for (const { error } of Object.values(opponents) as { error: number }[]) expect(error, name).toBeLessThan(1e-5);
  }
});
test.skipIf(!peers)('the peers of GATED_PEERS are right on every small case', async () => {
  makeOnnxModels(Object.keys(SMALL), python, SMALL);
  for (const name of Object.keys(SMALL)) {
    const { opponents } = await measureCase(name, others, { ...settings, peers });
    for (const opponent of others) {
      const { error, declined, note } = opponents[opponent];
      // tfjs has another GRU.
      if (!declined && !note) expect(error, `${opponent} on ${name}`).toBeLessThan(2e-6);
    }
  }
});

const main = fileURLToPath(new URL('../../bench/main.mjs', import.meta.url));
function bench(...args: string[]) {
  const nodes = ['--node20', node, '--node24', node];
  return spawnSync(node, [main, ...nodes, ...args], { encoding: 'utf8' });
}

test('--json: one case, every figure', () => {
  const { status, stdout } = bench(
    '--cases',
    'amp16',
    '--rounds',
    '1',
    '--ms',
    '1',
    '--opponents',
    'baseline,js',
    '--json',
  );
  expect(status).toBe(0);
  const { results, machine, versions, missed } = JSON.parse(stdout);
  expect(Object.keys(results[0].opponents)).toEqual(['baseline', 'js', 'peak-baseline']);
  expect(results[0].opponents.baseline.rounds).toHaveLength(1);
  expect(machine[1]).toContain('1 alternating rounds of 1 ms');
  expect(versions.join()).toContain(`node ${process.versions.node}`);
  expect(missed).toEqual([]);
});

test('a table for people', () => {
  const { status, stdout } = bench('--cases', 'amp16', '--rounds', '1', '--ms', '1', '--opponents', 'baseline');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^amp16 {2}audio samples: stream LSTM 1→16 +median/m);
  expect(stdout).toMatch(/^gated, baseline .* [µm]s/m);
  expect(stdout).toContain('No target missed.');
});

test('exit 1 with the case and the error where a result is wrong', () => {
  const { status, stdout, stderr } = bench('--cases', 'amp16', '--opponents', 'baseline', '--node20', liar);
  expect(status).toBe(1);
  expect(stderr).toContain("bench: amp16: baseline's results are off by 5.0e-1");
  expect(stdout).not.toMatch(/µs/);
});

test.each([
  [['--cases', 'I9'], "unknown case 'I9'; one of I1, I2"],
  [['--opponents', 'eigen'], "unknown opponent 'eigen'"],
  [['--rounds', '0'], "--rounds: got '0'; expected an integer of at least 1"],
  [['--peers', '/nowhere'], '--peers: /nowhere has no node_modules'],
  [['--fast'], "Unknown option '--fast'"],
  [['I1'], "unexpected argument 'I1'"],
])('%j is refused', (args, message) => {
  const { status, stderr } = bench(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(`bench: ${message}`);
});

test('--help names every option', () => {
  const { status, stdout } = bench('--help');
  expect(status).toBe(0);
  for (const option of [
    'cases',
    'rounds',
    'ms',
    'clock',
    'peers',
    'cold',
    'profile',
    'json',
    'write',
    'node24',
    'node20',
    'cpu',
  ])
    expect(stdout).toContain(`--${option}`);
});

test('--profile: the calls of a step and their parts', () => {
  const { status, stdout } = bench('--profile', 'amp16', '--opponents', 'baseline');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^runPlan +1 /m);
  expect(stdout).toMatch(/^ {2}· h·W_hhᵀ, all steps \[1, 16\]·\[16, 64\] /m);
  expect(stdout).toMatch(/^JavaScript around the kernels /m);
});

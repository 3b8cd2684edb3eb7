// What serving costs: a step, a session, a start. Usage: npm run bench:serving, or after npm run build, on one core:
//     taskset -c 1 node bench/serving.mjs [--json]
// One by one: every session is a model.stream() of its own, stepped in turn. Batcher: all sessions call step(), then wait for the answers.
// Both in alternating samples on the same numbers, results compared first. Times are CPU times of the process, figures medians.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineInfo, GRU, Linear, LSTM, memoryInfo, Sequential, Sigmoid } from '../dist/index.js';
import { batcher } from '../dist/serving.js';
import { numbers } from './numbers.mjs';
import { median } from './statistics.mjs';
import { table } from './table.mjs';

const MODELS = {
  vad: {
    title: 'GRU 40→64, Linear, Sigmoid',
    names: 'GRU, Linear, Sequential, Sigmoid',
    source:
      'new Sequential(new GRU({ inputSize: 40, hiddenSize: 64 }), new Linear({ inFeatures: 64, outFeatures: 1 }), new Sigmoid())',
    make: () =>
      new Sequential(
        new GRU({ inputSize: 40, hiddenSize: 64 }),
        new Linear({ inFeatures: 64, outFeatures: 1 }),
        new Sigmoid(),
      ),
  },
  lstm128: {
    title: 'LSTM 128→128',
    names: 'LSTM',
    source: 'new LSTM({ inputSize: 128, hiddenSize: 128 })',
    make: () => new LSTM({ inputSize: 128, hiddenSize: 128 }),
  },
  lstm256: {
    title: 'LSTM 256→256, 2 layers',
    names: 'LSTM',
    source: 'new LSTM({ inputSize: 256, hiddenSize: 256, numLayers: 2 })',
    make: () => new LSTM({ inputSize: 256, hiddenSize: 256, numLayers: 2 }),
  },
};
const WAITING = [32, 128];
const MB = 2 ** 20;
const EDGE = { bytes: 128 * MB, ms: 10 };
const own = fileURLToPath(import.meta.url);

// Time ---------------------------------------------------------------------------------------------------------------

/** Two ways to let `waiting` sessions step once. */
async function contest(model, waiting) {
  const server = batcher(model, { maxBatch: waiting });
  const sessions = Array.from({ length: waiting }, () => server.open());
  const streams = sessions.map(() => model.stream());
  const inputs = sessions.map((_, i) => numbers(server.inputSize, i + 1));
  const ways = {
    alone() {
      for (let i = 0; i < waiting; i++) streams[i].step(inputs[i]);
    },
    batched: () => Promise.all(sessions.map((session, i) => session.step(inputs[i]))),
  };
  for (let t = 0; t < 3; t++) {
    const outputs = await ways.batched();
    streams.forEach((stream, i) => {
      const want = stream.step(inputs[i]);
      if (outputs[i].some((y, j) => !Object.is(y, want[j]))) throw new Error(`session ${i}: the bits differ`);
    });
  }
  const dispose = () => {
    server.dispose();
    for (const stream of streams) stream.dispose();
  };
  return { ways, dispose };
}

/** Milliseconds of CPU this process has used, so that what else runs on the machine counts little. */
function clock() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Warms up; then as many runs as a sample of about 2 ms needs. */
async function warm(run) {
  const start = clock();
  let runs = 0;
  do {
    await run();
    runs++;
  } while (clock() - start < 300);
  return Math.max(1, Math.round((2 * runs) / (clock() - start)));
}

/** Median microseconds of one run of each way, in alternating samples. */
async function time(ways, samples = 101) {
  const names = Object.keys(ways);
  const runs = {};
  for (const name of names) runs[name] = await warm(ways[name]);
  const taken = Object.fromEntries(names.map((name) => [name, []]));
  for (let sample = 0; sample < samples; sample++) {
    for (const name of names) {
      const start = clock();
      for (let i = 0; i < runs[name]; i++) await ways[name]();
      taken[name].push(((clock() - start) * 1000) / runs[name]);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(taken[name])]));
}

async function measureTime(make) {
  const model = make();
  const stream = model.stream();
  const input = numbers(stream.inputSize, 1);
  const { many } = await time({
    many() {
      for (let i = 0; i < 32; i++) stream.step(input);
    },
  });
  const step = many / 32;
  const result = { stepMicroseconds: step, perSecond: {}, inBudget: { alone: Math.floor((EDGE.ms * 1000) / step) } };
  for (const waiting of WAITING) {
    const { ways, dispose } = await contest(model, waiting);
    const { alone, batched } = await time(ways);
    result.perSecond[waiting] = { alone: (waiting * 1e6) / alone, batched: (waiting * 1e6) / batched };
    // Whole batches.
    result.inBudget[waiting] = Math.floor((EDGE.ms * 1000) / batched) * waiting;
    dispose();
  }
  stream.dispose();
  model.dispose();
  return result;
}

// Memory, in a process of its own with --expose-gc -------------------------------------------------------------------

/** What an isolate holds: JavaScript's heap, array buffers outside it, linear memory. Buffers are swept in the background: hence the turns. */
async function held() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers, linear: memoryInfo().memoryBytes };
}
const total = ({ heap, buffers, linear }) => heap + buffers + linear;

async function measureMemory(make) {
  const model = make();
  const server = batcher(model);
  const input = new Float32Array(server.inputSize);
  const first = server.open();
  await first.step(input);
  const stateBytes = first.state.entries.reduce((sum, { data }) => sum + data.byteLength, 0);
  const sessions = [];
  const open = (count) => {
    for (let i = 0; i < count; i++) sessions.push(server.open());
  };
  open(100);
  await Promise.all(sessions.map((session) => session.step(input)));
  const before = await held();
  open(10_000);
  for (let i = 0; i < 2; i++) await Promise.all(sessions.map((session) => session.step(input)));
  const after = await held();
  const perSession = (total(after) - total(before)) / 10_000;
  // Then until the edge's memory is full: each time three quarters of what should still fit.
  let room = EDGE.bytes - total(after);
  while (room > 100 * perSession) {
    open(Math.floor((room / perSession) * 0.75));
    room = EDGE.bytes - total(await held());
  }
  const linear = memoryInfo().liveBytes;
  const streams = Array.from({ length: 100 }, () => model.stream());
  return {
    stateBytes,
    sessionBytes: perSession,
    streamBytes: (memoryInfo().liveBytes - linear) / streams.length,
    before,
    growth: { heap: after.heap - before.heap, buffers: after.buffers - before.buffers },
    sessionsIn128MB: sessions.length,
  };
}

function memoryOf(name) {
  const run = spawnSync(process.execPath, ['--expose-gc', own, `--memory=${name}`], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`memory of ${name}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

// Cold start: fresh processes ----------------------------------------------------------------------------------------

/** Milliseconds of CPU of a fresh process that runs `source`, from its very start. */
function spawnTime(source) {
  const code = `${source}; const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`cold start: ${run.stderr}`);
  return Number(run.stdout);
}

/** Import, model with its random weights, first output; less what Node takes for an empty module. Median of 31 pairs. */
function coldStart({ names, source }) {
  const index = new URL('../dist/index.js', import.meta.url).href;
  const first = `import { ${names} } from '${index}'; const stream = (${source}).stream(); stream.step(new Float32Array(stream.inputSize))`;
  for (const code of ['', first]) spawnTime(code);
  const pairs = Array.from({ length: 31 }, () => [spawnTime(''), spawnTime(first)]);
  return { coldStart: median(pairs.map(([bare, full]) => full - bare)), bareNode: median(pairs.map(([bare]) => bare)) };
}

// Output -------------------------------------------------------------------------------------------------------------

const count = (n) => Math.round(n).toLocaleString('en-US');
/** Three digits: more would be noise. */
const rounded = (n) => count(Number(n.toPrecision(3)));

function report(results) {
  const rows = [['', ...results.map(({ title }) => title)]];
  const line = (name, cell) => rows.push([name, ...results.map(cell)]);
  line('one step, µs', ({ stepMicroseconds }) => stepMicroseconds.toFixed(1));
  for (const waiting of WAITING) {
    line(`${waiting} sessions, one by one, steps/s`, ({ perSecond }) => rounded(perSecond[waiting].alone));
    line(`${waiting} sessions, batcher, steps/s`, ({ perSecond }) => rounded(perSecond[waiting].batched));
    line('  times as many', ({ perSecond: { [waiting]: p } }) => `${(p.batched / p.alone).toFixed(2)}×`);
  }
  line('state of a session, bytes', ({ stateBytes }) => count(stateBytes));
  line('a session, bytes', ({ sessionBytes }) => count(sessionBytes));
  line('a stream instead, bytes', ({ streamBytes }) => count(streamBytes));
  line('sessions in 128 MB', ({ sessionsIn128MB }) => rounded(sessionsIn128MB));
  line('steps in 10 ms, one by one', ({ inBudget }) => count(inBudget.alone));
  for (const waiting of WAITING) {
    line(`steps in 10 ms, batches of ${waiting}`, ({ inBudget }) => count(inBudget[waiting]));
  }
  line('cold start, ms of CPU', ({ coldStart }) => coldStart.toFixed(1));
  return table(rows);
}

async function main() {
  const json = process.argv.includes('--json');
  const { build } = engineInfo();
  const { node } = process.versions;
  if (!json) console.log('Measuring for about a minute…\n');
  const results = [];
  for (const [name, { title, make, ...rest }] of Object.entries(MODELS)) {
    results.push({ name, title, ...(await measureTime(make)), ...memoryOf(name), ...coldStart(rest) });
  }
  if (json) console.log(JSON.stringify({ build, node, results }, null, 2));
  else {
    console.log(report(results));
    console.log(
      `\n${build} build, Node ${node}, one thread; a session is its state, its JavaScript objects and nothing in linear memory;` +
        `\n128 MB hold JavaScript's heap, its buffers and linear memory; cold start: import to first output, less bare Node (${median(results.map(({ bareNode }) => bareNode)).toFixed(0)} ms)`,
    );
  }
}

const memory = process.argv.find((argument) => argument.startsWith('--memory='));
if (memory) console.log(JSON.stringify(await measureMemory(MODELS[memory.slice(9)].make)));
else await main();

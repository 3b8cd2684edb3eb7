// One opponent in a process of its own, kept alive through a case: reads JSON lines, answers each with one.
//     node serve.mjs '{"adapter": "gated", "build": "relaxed", "clock": "wall"}'
//     {"prepare": {"name": "I1", "spec": {…}, "file": "…"}}  → {"error": 3e-7} or {"declined": "why"}; warm afterwards
//     {"round": 100}                                         → {"samples": [µs of a unit, …]}, for about 100 ms
//     {"first": {…}}                                         → as prepare, without comparing or warming, and then {"now", "cpu" (ms), "rss"}
//
// An adapter exports open(options) → { versions, prepare({ name, spec, tensors, file }) → { declined } or
// { run(), one unit; results(), everything it computes by the names of the truth; comparable?, flops?, note? } }. Both may return promises.
/** Milliseconds of work before the first round, and of one sample: far above the clock's grain. */
const WARM = 300;
const SAMPLE = 0.5;

const options = JSON.parse(process.argv[2]);
const { open } = await import(`./${options.adapter}.mjs`);
const adapter = await open(options);
/** Milliseconds: by the clock on the wall, or of CPU that this process has used, which other programs on the machine disturb less. */
const now = options.clock === 'cpu' ? cpuTime : () => performance.now();
let work = null;
let units = 1;

function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function prepare({ name, spec, file }) {
  const { readTensors } = await import('../tensors.mjs');
  const { errorOf } = await import('../truth.mjs');
  const tensors = readTensors(file);
  work = await adapter.prepare({ name, spec, tensors, file });
  if (work.declined) return work;
  const results = await work.results();
  const error = work.comparable === false ? null : errorOf(results, tensors);
  await warm();
  return { error, flops: work.flops, note: work.note };
}

async function warm() {
  const start = performance.now();
  let done = 0;
  do {
    await work.run();
    done++;
  } while (performance.now() - start < WARM);
  // The first runs are cold: the size of a sample comes from runs of now.
  const again = performance.now();
  const count = Math.max(1, done >> 2);
  for (let i = 0; i < (done > 3 ? count : 0); i++) await work.run();
  const each = done > 3 ? (performance.now() - again) / count : (again - start) / done;
  units = Math.max(1, Math.round(SAMPLE / each));
}

async function round(ms) {
  const samples = [];
  const begun = performance.now();
  do samples.push((await sample()) / units);
  while (performance.now() - begun < ms);
  return { samples };
}

/** Microseconds of `units` units. Promises are awaited one by one where there are some, and cost nothing where not. */
async function sample() {
  const start = now();
  const first = work.run();
  if (first instanceof Promise) {
    await first;
    for (let i = 1; i < units; i++) await work.run();
  } else {
    for (let i = 1; i < units; i++) work.run();
  }
  return (now() - start) * 1000;
}

async function first({ name, spec, file }) {
  const { readTensors } = await import('../tensors.mjs');
  const prepared = await adapter.prepare({ name, spec, tensors: readTensors(file), file });
  if (prepared.declined) return prepared;
  await prepared.run();
  const now = Number(process.hrtime.bigint()) / 1e6;
  return { now, cpu: cpuTime(), rss: process.resourceUsage().maxRSS * 1024 };
}

const answer = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
if (options.first) {
  answer(await first(options.first));
  process.exit(0);
}
const { createInterface } = await import('node:readline');
answer({ versions: adapter.versions });
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  answer(message.prepare ? await prepare(message.prepare) : await round(message.round));
}
// Some libraries keep timers or threads.
process.exit(0);

// What does the first result cost? Fresh processes to the first output of I2, over the same runtime doing nothing; their peak memory; and what
// a browser downloads for it (Node, for native code).
import { execFileSync } from 'node:child_process';
import { BenchError } from './bench-error.mjs';
import { CASES } from './cases.mjs';
import { downloadOf } from './download.mjs';
import { commandOf, OPPONENTS, pinned } from './opponents.mjs';
import { median } from './statistics.mjs';
import { dataFile } from './truth.mjs';

const CASE = 'I2';
const BARE = {
  node: [
    '-e',
    'const { user, system } = process.cpuUsage(); console.log(JSON.stringify({ now: Number(process.hrtime.bigint()) / 1e6, cpu: (user + system) / 1000 }))',
  ],
  python: [
    '-c',
    'import json, time; print(json.dumps({"now": time.clock_gettime(time.CLOCK_MONOTONIC) * 1000, "cpu": time.process_time() * 1000}))',
  ],
};

/** [{ name, total, overBare, bare (ms, medians), rss, download (bytes) }] in alternating runs. */
export async function measureCold(opponents, settings, progress = () => {}) {
  const spec = CASES[CASE];
  const first = { name: CASE, spec, file: dataFile(CASE) };
  const names = opponents.filter((name) => !OPPONENTS[name].of);
  const taken = Object.fromEntries(names.map((name) => [name, { total: [], overBare: [], bare: [], rss: [] }]));
  // One run more, whose figures go: files come from the disk then.
  for (let round = -1; round < settings.rounds; round++) {
    for (const name of names) {
      progress(`cold start: round ${Math.max(1, round + 1)} of ${settings.rounds}, ${name}`);
      const bare = timeOf(bareCommand(name, settings), settings);
      const full = timeOf(commandOf(name, spec, settings, { first }), settings);
      if (round < 0) continue;
      const { total, overBare, bare: bares, rss } = taken[name];
      total.push(full.ms);
      bares.push(bare.ms);
      overBare.push(full.ms - bare.ms);
      rss.push(full.rss);
    }
  }
  const results = [];
  for (const name of names) {
    const medians = Object.entries(taken[name]).map(([key, list]) => [key, median(list)]);
    results.push({ name, ...Object.fromEntries(medians), download: await downloadOf(name, settings.peers) });
  }
  return results;
}

function bareCommand(name, { runtimes, cpu }) {
  const { runtime } = OPPONENTS[name];
  return pinned([runtimes[runtime], ...BARE[runtime === 'python' ? 'python' : 'node']], cpu);
}

/** From the spawn to the moment the process names (both clocks are the system's monotonic one), or the CPU time it has used by then. */
function timeOf([program, ...args], { clock }) {
  const start = Number(process.hrtime.bigint()) / 1e6;
  const printed = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const { now, cpu, rss, declined } = JSON.parse(printed.slice(printed.lastIndexOf('{')));
  if (declined) throw new BenchError(`cold start: ${args.at(-1)}: ${declined}`);
  return { ms: clock === 'cpu' ? cpu : now - start, rss };
}

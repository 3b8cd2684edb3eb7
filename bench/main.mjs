// npm run bench: how fast is gated, against plain JavaScript, against the machine's peak and, with --peers, against other libraries?
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.mjs';
import { CASES } from './cases.mjs';
import { measureCold } from './cold.mjs';
import { measureDownloads } from './download.mjs';
import { present } from './models.mjs';
import { makeOnnxModels } from './onnx-models.mjs';
import { chooseCpu, chooseOpponents, findRuntimes, OPPONENTS, pinned } from './opponents.mjs';
import { Progress } from './progress.mjs';
import { COLD_HEAD, caseRows, coldRows, DOWNLOAD_HEAD, downloadRows, HEAD, misses, versionsOf } from './report.mjs';
import { measureCase } from './rounds.mjs';
import { markdownTable, table } from './table.mjs';

const HELP = `Usage: npm run bench -- [options]

gated's two builds, pure JavaScript and the machine's peak on the cases of bench/cases.mjs, in alternating rounds of processes of
their own. Every result is compared before anything is timed: with the float64 reference, or those of silero and dtln (trained
models in ../shared/models or GATED_MODELS) with what ONNX Runtime gave over every frame.

  --cases I1,I2        only these (${Object.keys(CASES).join(' ')})
  --opponents a,b      only these (${Object.keys(OPPONENTS)
    .filter((name) => !name.startsWith('peak-'))
    .join(' ')})
  --rounds N           rounds of each case, default 5
  --ms N               milliseconds of a round, default 200; one unit of work at least
  --clock cpu          CPU time of the process instead of the clock on the wall: for a busy machine
  --peers DIR          other libraries too, from a folder that ../shared/peers/setup.sh made
  --cold               also: time to the first result, peak memory, download
  --profile [CASE]     instead: where the time of a case goes, kernel by kernel; default T1;
                       of the relaxed build, or with --opponents baseline of that one
  --json               figures as JSON
  --write              writes bench/RESULTS.md
  --node24 PATH        the Node of the relaxed build and of the peers; --node20 PATH that of the baseline build.
                       Default: the current one where it is that version, otherwise what npm run test:nodes installs
  --python PATH        with PyTorch, default /usr/bin/python3
  --cpu N              the core to measure on, default the last
  --help`;

const OPTIONS = {
  cases: { type: 'string' },
  opponents: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  ms: { type: 'string', default: '200' },
  clock: { type: 'string', default: 'wall' },
  peers: { type: 'string' },
  cold: { type: 'boolean' },
  profile: { type: 'boolean' },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  node24: { type: 'string' },
  node20: { type: 'string' },
  python: { type: 'string' },
  cpu: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

async function main() {
  const { values, positionals } = parse();
  if (values.help) return console.log(HELP);
  if (values.profile) return profile(positionals[0] ?? values.cases ?? 'T1', values);
  if (positionals.length > 0) throw new BenchError(`unexpected argument '${positionals[0]}'; see --help`);
  const asked = chosen(values.cases, Object.keys(CASES), 'case');
  const cases = asked.filter((name) => present(CASES[name]));
  const absent = asked
    .filter((name) => !cases.includes(name))
    .map((name) => `${name} is left out: no ${CASES[name].model} in GATED_MODELS (default ../shared/models)`);
  const only = values.opponents && chosen(values.opponents, Object.keys(OPPONENTS), 'opponent');
  const settings = {
    rounds: count(values.rounds, '--rounds'),
    ms: count(values.ms, '--ms'),
    clock: chosen(values.clock, ['wall', 'cpu'], 'clock')[0],
    peers: values.peers && folder(values.peers),
    cpu: chooseCpu(values.cpu && count(values.cpu, '--cpu', 0)),
  };
  const found = findRuntimes(values);
  settings.runtimes = found.runtimes;
  const { chosen: opponents, notes } = chooseOpponents({ ...settings, only });
  if (settings.peers && opponents.some((name) => name.startsWith('ort-')))
    makeOnnxModels(cases, settings.runtimes.python);
  await measure(cases, opponents, settings, [...found.notes, ...notes, ...absent], values);
}

/** In a process of its own, on the Node of the build: relaxed, or what --opponents names. */
function profile(asked, values) {
  const [name] = chosen(asked, profilable(), 'case');
  const [build] = chosen(values.opponents ?? 'relaxed', ['relaxed', 'baseline'], 'build');
  const { runtimes } = findRuntimes(values);
  const script = fileURLToPath(new URL('profile.mjs', import.meta.url));
  const command = [runtimes[OPPONENTS[build].runtime], script, name, build];
  const [program, ...args] = pinned(command, chooseCpu(values.cpu && count(values.cpu, '--cpu', 0)));
  process.exitCode = spawnSync(program, args, { stdio: 'inherit' }).status ?? 1;
}

async function measure(cases, opponents, settings, notes, { json, write, cold: wantsCold }) {
  const progress = new Progress(process.stderr, cases.length + (wantsCold ? 1 : 0));
  const results = [];
  let cold;
  let downloads;
  const heading = [...machineLines(settings), ...notes];
  if (!json) console.log(`${heading.join('\n')}\n`);
  try {
    for (const name of cases) {
      const result = await measureCase(name, opponents, settings, (text) => progress.show(text));
      results.push(result);
      progress.done();
      if (!json) console.log(`${table([[`${name}  ${result.title}`, ...HEAD.slice(1)], ...caseRows(result)])}\n`);
    }
    downloads = await measureDownloads(cases, opponents, settings.peers);
    if (downloads && !json)
      console.log(`${table([['Download for ONNX files', ...DOWNLOAD_HEAD.slice(1)], ...downloadRows(downloads)])}\n`);
    if (wantsCold) {
      cold = await measureCold(opponents, settings, (text) => progress.show(text));
      progress.done();
      if (!json) console.log(`${table([['Cold start, I2', ...COLD_HEAD.slice(1)], ...coldRows(cold)])}\n`);
    }
  } finally {
    progress.clear();
  }
  const missed = misses(results, cold, downloads);
  if (json)
    console.log(
      JSON.stringify({ machine: heading, versions: versionsOf(results), results, cold, downloads, missed }, null, 2),
    );
  else
    console.log(
      [...versionsOf(results), '', missed.length > 0 ? 'Missed:' : 'No target missed.', ...missed].join('\n'),
    );
  if (write)
    writeFileSync(new URL('RESULTS.md', import.meta.url), document(heading, results, { cold, downloads }, missed));
}

function document(heading, results, { cold, downloads }, missed) {
  const sections = results.map(
    (result) => `## ${result.name}: ${result.title}\n\n${markdownTable([HEAD, ...caseRows(result)])}\n`,
  );
  return [
    '# Measured\n',
    'Written by `npm run bench -- --write`: do not edit. Medians of the rounds; ± is half the distance of their quartiles; "gated is" so many times as',
    'fast, the median over the rounds of that round\'s ratio; "of peak" is the share of what multiply-adds on registers alone reach on the same Node.\n',
    `    npm run bench -- ${process.argv.slice(2).join(' ')}\n`,
    ...[...heading, ...versionsOf(results)].map((line) => `- ${line}`),
    '',
    ...sections,
    ...(downloads
      ? [`## Download for ONNX files\n\n${markdownTable([DOWNLOAD_HEAD, ...downloadRows(downloads)])}\n`]
      : []),
    ...(cold ? [`## Cold start, peak memory, download\n\n${markdownTable([COLD_HEAD, ...coldRows(cold)])}\n`] : []),
    '## Missed targets\n',
    ...(missed.length > 0 ? missed.map((line) => `- ${line}`) : ['None.']),
    ...(missed.length > 0
      ? ['', 'Where the time of these goes, measured: the last section of [KERNELS.md](KERNELS.md).']
      : []),
    '',
  ].join('\n');
}

function machineLines({ rounds, ms, cpu, clock }) {
  const [{ model }] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const where = cpu === null ? 'not pinned to a core (no taskset)' : `pinned to core ${cpu}`;
  return [
    `${model}, ${cpus().length} cores, ${memory} GiB, ${process.platform}; one thread, ${where}`,
    `${rounds} alternating rounds of ${ms} ms or one unit of work, ${clock === 'cpu' ? 'CPU time of each process' : 'by the clock on the wall'}`,
  ];
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new BenchError(`${error.message}; see --help`);
  }
}

function chosen(list, known, what) {
  const names = list ? list.split(',') : known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BenchError(`unknown ${what} '${unknown}'; one of ${known.join(', ')}`);
  return names;
}
const profilable = () => Object.keys(CASES).filter((name) => !['gemm', 'model'].includes(CASES[name].mode));

function count(text, option, least = 1) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new BenchError(`${option}: got '${text}'; expected an integer of at least ${least}`);
  return value;
}

function folder(path) {
  const full = resolve(path);
  if (!existsSync(`${full}/node_modules`))
    throw new BenchError(`--peers: ${path} has no node_modules; run ../shared/peers/setup.sh ${path}`);
  return full;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}

// npm run test:runtimes            the conformance suite in every runtime
// npm run test:runtimes -- node24 workerd chromium   in some: a name, or what a name begins with
import { readFileSync, writeFileSync } from 'node:fs';
import { BASELINE_HASH } from './expected.mjs';
import browsers from './in/browsers.mjs';
import bundlers from './in/bundlers.mjs';
import edge from './in/edge.mjs';
import processes, { reportOf } from './in/processes.mjs';
import workerd from './in/workerd.mjs';
import { ROOT, run } from './packages.mjs';
import { nodeBinary } from './programs.mjs';
import { prepareProject } from './project.mjs';

const RUNTIMES = [...processes, ...workerd, ...edge, ...browsers, ...bundlers];

const wanted = process.argv.slice(2);
const chosen = RUNTIMES.filter(
  ({ name }) => wanted.length === 0 || wanted.some((w) => name === w || name.startsWith(`${w}-`)),
);
const unknown = wanted.filter((w) => !RUNTIMES.some(({ name }) => name === w || name.startsWith(`${w}-`)));
if (unknown.length > 0) {
  console.error(
    `test:runtimes: no runtime ${unknown.join(', ')}; there are ${RUNTIMES.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const { project, tarball } = await prepareProject();
/** A stream in Node 24: run and saved there, or continued from another runtime's bytes. */
const inNode = (build, given = '') => reportOf(nodeBinary(24), ['moved.mjs', build, given], { cwd: project });
/** What every runtime continues. */
const home = { baseline: await inNode('baseline'), relaxed: await inNode('relaxed') };

const rows = [];
for (const runtime of chosen) {
  try {
    const { version, report } = await runtime.open({ project, tarball });
    for (const build of runtime.builds) rows.push(await runOne(runtime, version, build, report));
  } catch (error) {
    rows.push(row(runtime, '', '', null, [`could not start: ${error.stack ?? error}`]));
  }
}

async function runOne(runtime, version, build, report) {
  const begin = performance.now();
  try {
    const result = await report(build, home[build].saved);
    const problems = await judge(runtime, build, result);
    return row(runtime, version, build, result, problems, performance.now() - begin);
  } catch (error) {
    return row(runtime, version, build, null, [String(error.stack ?? error)], performance.now() - begin);
  }
}

/** What is wrong with a report, line by line. */
async function judge(runtime, build, { builds, failed, skipped, hash, moved, continued }) {
  const problems = failed.map(({ name, error }) => `${name}\n      ${error.split('\n').slice(0, 4).join('\n      ')}`);
  if (skipped.length > 0) console.log(`  ${runtime.name} cannot run: ${skipped.join('; ')}`);
  if (builds.join() !== runtime.builds.join()) problems.push(`has the builds ${builds}; expected ${runtime.builds}`);
  if (build === 'baseline' && hash !== BASELINE_HASH) problems.push(`weights hash ${hash}; expected ${BASELINE_HASH}`);
  // An engine that does not fuse relaxed multiply-adds rounds as the baseline build does, which Node has too.
  const same = runtime.fused === false ? 'baseline' : build;
  const there = await inNode(same, home[build].saved);
  if (continued !== there.continued)
    problems.push(`Node's stream goes on as ${continued}; in Node as ${there.continued}`);
  const back = await inNode(same, moved.saved);
  if (back.continued !== moved.continued)
    problems.push(`its stream goes on in Node as ${back.continued}; here as ${moved.continued}`);
  return problems;
}

function row({ name, title }, version, build, report, problems, milliseconds = 0) {
  const total = report ? report.passed + report.failed.length : 0;
  const result = {
    name,
    title,
    version,
    build,
    hash: report?.hash ?? '',
    passed: report?.passed ?? 0,
    total,
    problems,
    milliseconds,
  };
  const seconds = `${(milliseconds / 1000).toFixed(1)} s`.padStart(7);
  const tests = report ? `${result.passed} of ${total}` : 'no report';
  console.log(
    `${problems.length === 0 ? '✓' : '✗'} ${name.padEnd(24)}${version.padEnd(16)}${build.padEnd(9)}${seconds}  ${tests.padEnd(11)} ${result.hash}`,
  );
  for (const problem of problems) console.log(`    ${problem}`);
  return result;
}

const failed = rows.filter(({ problems }) => problems.length > 0).length;
if (failed === 0 && wanted.length === 0 && !process.env.CI) updateReadme();
console.log(`\n${rows.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Writes the table between the README's marks: what passed, where, on this date's versions. */
function updateReadme() {
  const path = `${ROOT}README.md`;
  const readme = readFileSync(path, 'utf8');
  const lines = chosen.map(({ name, title }) => {
    const own = rows.filter((r) => r.name === name);
    return `| ${title} | ${own[0].version} | ${own.map(({ build, passed, total }) => `${build} ${passed}/${total}`).join(', ')} |`;
  });
  const table = ['| runtime | version | tests passed |', '| --- | --- | --- |', ...lines].join('\n');
  const marked = /(<!-- runtimes -->)[\s\S]*(<!-- \/runtimes -->)/;
  const next = readme.replace(marked, (_, open, close) => `${open}\n\n${table}\n\n${close}`);
  if (next === readme) return;
  writeFileSync(path, next);
  run('npx', ['biome', 'format', '--write', path], { cwd: ROOT });
  console.log('\nREADME.md: the table of runtimes is new');
}

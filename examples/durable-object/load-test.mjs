// 1,000 sessions in workerd: steps in random order, objects that end now and then, states that move, a restart in the middle. Every answer
// is compared bit for bit with the same session in Node, where each has a stream of its own.
// `node load-test.mjs [sessions] [steps of each]`; exit code 1 if a state was lost or mixed up.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, createOracle, start } from './test/deployed.mjs';

const SESSIONS = Number(process.argv[2] ?? 1000);
const STEPS = Number(process.argv[3] ?? 20);
const AT_ONCE = 32;

const random = mulberry32(1);
const newSession = createOracle();
const sessions = Array.from({ length: SESSIONS }, (_, i) => ({
  id: `load-${i}`,
  steps: 0,
  asked: 0,
  expected: newSession(),
  last: Promise.resolve(),
}));
const counts = {
  steps: 0,
  evictions: 0,
  cut: 0,
  unanswered: 0,
  reconnects: 0,
  moves: 0,
  restarts: 0,
  lost: 0,
  mixed: 0,
};
const milliseconds = [];
let worker;

const schedule = shuffled(sessions.flatMap((session) => new Array(STEPS).fill(session)));
// In memory where there is such a folder: the program is to be tested, not this machine's disk.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sessions-'));
bundle();
try {
  worker = await start(folder);
  let seconds = await run(schedule.slice(0, schedule.length / 2));
  await worker.stop();
  worker = await start(folder);
  counts.restarts++;
  seconds += await run(schedule.slice(schedule.length / 2));
  for (const session of sessions) if (session.steps !== STEPS) counts.lost++;
  report(seconds, (await (await worker.fetch('/health')).json()).memory);
} finally {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (counts.lost + counts.mixed > 0 || counts.evictions === 0 || counts.moves === 0) process.exitCode = 1;

/** Works through the turns, AT_ONCE at a time; those of one session one after the other. Gives the seconds it took. */
async function run(turns) {
  const begin = performance.now();
  let next = 0;
  const client = async () => {
    while (next < turns.length) {
      const session = turns[next++];
      session.last = session.last.then(() => turn(session));
      await session.last;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return (performance.now() - begin) / 1000;
}

/**
 * One step. Before 25 in 1,000 the object ends, during 15 it is told to, and 10 end it themselves between writing and answering;
 * before another 10 the session moves.
 */
async function turn(session) {
  const chance = random();
  if (chance < 0.025) await evict(session);
  else if (chance < 0.035) await move(session);
  session.asked = 0;
  const at = session.steps++;
  const features = randomFeatures();
  const step = () => post(session, features, at);
  const cut = chance > 0.99;
  if (cut) await (await ask(`/test/cut/${session.id}`)).text();
  let answer = chance > 0.975 && !cut ? await evict(session, step) : await step();
  if (answer.status === 503 && chance > 0.975) {
    counts.cut++;
    answer = await step();
  }
  const expected = session.expected(features);
  // Asked again, and the step had been written: only its answer is lost. The next step shows whether the state is right.
  if (session.asked > 1 && answer.status === 409 && answer.steps === session.steps) counts.unanswered++;
  else compare(session, answer, expected);
}

function compare(session, { status, steps, scores, error }, expected) {
  counts.steps++;
  if (status !== 200 || steps !== session.steps) {
    counts.lost++;
    console.error(`${session.id}: status ${status}, step ${steps} ${error}; expected step ${session.steps}`);
  } else if (!scores.every((x, i) => Object.is(x, expected[i]))) {
    counts.mixed++;
    console.error(`${session.id}, step ${steps}: ${scores}; expected ${expected}`);
  }
}

async function post(session, features, at) {
  const body = JSON.stringify({ features, at });
  const headers = { 'content-type': 'application/json' };
  session.asked++;
  const begin = performance.now();
  const response = await ask(`/sessions/${session.id}/step`, { method: 'POST', headers, body }, session);
  const answer = await response.json();
  milliseconds.push(performance.now() - begin);
  return { status: response.status, ...answer };
}

/** fetch(), once more when the connection was closed: workerd closes idle ones just when the client may reuse them. */
async function ask(path, init, session) {
  try {
    return await worker.fetch(path, init);
  } catch (error) {
    if (error.cause?.code !== 'UND_ERR_SOCKET' && error.cause?.code !== 'ECONNRESET') throw error;
    counts.reconnects++;
    if (session) session.asked++;
    return worker.fetch(path, init);
  }
}

/** Ends the session's object, `meanwhile` something else; counts only if another object has taken its place. */
async function evict({ id }, meanwhile = async () => {}) {
  const text = async (path) => (await ask(path)).text();
  const before = await text(`/test/instance/${id}`);
  const [result] = await Promise.all([meanwhile(), text(`/test/evict/${id}`)]);
  if ((await text(`/test/instance/${id}`)) !== before) counts.evictions++;
  return result;
}

/** The state goes to another object, the old one is deleted. */
async function move(session) {
  const to = `${session.id}m`;
  const saved = await ask(`/sessions/${session.id}/state`);
  if (saved.status === 404 && session.steps === 0) return;
  const headers = { 'content-type': 'application/octet-stream' };
  const body = await saved.arrayBuffer();
  const put = await ask(`/sessions/${to}/state`, { method: 'PUT', headers, body });
  const removed = await ask(`/sessions/${session.id}`, { method: 'DELETE' });
  if (put.status !== 200 || removed.status !== 200) counts.lost++;
  await Promise.all([put.text(), removed.text()]);
  session.id = to;
  counts.moves++;
}

function randomFeatures() {
  return [random() * 2 - 1, random() * 2, random() * 2 - 1];
}

function report(seconds, memory) {
  milliseconds.sort((a, b) => a - b);
  const at = (part) => `${milliseconds[Math.floor(part * (milliseconds.length - 1))].toFixed(1)} ms`;
  console.log(`sessions    ${SESSIONS}
steps       ${counts.steps} compared, ${Math.round(counts.steps / seconds)} a second, ${AT_ONCE} at once
latency     p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}
evictions   ${counts.evictions} between or beside steps
cut off     ${counts.cut} answers; ${counts.unanswered} of the steps counted, the others were asked again
reconnects  ${counts.reconnects}
moves       ${counts.moves}
restarts    ${counts.restarts}
gated holds ${memory.liveBlocks} blocks, ${memory.liveBytes} bytes for all of them
lost states ${counts.lost}
mixed       ${counts.mixed}`);
}

function shuffled(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}

/** Random numbers that are the same in each run. */
function mulberry32(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeRecord, encodeRecord } from '../src/record.js';
import { MAX_BYTES } from '../src/request.js';
import { bundle, createOracle, start } from './deployed.mjs';

let worker;
let newSession;
before(async () => {
  bundle();
  newSession = createOracle();
  worker = await start();
});
after(() => worker.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const BYTES_TYPE = { 'content-type': 'application/octet-stream' };
const walk = (t) => [0.1 * Math.sin(t), 1 + 0.3 * Math.sin(1.1 * t), 0.05 * Math.cos(t)];

async function send(method, path, body, headers = {}) {
  const response = await worker.fetch(path, { method, body, headers });
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}
function step(id, features, more = {}) {
  return send('POST', `/sessions/${id}/step`, JSON.stringify({ features, ...more }), JSON_TYPE);
}
async function state(id) {
  const response = await worker.fetch(`/sessions/${id}/state`);
  assert.equal(response.status, 200);
  return { bytes: new Uint8Array(await response.arrayBuffer()), steps: response.headers.get('session-steps') };
}
function put(id, bytes) {
  return send('PUT', `/sessions/${id}/state`, bytes, BYTES_TYPE);
}
/** Ends the object of a session, and makes sure that it ended. */
async function evict(id) {
  const life = async () => (await worker.fetch(`/test/instance/${id}`)).text();
  const first = await life();
  assert.match(await (await worker.fetch(`/test/evict/${id}`)).text(), /^ended/);
  assert.notEqual(await life(), first);
}
/** Puts bytes into a session's storage behind its back. */
async function store(id, bytes) {
  assert.equal((await worker.fetch(`/test/store/${id}`, { method: 'POST', body: bytes })).status, 200);
}
/** `bytes` with one bit turned over. */
function flipped(bytes, at) {
  const copy = bytes.slice();
  copy[at] ^= 1;
  return copy;
}

test('steps as Node does, bit for bit, through evictions', async () => {
  const expected = newSession();
  for (let t = 0; t < 30; t++) {
    const answer = await step('one', walk(t));
    assert.equal(answer.status, 200);
    assert.equal(answer.steps, t + 1);
    assert.deepEqual(answer.scores, expected(walk(t)));
    if (t % 10 === 9) await evict('one');
  }
});

test('recognizes what someone does', async () => {
  let answer;
  for (let t = 0; t < 40; t++) answer = await step('runner', [0, 1 + 1.1 * Math.sin(2 * Math.PI * 0.28 * t), 0]);
  assert.equal(answer.activity, 'running');
  for (let t = 0; t < 40; t++) answer = await step('runner', [0, 1, 0]);
  assert.equal(answer.activity, 'still');
});

test('100 steps sent at once count 100 times', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => step('crowd', [0, 1, 0])));
  assert.deepEqual(
    answers.map(({ steps }) => steps).sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  const expected = newSession();
  answers.sort((a, b) => a.steps - b.steps);
  for (const { scores } of answers) assert.deepEqual(scores, expected([0, 1, 0]));
});

test('a step that says at counts once, however often it comes', async () => {
  assert.equal((await step('retry', walk(0), { at: 0 })).status, 200);
  const again = await step('retry', walk(0), { at: 0 });
  assert.equal(again.status, 409);
  assert.equal(again.steps, 1);
  assert.equal((await step('retry', walk(1), { at: 1 })).steps, 2);
});

test('an answer cut off is a 503; asked again with at, the step counts once', async () => {
  const expected = newSession();
  assert.deepEqual((await step('cut', walk(0), { at: 0 })).scores, expected(walk(0)));
  await worker.fetch('/test/cut/cut');
  const answer = await step('cut', walk(1), { at: 1 });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('retry-after'), '1');
  const again = await step('cut', walk(1), { at: 1 });
  const score = expected(walk(1));
  if (again.status === 200) assert.deepEqual(again.scores, score);
  else assert.deepEqual([again.status, again.steps], [409, 2]);
  assert.deepEqual((await step('cut', walk(2), { at: 2 })).scores, expected(walk(2)));
});

test('state moves from one object to another and goes on bit for bit', async () => {
  const expected = newSession();
  for (let t = 0; t < 7; t++) assert.deepEqual((await step('old', walk(t))).scores, expected(walk(t)));
  const moved = await state('old');
  assert.equal(moved.steps, '7');
  assert.deepEqual(await put('new', moved.bytes).then(({ status, steps }) => [status, steps]), [200, 7]);
  for (let t = 7; t < 14; t++) assert.deepEqual((await step('new', walk(t))).scores, expected(walk(t)));
  assert.equal((await state('old')).steps, '7');
});

test('DELETE begins again, and twice is nothing', async () => {
  await step('short', walk(0));
  assert.equal((await send('DELETE', '/sessions/short')).status, 200);
  assert.equal((await send('DELETE', '/sessions/short')).status, 200);
  assert.equal((await send('GET', '/sessions/short/state')).status, 404);
  const answer = await step('short', walk(5));
  assert.equal(answer.steps, 1);
  assert.deepEqual(answer.scores, newSession()(walk(5)));
});

test('damaged storage is an error, and stays one', async () => {
  await step('fresh', walk(0));
  const { bytes } = await state('fresh');
  const damaged = [0, 4, 12, 40, bytes.length - 200, bytes.length - 1].map((at) => flipped(bytes, at));
  for (const length of [0, 3, 100, bytes.length - 1]) damaged.push(bytes.slice(0, length));
  for (const [i, bad] of damaged.entries()) {
    const id = `damaged-${i}`;
    await step(id, walk(0));
    await store(id, bad);
    for (let again = 0; again < 2; again++) {
      const answer = await step(id, walk(1));
      assert.equal(answer.status, 500);
      assert.match(answer.error, /^stored state is damaged: .*; delete the session to begin again$/);
      if (again === 0) await evict(id);
    }
    assert.equal((await send('GET', `/sessions/${id}/state`)).status, 500);
    assert.equal((await send('DELETE', `/sessions/${id}`)).status, 200);
    assert.equal((await step(id, walk(1))).steps, 1);
  }
  assert.match(worker.log.join(''), /record has the checksum/);
});

test('a state of other weights is refused, not misread', async () => {
  await step('before', walk(0));
  const { bytes } = await state('before');
  const model = new DataView(bytes.buffer).getUint32(8, true);
  const other = encodeRecord({ ...decodeRecord(bytes, model), model: model ^ 1 });
  assert.equal((await put('after', other)).status, 400);
  await store('before', other);
  const answer = await step('before', walk(1));
  assert.equal(answer.status, 409);
  assert.match(answer.error, /^record is of model [0-9a-f]{8}; this one is [0-9a-f]{8}; delete the session/);
});

test('only a whole state of this model can be put', async () => {
  await step('good', walk(0));
  const { bytes } = await state('good');
  for (let at = 0; at < bytes.length; at += 37) {
    assert.equal((await put('bad', flipped(bytes, at))).status, 400);
    assert.equal((await put('bad', bytes.slice(0, at))).status, 400);
  }
  // A checksum that is right does not help what is wrong inside.
  const model = new DataView(bytes.buffer).getUint32(8, true);
  const { state: inner } = decodeRecord(bytes, model);
  const nan = inner.slice();
  nan.fill(0xff, -4);
  assert.match((await put('bad', encodeRecord({ model, steps: 1, state: nan }))).error, /is NaN; expected a finite/);
  assert.equal((await put('bad', encodeRecord({ model, steps: 1, state: inner.slice(0, 80) }))).status, 400);
  assert.match((await put('bad', new Uint8Array(100))).error, /does not begin with GSES/);
  assert.equal((await put('bad', new Uint8Array(MAX_BYTES + 1))).status, 413);
  assert.equal((await send('GET', '/sessions/bad/state')).status, 404);
});

const refused = [
  [400, 'body is not JSON', '{"features": [1, 2'],
  [400, 'body is null; expected an object', 'null'],
  [400, "body has 'feature'; expected only", { feature: [1, 2, 3] }],
  [400, 'features is undefined; expected an array of 3 numbers', {}],
  [400, "features is the string '1,2,3'", { features: '1,2,3' }],
  [400, 'features has 2 elements; expected 3', { features: [1, 2] }],
  [400, 'features[1] is null; expected a number', { features: [1, Number.NaN, 3] }],
  [400, 'features[2] is Infinity; expected a number', '{"features": [1, 2, 1e999]}'],
  [400, 'features[0] is 1001; expected a number between -1000 and 1000', { features: [1001, 0, 0] }],
  [400, 'at is -1; expected the number of steps so far', { features: [0, 1, 0], at: -1 }],
  [400, "at is the string '0'", { features: [0, 1, 0], at: '0' }],
  [413, `more than ${MAX_BYTES} bytes`, ' '.repeat(MAX_BYTES + 1)],
];
for (const [status, text, body] of refused) {
  test(`${status}: ${text}`, async () => {
    const content = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await send('POST', '/sessions/x/step', content, JSON_TYPE);
    assert.equal(answer.status, status);
    assert.ok(answer.error.includes(text), answer.error);
  });
}

test('404, 405, 415 and bad session ids', async () => {
  assert.equal((await send('GET', '/')).status, 404);
  assert.equal((await send('GET', '/sessions/x/other')).status, 404);
  assert.equal((await send('GET', '/sessions/x/state/more')).status, 404);
  assert.equal((await send('GET', '/sessions/x/step')).headers.get('allow'), 'POST');
  assert.equal((await send('POST', '/sessions/x/state')).headers.get('allow'), 'GET, PUT');
  assert.equal((await send('GET', '/sessions/x')).status, 405);
  assert.equal((await send('POST', '/sessions/x/step', '{}', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await send('GET', '/sessions/a%20b/state')).status, 400);
  assert.equal((await send('GET', `/sessions/${'a'.repeat(65)}/state`)).status, 400);
  assert.equal((await send('GET', '/sessions//state')).status, 400);
});

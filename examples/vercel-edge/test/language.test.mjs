import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setDeterministic } from 'gated';
import { weights } from '../model/weights.js';
import { createClassifier, LANGUAGES, lettersOf } from '../src/classifier.js';
import { MAX_BYTES } from '../src/request.js';
import { WORDS } from '../words.js';
import { deploy } from './edge.mjs';

const FUNCTION = "export { config, default as handler } from './api/language.js'; export { memoryInfo } from 'gated';";
const ENGINE = "export { engineInfo } from 'gated';";
const URL_ = 'https://edge.test/api/language';

let edge;
before(async () => {
  edge = await deploy(FUNCTION);
});

async function post(body, { type = 'application/json', method = 'POST' } = {}) {
  const init = { method, headers: type ? { 'content-type': type } : {} };
  if (method === 'POST') init.body = typeof body === 'string' ? body : JSON.stringify(body);
  return answer(new edge.context.Request(URL_, init));
}
async function answer(request) {
  const response = await edge.exports.handler(request);
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}

test('this VM refuses bytes: gated with its default binding cannot start there', async () => {
  const inline = await deploy(ENGINE, ['worker', 'browser']);
  assert.deepEqual(inline.modules, []);
  assert.throws(() => inline.exports.engineInfo(), {
    name: 'UnsupportedError',
    message: /refuses the WebAssembly module/,
  });
});

test('under edge-light it starts from the compiled baseline module', async () => {
  const { exports, modules } = await deploy(ENGINE);
  assert.deepEqual(modules, ['wasm_baseline']);
  assert.equal(exports.engineInfo().build, 'baseline');
});

test('says which runtime it is for', () => {
  assert.equal(edge.exports.config.runtime, 'edge');
});

test('tells languages apart, with the bits that Node computes', async () => {
  setDeterministic(true);
  const words = ['thought', 'Frühstück', 'mañana', 'kaksikymmentä', 'Wissenschaft', 'corazón', 'a', 'x'.repeat(32)];
  const { status, words: answers } = await post({ words });
  assert.equal(status, 200);
  const classify = createClassifier(Buffer.from(weights, 'base64'));
  const expected = classify(words.map(lettersOf)).map((p) => ({
    language: LANGUAGES[p.indexOf(Math.max(...p))],
    probability: Math.max(...p),
  }));
  assert.deepEqual(
    answers,
    words.map((word, i) => ({ word, ...expected[i] })),
  );
  const named = answers.slice(0, 6).map(({ language }) => language);
  assert.deepEqual(named, ['English', 'German', 'Spanish', 'Finnish', 'German', 'Spanish']);
});

test('a word gets the same answer alone and among others', async () => {
  const words = WORDS.Finnish.split(/\s+/).slice(0, 100);
  const together = (await post({ words })).words;
  for (const i of [0, 17, 99]) assert.deepEqual((await post({ words: [words[i]] })).words[0], together[i]);
});

test('1,000 requests leave nothing in memory', async () => {
  await post({ words: ['one'] });
  const { liveBlocks, liveBytes } = edge.exports.memoryInfo();
  const all = Object.values(WORDS).join(' ').split(/\s+/);
  for (let i = 0; i < 1000; i++) {
    const from = (i * 7) % all.length;
    assert.equal((await post({ words: all.slice(from, from + 1 + (i % 50)) })).status, 200);
  }
  const now = edge.exports.memoryInfo();
  assert.deepEqual([now.liveBlocks, now.liveBytes], [liveBlocks, liveBytes]);
});

const refused = [
  [400, 'body is not JSON', '{"words": ["a"'],
  [400, 'body is null; expected an object', 'null'],
  [400, "body has 'word'; expected only words", { word: 'a' }],
  [400, 'words is undefined; expected an array of 1 to 100 words', {}],
  [400, "words is the string 'hello'", { words: 'hello' }],
  [400, 'words has 0 elements; expected 1 to 100', { words: [] }],
  [400, 'words has 101 elements; expected 1 to 100', { words: new Array(101).fill('a') }],
  [400, 'words[1] is null; expected a word', { words: ['a', null] }],
  [400, 'words[0] is 7; expected a word', { words: [7] }],
  [400, "words[0] is the string ''; expected a word", { words: [''] }],
  [400, "words[0] is the string 'two words'; expected a word of 1 to 32 letters", { words: ['two words'] }],
  [400, "words[0] is the string '日本'; expected a word", { words: ['日本'] }],
  [400, 'expected a word of 1 to 32 letters', { words: ['x'.repeat(33)] }],
  [413, `body has more than ${MAX_BYTES} bytes`, ' '.repeat(MAX_BYTES + 1)],
  [415, 'content-type is text/plain; expected application/json', '{}', { type: 'text/plain' }],
  [405, 'method is GET; expected POST', null, { method: 'GET' }],
];
for (const [status, text, body, options] of refused) {
  test(`${status}: ${text}`, async () => {
    const got = await post(body, options);
    assert.equal(got.status, status);
    assert.ok(got.error.includes(text), got.error);
  });
}

test('a body without content-length is refused at the limit, without waiting for its end', async () => {
  const { Request, ReadableStream } = edge.context;
  const open = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(MAX_BYTES + 1).fill(0x20)); // and never closes
    },
  });
  const headers = { 'content-type': 'application/json' };
  assert.equal((await answer(new Request(URL_, { method: 'POST', headers, body: open, duplex: 'half' }))).status, 413);
});

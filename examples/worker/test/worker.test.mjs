import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setDeterministic } from 'gated';
import { createForecaster, MAX_POINTS, scaleOf } from '../src/forecaster.js';
import { MAX_BYTES } from '../src/request.js';
import { bundle, start } from './deployed.mjs';

const forecast = createForecaster(readFileSync(new URL('../model/forecaster.safetensors', import.meta.url)));
const wave = (length, scale = 1) => Array.from({ length }, (_, t) => scale * (20 + 5 * Math.sin(t / 2) + 0.1 * t));
const URL_ = 'http://worker.test/forecast';

let worker;
before(() => {
  bundle();
  worker = start();
});
after(() => worker.dispose());

function post(body, { type = 'application/json', url = URL_, to = worker } = {}) {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return to.dispatchFetch(url, { method: 'POST', headers: type ? { 'content-type': type } : {}, body: text });
}
async function health(to = worker) {
  return (await to.dispatchFetch('http://worker.test/health')).json();
}

test('forecasts a wave', async () => {
  const series = wave(72);
  const response = await post({ series: series.slice(0, 48), steps: 24 });
  assert.equal(response.status, 200);
  const { forecast: ahead } = await response.json();
  const error = ahead.reduce((sum, x, t) => sum + Math.abs(x - series[48 + t]), 0) / 24;
  assert.ok(error < 1, `mean error is ${error} where the wave is 10 high`);
});

test('answers with the bits that Node computes', async () => {
  setDeterministic(true);
  for (const [length, scale] of [
    [12, 1],
    [100, 1e12],
    [MAX_POINTS, 1e-9],
    [37, 0],
  ]) {
    const series = wave(length, scale);
    const response = await post({ series });
    assert.deepEqual((await response.json()).forecast, forecast(series, 24));
  }
  assert.equal((await health()).build, 'baseline');
});

test('the relaxed build stays within 1e-5 deviations of it', async () => {
  const relaxed = start({ DETERMINISTIC: 'false' });
  try {
    const series = wave(90);
    const { forecast: ahead } = await (await post({ series }, { to: relaxed })).json();
    setDeterministic(true);
    const expected = forecast(series, 24);
    ahead.forEach((x, t) => {
      assert.ok(Math.abs(x - expected[t]) <= 1e-5 * scaleOf(series).deviation, `step ${t}: ${x} and ${expected[t]}`);
    });
    assert.equal((await health(relaxed)).build, 'relaxed');
  } finally {
    await relaxed.dispose();
  }
});

test('2,000 requests leave nothing in memory', async () => {
  await post({ series: wave(MAX_POINTS) });
  const { memory: first } = await health();
  for (let i = 0; i < 2000; i += 20) {
    const sent = Array.from({ length: 20 }, (_, k) =>
      post({ series: wave(12 + ((i + k) % 500)), steps: 1 + (i % 24) }),
    );
    for (const response of await Promise.all(sent)) {
      assert.equal(response.status, 200);
      await response.text();
    }
  }
  const { memory: last } = await health();
  assert.deepEqual(last, first);
  console.log(`${last.liveBlocks} blocks, ${last.liveBytes} bytes, memory ${last.memoryBytes} bytes before and after`);
});

const twelve = wave(12);
const refused = [
  [400, 'body is not JSON', '{"series": [1, 2'],
  [400, 'body is not JSON', ''],
  [400, 'body is not JSON', '{"series": [NaN]}'],
  [400, 'body is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  [400, 'body is null; expected an object', 'null'],
  [400, 'body is an array; expected an object', [1, 2, 3]],
  [400, "body has 'serie'; expected only", { serie: twelve }],
  [400, 'series is undefined; expected an array', {}],
  [400, "series is the string '1,2'; expected an array", { series: '1,2' }],
  [400, 'series has 11 elements; expected 12 to 512', { series: wave(11) }],
  [400, 'series has 513 elements; expected 12 to 512', { series: wave(513) }],
  [400, 'series[2] is null; expected a number', { series: [1, 2, NaN, ...twelve] }],
  [400, "series[0] is the string '7'; expected a number", { series: ['7', ...twelve] }],
  [400, 'series[12] is an array; expected a number', { series: [...twelve, [1]] }],
  [400, 'series[0] is Infinity; expected a number', `{"series": [1e999, ${twelve}]}`],
  [400, 'series[0] is 1e+300; expected a number', { series: [1e300, ...twelve] }],
  [400, 'steps is 0; expected an integer from 1 to 24', { series: twelve, steps: 0 }],
  [400, 'steps is 25; expected', { series: twelve, steps: 25 }],
  [400, 'steps is 1.5; expected', { series: twelve, steps: 1.5 }],
  [400, 'steps is null; expected', { series: twelve, steps: null }],
  [413, `more than ${MAX_BYTES} bytes`, ' '.repeat(MAX_BYTES + 1)],
  [415, 'content-type is text/plain; expected application/json', '{}', { type: 'text/plain' }],
  [415, 'content-type is nothing', Uint8Array.of(1), { type: null }],
  [404, 'no such path', '{}', { url: 'http://worker.test/' }],
];
for (const [status, text, body, options] of refused) {
  test(`${status}: ${text}`, async () => {
    const response = await post(body, options);
    assert.equal(response.status, status);
    const { error } = await response.json();
    assert.ok(error.startsWith(text) || error.includes(text), error);
  });
}

test('405 says what is allowed', async () => {
  const response = await worker.dispatchFetch(URL_);
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'POST');
  const other = await post('{}', { url: 'http://worker.test/health' });
  assert.equal(other.status, 405);
});

test('a body without content-length is refused at the limit, without waiting for its end', async () => {
  const open = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(MAX_BYTES + 1).fill(0x20)); // and never closes
    },
  });
  const headers = { 'content-type': 'application/json' };
  const response = await worker.dispatchFetch(URL_, { method: 'POST', headers, body: open, duplex: 'half' });
  assert.equal(response.status, 413);
});

test('still answers after all that', async () => {
  assert.equal((await post({ series: wave(40) })).status, 200);
});

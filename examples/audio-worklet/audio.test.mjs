import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import * as gated from 'gated';
import { load } from 'gated/safetensors';
import { chromium } from 'playwright-core';
import { riff } from './guitar.js';
import { createEffect, createPedal, SAMPLE_RATE } from './pedal.js';
import { serve } from './serve.mjs';
import { errorToSignal, train } from './train.mjs';

let server;
let browser;
let url;
/** Every path the server was asked for: Playwright does not see what an audio worklet imports. */
const served = new Set();
before(async () => {
  server = await serve(0);
  server.on('request', (request) => served.add(request.url));
  url = `http://127.0.0.1:${server.address().port}/`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server.close();
});

/** A browser may fail to start on a busy machine: once more then. */
async function launch() {
  const options = {
    executablePath: process.env.GATED_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  };
  return chromium.launch(options).catch(() => chromium.launch(options));
}

/** The page, loaded and ready, and everything it must not do. */
async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => message.type() !== 'log' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => console.error(`CSP: ${violatedDirective}`));
  });
  const response = await page.goto(url);
  assert.match(response.headers()['content-security-policy'], /^default-src 'none'; /);
  await page.waitForFunction(() => !document.getElementById('play').disabled);
  return { page, requests, complaints, close: () => context.close() };
}

function trainedPedal() {
  const model = createPedal(gated);
  model.loadStateDict(load(readFileSync(new URL('pedal.safetensors', import.meta.url))));
  return model;
}

test('the weights imitate the overdrive on a riff that was not in training', () => {
  const ratio = errorToSignal(trainedPedal(), riff(SAMPLE_RATE));
  console.log(`error to signal ${(100 * ratio).toFixed(3)}%`);
  assert.ok(ratio < 0.002);
});

test('training them works', { timeout: 120_000 }, async () => {
  gated.manualSeed(0);
  const untrained = errorToSignal(createPedal(gated), riff(SAMPLE_RATE));
  const ratio = errorToSignal(await train({ epochs: 1, seconds: 1 }), riff(SAMPLE_RATE));
  console.log(`error to signal after 93 steps: ${(100 * untrained).toFixed(0)}% -> ${(100 * ratio).toFixed(0)}%`);
  assert.ok(ratio < 0.6 * untrained);
});

test('the audio thread computes what Node computes, bit for bit, and allocates nothing', {
  timeout: 60_000,
}, async () => {
  const { page, requests, complaints, close } = await open();
  const worklet = await audioThread(page);
  const [from, to] = [4, 7.68]; // seconds
  let allocated = 0;
  let control = 0;
  // Called twice while the rendering stands still: when the compiler has long been warm, and at the end.
  await page.exposeFunction('watchHeap', async (begin) => {
    if (begin) {
      assert.equal(await worklet.evaluate('currentFrame'), from * SAMPLE_RATE); // this is the thread
      await worklet.startSampling();
      await worklet.evaluate('new Array(1000).fill().map(() => [0]).length');
      control = await worklet.stopSampling(); // the sampler sees what is allocated
      await worklet.startSampling();
    } else allocated = await worklet.stopSampling();
  });
  const { output, memory, seconds } = await page.evaluate(
    async ([from, to]) => {
      const { renderOffline } = await import('./audio.js');
      const weights = await fetch('pedal.safetensors').then((response) => response.arrayBuffer());
      const memory = [];
      const stopped = async (time, node) => {
        node.port.postMessage('how much memory?');
        memory.push(await new Promise((resolve) => (node.port.onmessage = ({ data }) => resolve(data))));
        await window.watchHeap(time === from);
      };
      const output = await renderOffline(weights, 8, { deterministic: true, atStops: [from, to], stopped });
      const start = performance.now();
      await renderOffline(weights, 8);
      return { output: Array.from(output.subarray(0, 48000)), memory, seconds: (performance.now() - start) / 1000 };
    },
    [from, to],
  );
  const steps = Math.round((to - from) * SAMPLE_RATE);
  console.log(`real-time factor ${(8 / seconds).toFixed(1)}; ${allocated} bytes of JavaScript heap in ${steps} steps`);

  gated.setDeterministic(true);
  const expected = new Float32Array(48000);
  createEffect(trainedPedal())(riff(SAMPLE_RATE).subarray(0, 48000), expected);
  assert.deepEqual(output, Array.from(expected));
  assert.ok(expected.some((x) => Math.abs(x) > 0.1));

  // WebAssembly memory: the same to the byte. JavaScript heap: the smallest object has 12 bytes, so one per step would be 2 MB.
  assert.deepEqual(memory[1], memory[0]);
  assert.ok(control > 10_000, `${control} bytes where a thousand arrays were made`);
  assert.ok(allocated < steps, `${allocated} bytes in ${steps} steps`);

  assert.deepEqual(complaints, []);
  assert.ok(requests.every((request) => request.startsWith(url) || request.startsWith('data:')));
  const own = 'app.js audio.js gated.min.js guitar.js pedal.js pedal.safetensors processor.js scope.js style.css';
  assert.deepEqual([...served].sort(), ['/', ...own.split(' ').map((name) => `/${name}`)]);
  await close();
});

/** The heap of the audio thread of the next context, by the DevTools protocol: V8 samples allocations, freed ones as well. */
async function audioThread(page) {
  const devtools = await page.context().newCDPSession(page);
  const waiting = new Map();
  let session;
  devtools.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worklet') session = sessionId;
  });
  devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    waiting.get(id)?.(result);
  });
  await devtools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const ask = (method, params = {}) =>
    new Promise((resolve) => {
      const id = waiting.size + 1;
      waiting.set(id, resolve);
      devtools.send('Target.sendMessageToTarget', {
        sessionId: session,
        message: JSON.stringify({ id, method, params }),
      });
    });
  const total = ({ selfSize, children }) => children.reduce((sum, child) => sum + total(child), selfSize);
  return {
    async startSampling() {
      const freed = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
      await ask('HeapProfiler.enable');
      await ask('HeapProfiler.startSampling', { samplingInterval: 512, ...freed });
    },
    async evaluate(expression) {
      return (await ask('Runtime.evaluate', { expression })).result.value;
    },
    async stopSampling() {
      const { profile } = await ask('HeapProfiler.stopSampling');
      return total(profile.head);
    },
  };
}

test('the page plays, shows what it plays, and fits a narrow phone', { timeout: 60_000 }, async () => {
  const { page, complaints, close } = await open({
    viewport: { width: 320, height: 640 },
    isMobile: true,
    hasTouch: true,
  });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.match(await page.textContent('#load-text'), /^\d+\.\d\d of 2\.67 ms \(\d+%\)$/);
  await page.getByRole('button', { name: 'Play' }).tap();
  await page.waitForFunction(() => /^-\d+ dB$/.test(document.getElementById('loudness-text').textContent));
  await page.getByRole('button', { name: 'Drive on' }).tap();
  assert.equal(await page.getAttribute('#on', 'aria-pressed'), 'false');
  await page.focus('#drive');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getAttribute('#drive', 'aria-valuetext'), '0.5 decibels');
  await page.getByRole('button', { name: 'Stop' }).tap();
  await page.getByRole('button', { name: 'Play' }).waitFor();
  assert.deepEqual(complaints, []);
  await close();
});

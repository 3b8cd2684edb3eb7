import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';
import { createRandom, FEATURES, GESTURES, makeStroke, readStroke } from './strokes.js';

let server;
let browser;
let url;
before(async () => {
  server = await serve(0);
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

/** The page, and everything it must not do. */
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
  const response = await page.goto(`${url}?seed=1`); // a seed of its own each time would be another model each time
  assert.match(
    response.headers()['content-security-policy'],
    /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/,
  );
  return { page, requests, complaints, close: () => context.close() };
}

test('strokes become bounded features, the same ones however fast the hand', () => {
  const random = createRandom(3);
  for (const gesture of GESTURES) {
    for (let i = 0; i < 50; i++) {
      const steps = readStroke(makeStroke(gesture, random));
      assert.ok(steps.length > 8 && steps.length < 200, `${gesture.name} has ${steps.length} steps`);
      assert.ok(steps.every((step) => step.length === FEATURES && step.every((x) => Math.abs(x) < 5)));
    }
  }
  const slow = Array.from({ length: 101 }, (_, i) => [i / 100, 0.5]);
  const fast = slow.filter((_, i) => i % 20 === 0);
  const rounded = (steps) => steps.map((step) => step.map((x) => x.toFixed(4)));
  assert.deepEqual(rounded(readStroke(fast)), rounded(readStroke(slow)));
});

test('trains in the page, then reads strokes of mouse and keyboard', { timeout: 150_000 }, async () => {
  const { page, requests, complaints, close } = await open({ viewport: { width: 1280, height: 860 } });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByRole('button', { name: 'Train again' }).waitFor({ timeout: 120_000 });
  assert.match(await page.textContent('#status'), /^Trained/);
  const accuracy = Number.parseFloat(await page.textContent('#accuracy'));
  console.log(`${accuracy}% of 400 held-out strokes; ${await page.textContent('#engine')}`);
  assert.ok(accuracy > 95);

  const verdict = () => page.textContent('#verdict');
  const { x, y, width } = await page.locator('#pad').boundingBox();
  const around = (part) => {
    const angle = 2 * Math.PI * part;
    return [x + width * (0.5 + 0.3 * Math.cos(angle)), y + width * (0.5 + 0.3 * Math.sin(angle))];
  };
  await page.mouse.move(...around(0));
  await page.mouse.down();
  for (let i = 1; i <= 60; i++) await page.mouse.move(...around(i / 60));
  await page.mouse.up();
  assert.match(await verdict(), /^circle, \d+%$/);
  assert.equal(await page.textContent('#said'), await verdict());

  await page.focus('#pad');
  const press = async (key, times) => {
    for (let i = 0; i < times; i++) await page.keyboard.press(key);
  };
  await page.keyboard.press('Space'); // the pen goes down where the mouse left it, at the right
  for (const key of ['ArrowUp', 'ArrowLeft', 'ArrowDown', 'ArrowRight']) await press(key, 22);
  await page.keyboard.press('Space');
  assert.match(await verdict(), /^square, \d+%$/);

  assert.deepEqual(complaints, []);
  const files = requests.map((request) => request.replace(url, '').replace('?seed=1', ''));
  const own = ['', 'app.js', 'chart.js', 'gated.min.js', 'model.js', 'pad.js', 'strokes.js', 'style.css', 'worker.js'];
  assert.deepEqual([...new Set(files)].filter((file) => !file.startsWith('data:')).sort(), own);
  await close();
});

test('a narrow phone: nothing sticks out, training can be stopped, an example draws itself', {
  timeout: 60_000,
}, async () => {
  const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce' };
  const { page, complaints, close } = await open(phone);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.getByRole('button', { name: 'Train', exact: true }).tap();
  await page.waitForFunction(() => Number.parseFloat(document.getElementById('step').textContent) >= 5);
  await page.getByRole('button', { name: 'Stop' }).tap();
  await page.getByRole('button', { name: 'Train again' }).waitFor();
  assert.equal(await page.textContent('#status'), 'Stopped early.');
  await page.getByRole('button', { name: /^star/ }).tap();
  await page.waitForFunction(() => /^[a-z]+, \d+%$/.test(document.getElementById('verdict').textContent));
  assert.deepEqual(complaints, []);
  await close();
});

test('the server gives out its own files only', async () => {
  for (const path of [
    'package.json',
    '../package.json',
    'node_modules/gated/package.json',
    'serve.mjs',
    '%2e%2e/x.js',
    'missing.js',
  ]) {
    assert.equal((await fetch(url + path)).status, 404, path);
  }
});

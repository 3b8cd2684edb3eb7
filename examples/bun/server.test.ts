import { afterAll, beforeAll, expect, test } from 'bun:test';
import { memoryInfo } from 'gated';
import { Detector, WARM_UP } from './detector.ts';
import { type Reading, readings } from './machine.ts';
import { readReading, serve } from './server.ts';
import { SessionStore } from './store.ts';

let detector: Detector;
let server: ReturnType<typeof serve>;
const store = new SessionStore();

beforeAll(async () => {
  detector = Detector.load((await Detector.train()).save()); // as main.ts does it: trained once, then loaded
  server = serve(detector, store, 0);
});
afterAll(async () => {
  await server.stop(true);
  store.close();
});

/** A connection that sends one message and waits for its answer. */
async function connect(session?: string) {
  const socket = new WebSocket(`ws://${server.url.host}/stream${session ? `?session=${session}` : ''}`);
  const next = () =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(JSON.parse(data));
      socket.onerror = () => reject(new Error('refused'));
    });
  const hello = await next();
  return {
    id: hello.session as string,
    seen: hello.step as number,
    async send(x: unknown) {
      const answered = next();
      socket.send(typeof x === 'string' ? x : JSON.stringify(x));
      return answered;
    },
    async close() {
      const before = server.pendingWebSockets;
      socket.close();
      while (server.pendingWebSockets === before) await Bun.sleep(1); // the server sees it, and saves, a moment later
    },
  };
}
const score = (body: string) => fetch(new URL('/score', server.url), { method: 'POST', body });

test('a fault stands out from healthy readings', () => {
  for (const kind of ['stuck', 'rattle'] as const) {
    const fault = { from: 200, to: 240, kind };
    const session = detector.open();
    const scores = readings(260, 777, fault).map((reading) => session.anomaly(reading));
    session.dispose();
    expect(scores.slice(0, WARM_UP)).toEqual(Array(WARM_UP).fill(null));
    const alarms = (from: number, to: number) => scores.slice(from, to).filter((x) => x! > 0.99).length / (to - from);
    const [healthy, faulty] = [alarms(WARM_UP, 200), alarms(200, 240)];
    console.log(
      `${kind}: ${healthy.toFixed(3)} of healthy and ${faulty.toFixed(3)} of faulty readings score above 0.99`,
    );
    expect(healthy).toBeLessThan(0.05);
    expect(faulty).toBeGreaterThan(0.3);
  }
});

test('one stream per socket; a closed one goes on bit for bit', async () => {
  const series = readings(80, 4242);
  const whole = detector.open();
  const expected = series.map((reading) => whole.anomaly(reading));
  const end = whole.save();
  whole.dispose();

  const first = await connect();
  const other = await connect();
  for (let t = 0; t < 50; t++) {
    expect(await first.send(series[t])).toEqual({ step: t + 1, anomaly: expected[t] });
    await other.send([9, -9, 9]); // a neighbour in trouble changes nothing
  }
  const second = await fetch(new URL(`/stream?session=${first.id}`, server.url));
  expect(second.status).toBe(409); // one socket at a time

  await first.close();
  const again = await connect(first.id);
  expect(again.id).toBe(first.id);
  expect(again.seen).toBe(50);
  for (let t = 50; t < 80; t++) {
    expect(await again.send(series[t])).toEqual({ step: t + 1, anomaly: expected[t] });
  }
  await again.close();
  expect(store.get(first.id)).toEqual(end); // every bit of the state, as if the socket had never closed
  await other.close();
});

test('input is checked, and refused input leaves the session alone', async () => {
  const socket = await connect();
  const series = readings(4, 5);
  const clean = detector.open();
  const states = series.map((reading) => clean.anomaly(reading));
  for (const bad of [
    '{',
    '[1, 2]',
    '[1, 2, 3, 4]',
    '[1, 2, null]',
    '[1, 2, "3"]',
    '[1, 2, 1e300]',
    '{"length": 3}',
    '7',
  ]) {
    expect(await socket.send(bad)).toHaveProperty('error');
  }
  for (const [t, reading] of series.entries()) {
    expect(await socket.send(reading)).toEqual({ step: t + 1, anomaly: states[t] });
  }
  clean.dispose();
  expect(() => readReading([Number.NaN, 0, 0])).toThrow('finite');
});

test('over HTTP', async () => {
  const series = readings(40, 6);
  const session = detector.open();
  const expected = series.map((reading) => session.anomaly(reading));
  session.dispose();
  const answer = await score(JSON.stringify({ readings: series }));
  expect(await answer.json()).toEqual({ anomaly: expected });
  for (const bad of ['', '[]', '{"readings": 1}', '{"readings": [[1]]}']) expect((await score(bad)).status).toBe(400);
  expect((await fetch(new URL('/elsewhere', server.url))).status).toBe(404);
  expect((await fetch(new URL('/stream', server.url))).status).toBe(426);
  expect((await fetch(new URL('/stream?session=guess', server.url))).status).toBe(404);
});

test('a thousand sessions leave no memory behind', () => {
  detector.open().dispose();
  const before = memoryInfo().liveBlocks;
  for (let i = 0; i < 1000; i++) {
    const session = detector.open();
    session.anomaly([0, 0, 0] satisfies Reading);
    session.dispose();
  }
  expect(memoryInfo().liveBlocks).toBe(before);
});

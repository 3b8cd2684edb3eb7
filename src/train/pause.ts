// Giving the event loop a turn between steps, in every runtime, without a clock.

/** Ways to a later macrotask, best first. The edge runtime of Next.js has the first two as functions that throw. */
const ways: ((resume: () => void) => void)[] = [
  (resume) => (globalThis as unknown as { setImmediate(f: () => void): void }).setImmediate(resume),
  byMessage,
  (resume) => setTimeout(resume, 0),
];

/** Resolves in a later macrotask: timers, input and rendering get their turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    while (ways.length > 0) {
      try {
        return ways[0](resolve);
      } catch {
        ways.shift();
      }
    }
    // An audio worklet has no later macrotask to wait for.
    resolve();
  });
}

function byMessage(resume: () => void): void {
  // workerd delivers all messages before it looks at a timer: a training loop would starve timers, and with them time limits.
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') throw new Error('no turn for timers');
  const { port1, port2 } = new globalThis.MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resume();
  };
  port2.postMessage(null);
}

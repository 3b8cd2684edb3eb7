// Giving the event loop a turn between steps, in every runtime, without a clock.

/** workerd delivers all messages before it looks at a timer: a training loop would starve timers, and with them time limits. */
const messagesBeforeTimers = typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers';

/** Resolves in a later macrotask: timers, input and rendering get their turn. */
export function pause(): Promise<void> {
  const immediate = (globalThis as { setImmediate?: (f: () => void) => void }).setImmediate;
  if (immediate) return new Promise((resolve) => immediate(resolve));
  if (typeof MessageChannel !== 'undefined' && !messagesBeforeTimers) {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
  }
  // An audio worklet has no later macrotask to wait for.
  if (typeof setTimeout === 'undefined') return Promise.resolve();
  return new Promise((resolve) => setTimeout(resolve, 0));
}

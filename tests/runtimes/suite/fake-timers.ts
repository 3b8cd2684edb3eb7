// vi.useFakeTimers, as far as the tests use it: setTimeout and clearTimeout on a clock of their own, also where a runtime has neither.
interface Timer {
  due: number;
  call: () => void;
}
type TimerGlobals = { setTimeout?: unknown; clearTimeout?: unknown };

const globals = globalThis as TimerGlobals;
let real: TimerGlobals | null = null;
let now = 0;
let next = 1;
const timers = new Map<number, Timer>();

export function useFakeTimers(): void {
  real ??= { setTimeout: globals.setTimeout, clearTimeout: globals.clearTimeout };
  timers.clear();
  globals.setTimeout = (call: () => void, delay = 0) => {
    timers.set(next, { due: now + delay, call });
    return next++;
  };
  globals.clearTimeout = (id: number) => void timers.delete(id);
}

export function useRealTimers(): void {
  for (const name of ['setTimeout', 'clearTimeout'] as const) {
    if (real?.[name] === undefined) delete globals[name];
    else globals[name] = real[name];
  }
  real = null;
}

export function getTimerCount(): number {
  return timers.size;
}

/** Calls what falls due, in order, and lets promises settle after each. */
export async function advanceTimersByTimeAsync(milliseconds: number): Promise<void> {
  const end = now + milliseconds;
  await settle();
  for (;;) {
    const [id, timer] = [...timers].sort(([, a], [, b]) => a.due - b.due)[0] ?? [];
    if (!timer || timer.due > end) break;
    timers.delete(id as number);
    now = timer.due;
    timer.call();
    await settle();
  }
  now = end;
}

/** More turns than any chain of promises in the tests has links. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await null;
}

// A made-up machine with three sensors: temperature, vibration and current. Healthy, it repeats a duty cycle; faults can be switched on.
import { manualSeed, randn } from 'gated';

export type Reading = readonly [temperature: number, vibration: number, current: number];
export const FEATURES = 3;

export interface Fault {
  from: number;
  to: number;
  kind: 'stuck' | 'rattle';
}

/** `length` readings around 0 with a spread near 1, as a sensor hub would scale them. */
export function readings(length: number, seed: number, fault?: Fault): Reading[] {
  manualSeed(seed);
  const noise = randn([length, FEATURES]);
  const n = noise.data();
  noise.dispose();
  const start = (seed * 37) % 1000; // each machine somewhere in its cycle
  let heat = 0;
  let stuck = 0;
  return Array.from({ length }, (_, t): Reading => {
    const faulty = fault !== undefined && t >= fault.from && t < fault.to;
    const load = (start + t) % 24 < 14 ? 1 : -1; // 14 minutes at work, 10 idle
    heat += 0.15 * (load - heat) + 0.03 * n[3 * t];
    let vibration = 0.5 * load * Math.sin((start + t) / 2) + 0.1 * n[3 * t + 1];
    let current = 0.8 * load + 0.08 * n[3 * t + 2];
    if (faulty && fault.kind === 'rattle') vibration += t % 2 === 0 ? 0.8 : -0.8;
    if (faulty && fault.kind === 'stuck') current = stuck;
    stuck = current;
    return [heat, vibration, current];
  });
}

// How fast is fast enough? The floors of the project's speed issue, as ratios within one run on Node 24's relaxed build, and what of them a run met.
import { CASES } from './cases.mjs';
import { ratio } from './statistics.mjs';

/** [case, { opponent: at least so many times as fast }] */
const FLOORS = [
  ['I1', { 'ort-web': 3.5, 'ort-node': 2.8, js: 9.5 }],
  ['I2', { 'ort-web': 1.8, 'ort-node': 0.65, js: 10.5 }],
  ['I3', { 'ort-web': 1.9, 'ort-node': 0.5, js: 10.5 }],
  ['I4a', { 'ort-web': 1.75 }],
  ['I4b', { 'ort-web': 1.9 }],
  ['I5a', { 'ort-web': 1.55 }],
  ['I5b', { 'ort-web': 1.8 }],
  ['I6a', { 'ort-web': 12, 'ort-node': 12, js: 8 }],
  ['I6b', { 'ort-web': 2, js: 10 }],
  ['T1', { tfjs: 24, js: 10.5, torch: 0.8 }],
  ['T2', { tfjs: 24, js: 10, torch: 0.8 }],
  // The ONNX issue's.
  ['silero', { 'ort-web': 1 }],
  ['dtln', { 'ort-web': 1 }],
  // Share of the register-only peak.
  ['I3.gemm', { 'peak-relaxed': 0.88 }],
  ['T1.gemm', { 'peak-relaxed': 0.88 }],
];
/** The baseline build against the relaxed one, on every case. */
const BASELINE = 0.7;
/** Milliseconds from a fresh process to the first result of I2, over the bare runtime; and less than every peer. */
export const COLD_START = 25;

/** So many times smaller than ONNX Runtime's files for the browser is what loads ONNX files. */
const DOWNLOAD = 40;

/** [{ case, of, against, atLeast }] */
export const TARGETS = [
  ...FLOORS.flatMap(([name, floors]) =>
    Object.entries(floors).map(([against, atLeast]) => ({ case: name, of: 'relaxed', against, atLeast })),
  ),
  ...Object.keys(CASES)
    .filter((name) => CASES[name].mode !== 'gemm')
    .map((name) => ({ case: name, of: 'baseline', against: 'relaxed', atLeast: BASELINE })),
];

/** The targets of a measured case that both opponents ran: [{ …target, got, met }]. */
export function judge(result, targets = TARGETS) {
  return targets
    .filter(({ case: name, of, against }) => name === result.name && [of, against].every((o) => ran(result, o)))
    .map((target) => {
      const got = ratio(result.opponents[target.of], result.opponents[target.against]);
      return { ...target, got, met: got >= target.atLeast };
    });
}
export const ran = ({ opponents }, name) => (opponents[name]?.rounds?.length ?? 0) > 0;

/** downloads: { name: bytes } or null. */
export function judgeDownloads(downloads) {
  const own = downloads?.relaxed ?? downloads?.baseline;
  const theirs = downloads?.['ort-web'];
  if (!own || !theirs) return [];
  return [{ against: 'ort-web', atLeast: DOWNLOAD, got: theirs / own, met: theirs / own >= DOWNLOAD }];
}

/** cold: [{ name, overBare }] */
export function judgeCold(cold) {
  const own = cold.find(({ name }) => name === 'relaxed') ?? cold.find(({ name }) => name === 'baseline');
  if (!own) return [];
  const others = cold.filter(({ name }) => name !== 'relaxed' && name !== 'baseline');
  return [
    { against: null, atMost: COLD_START, got: own.overBare, met: own.overBare <= COLD_START },
    ...others.map(({ name, overBare }) => ({
      against: name,
      atMost: overBare,
      got: own.overBare,
      met: own.overBare < overBare,
    })),
  ];
}

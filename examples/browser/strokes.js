// Eight gestures as curves, made-up strokes of them to train on, and how a stroke becomes a sequence of feature vectors.

const TURN = 2 * Math.PI;
const polygon = (corners, skip = 1) =>
  Array.from({ length: corners + 1 }, (_, i) => {
    const angle = TURN * ((i * skip) / corners - 0.25);
    return [Math.cos(angle), Math.sin(angle)];
  });
const curve = (at) => Array.from({ length: 65 }, (_, i) => at(i / 64));

/** Corner points within -1 … 1; y points down, as on the screen. Closed ones may begin anywhere. */
export const GESTURES = [
  { name: 'circle', closed: true, points: curve((t) => [Math.cos(TURN * t), Math.sin(TURN * t)]) },
  { name: 'triangle', closed: true, points: polygon(3) },
  {
    name: 'square',
    closed: true,
    points: [
      [-0.8, -0.8],
      [0.8, -0.8],
      [0.8, 0.8],
      [-0.8, 0.8],
      [-0.8, -0.8],
    ],
  },
  { name: 'star', closed: true, points: polygon(5, 2) },
  {
    name: 'infinity',
    closed: true,
    points: curve((t) => [Math.sin(TURN * t), 0.5 * Math.sin(2 * TURN * t)]),
  },
  {
    name: 'spiral',
    closed: false,
    points: curve((t) => [(0.15 + 0.85 * t) * Math.cos(2.5 * TURN * t), (0.15 + 0.85 * t) * Math.sin(2.5 * TURN * t)]),
  },
  {
    name: 'zigzag',
    closed: false,
    points: Array.from({ length: 7 }, (_, i) => [-1 + i / 3, i % 2 ? -0.45 : 0.45]),
  },
  {
    name: 'check',
    closed: false,
    points: [
      [-0.9, 0.1],
      [-0.3, 0.8],
      [0.9, -0.8],
    ],
  },
];

/** Numbers from 0 to 1 that a seed repeats (mulberry32, public domain). */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A gesture as somebody might draw it, as points of the unit square: another size, place, slant, start and direction each time, corners
 * missed, a hand more or less steady, an end that does not quite meet the start.
 */
export function makeStroke({ points, closed }, random) {
  const between = (low, high) => low + (high - low) * random();
  let path = resample(points, 0.07);
  if (closed) {
    const start = Math.floor(random() * path.length);
    const overlap = Math.round(between(-0.04, 0.07) * path.length);
    path = Array.from({ length: path.length + overlap }, (_, i) => path[(start + i) % path.length]);
  }
  if (random() < 0.5) path.reverse();
  if (random() < 0.5) path = path.map(([x, y]) => [-x, y]);
  const unsteady = random(); // 0 draws like a ruler, as the keyboard does
  const angle = unsteady * between(-0.35, 0.35);
  const size = between(0.18, 0.42);
  const stretch = 1 + unsteady * between(-0.25, 0.3);
  const shear = unsteady * between(-0.2, 0.2);
  const [left, top] = [between(size, 1 - size), between(size, 1 - size)];
  const wobble = Array.from({ length: 4 }, (_, i) => ({
    x: unsteady * between(-0.025, 0.025),
    y: unsteady * between(-0.025, 0.025),
    rate: between(0.5, 2.5) * (i + 1),
    phase: between(0, TURN),
  }));
  return smooth(path, Math.floor(between(0, 4))).map(([x, y], i) => {
    const part = (TURN * i) / path.length;
    for (const w of wobble) {
      x += w.x * Math.sin(w.rate * part + w.phase);
      y += w.y * Math.cos(w.rate * part + w.phase);
    }
    x = (x + shear * y) * stretch;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [left + size * (cos * x - sin * y), top + size * (sin * x + cos * y)];
  });
}

/** Math.hypot guards against overflow, which takes its time. */
const distance = (dx, dy) => Math.sqrt(dx * dx + dy * dy);

/** Points `step` apart along the line. */
function resample(points, step) {
  const out = [points[0]];
  let [px, py] = points[0];
  for (const [x, y] of points.slice(1)) {
    for (let rest = distance(x - px, y - py); rest >= step; rest = distance(x - px, y - py)) {
      px += ((x - px) / rest) * step;
      py += ((y - py) / rest) * step;
      out.push([px, py]);
    }
  }
  return out;
}

/** Rounds corners: each point becomes the mean of its neighbours, some times over. */
function smooth(path, times) {
  for (let k = 0; k < times; k++) {
    path = path.map(([x, y], i) => {
      const [a, b] = [path[Math.max(0, i - 1)], path[Math.min(path.length - 1, i + 1)]];
      return [(a[0] + x + b[0]) / 3, (a[1] + y + b[1]) / 3];
    });
  }
  return path;
}

export const FEATURES = 6;
/** One step of the model for each 1/30 of the pad's width along the line, however fast the hand moves. */
const SPACING = 1 / 30;

/** Turns points into steps: direction, change of direction, and where the pen is, seen from the start. */
export class StrokeReader {
  /** The last step; step() calls back with it, so copy what must stay. */
  features = new Float32Array(FEATURES);

  begin(x, y) {
    this.start = [x, y];
    this.last = [x, y];
    this.angle = null;
    this.turned = 0;
  }

  /** Calls `step(features)` for each step that the line to this point completes. */
  move(x, y, step) {
    let [px, py] = this.last;
    for (let rest = distance(x - px, y - py); rest >= SPACING; rest = distance(x - px, y - py)) {
      const [dx, dy] = [(x - px) / rest, (y - py) / rest];
      px += dx * SPACING;
      py += dy * SPACING;
      const angle = Math.atan2(dy, dx);
      const turn = Math.sin((angle - (this.angle ?? angle)) / 2); // half the angle: no jump at ±180°
      this.angle = angle;
      this.turned += Math.asin(turn) / Math.PI;
      this.features.set([dx, dy, 2 * turn, this.turned, 2 * (px - this.start[0]), 2 * (py - this.start[1])]);
      this.last = [px, py];
      step(this.features);
    }
  }
}

/** All steps of a finished stroke, as arrays. */
export function readStroke(points) {
  const reader = new StrokeReader();
  const steps = [];
  reader.begin(...points[0]);
  for (const [x, y] of points) reader.move(x, y, (features) => steps.push([...features]));
  return steps;
}

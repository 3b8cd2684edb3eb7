// Sum, mean, max, min and argmax over the middle of [outer, n, inner].

import { Op } from '../elementwise/codes';
import { map2, STAND, splat, splatFrom, WALK } from '../elementwise/map';
import { storePart } from '../simd/parts';
import { Fold, fold, sum } from './strand';

export function reduce(op: i32, x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j += 4) {
      const lanes = min(4, inner - j);
      storePart(out, strand(op, x + (<usize>j << 2), n, inner, lanes), lanes);
      out += <usize>lanes << 2;
    }
    x += (<usize>n * inner) << 2;
  }
}

export function reduceInt(op: i32, x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  reduce(Fold.SUM_INT + op, x, out, outer, n, inner);
}

// @ts-ignore: decorator
@inline
function strand(op: i32, x: usize, n: i32, inner: i32, lanes: i32): v128 {
  const isRow = inner == 1;
  const step: usize = isRow ? 16 : <usize>inner << 2;
  const count = isRow ? (n + 3) >> 2 : n;
  const last = isRow ? ((n - 1) & 3) + 1 : lanes;
  if (op == Fold.MEAN) return sum(x, step, count, last, isRow, n);
  return fold(op, x, step, count, last, isRow);
}

export function argmax(x: usize, out: usize, outer: i32, n: i32, inner: i32, isInt: i32): void {
  const pitch = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    for (let j: usize = 0; j < pitch; j += 4) {
      store<i32>(out, inner == 1 ? argmaxRow(x, n, isInt) : argmaxColumn(x + j, n, pitch, isInt));
      out += 4;
    }
    x += <usize>n * pitch;
  }
}

function argmaxColumn(x: usize, n: i32, pitch: usize, isInt: i32): i32 {
  let best = -Infinity;
  let at = 0;
  for (let i = 0; i < n; i++) {
    const value = isInt ? <f64>load<i32>(x) : <f64>load<f32>(x);
    if (value != value) return i;
    if (value > best) {
      best = value;
      at = i;
    }
    x += pitch;
  }
  return at;
}

/** The maximum first, then its first position: both run on vectors. */
function argmaxRow(x: usize, n: i32, isInt: i32): i32 {
  const max = strand(isInt ? Fold.MAX_INT : Fold.MAX, x, n, 1, 1);
  const end = x + (<usize>(n & ~3) << 2);
  let p = x;
  const isNaN = v128.any_true(f32x4.ne(max, max)) && !isInt;
  while (p < end) {
    const v = v128.load(p);
    const hit = isInt ? i32x4.eq(v, max) : isNaN ? f32x4.ne(v, v) : f32x4.eq(v, max);
    if (v128.any_true(hit)) break;
    p += 16;
  }
  const rest = <i32>((p - x) >> 2);
  return n ? rest + argmaxColumn(p, min(4, n - rest), 4, isInt) : 0;
}

export function reduceBackward(
  op: i32,
  x: usize,
  out: usize,
  dOut: usize,
  dx: usize,
  outer: i32,
  n: i32,
  inner: i32,
  share: i32,
): void {
  const pitch = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    if (op <= Fold.MEAN) spread(dOut, dx, op == Fold.MEAN ? <f32>n : 1, n, inner);
    else {
      for (let j: usize = 0; j < pitch; j += 4) {
        extremumBackward(x + j, load<f32>(out + j), load<f32>(dOut + j), dx + j, n, pitch, share);
      }
    }
    x += <usize>n * pitch;
    dx += <usize>n * pitch;
    out += pitch;
    dOut += pitch;
  }
}

/** dx [n, inner] = dOut [inner] / divisor in every row. */
function spread(dOut: usize, dx: usize, divisor: f32, n: i32, inner: i32): void {
  const by = splat(0, divisor);
  if (inner == 1) return map2(Op.DIV, splatFrom(1, dOut), STAND, by, STAND, dx, n);
  for (let i = 0; i < n; i++) {
    map2(Op.DIV, dOut, WALK, by, STAND, dx, inner);
    dx += <usize>inner << 2;
  }
}

function extremumBackward(x: usize, best: f32, gradient: f32, dx: usize, n: i32, pitch: usize, share: i32): void {
  let hits = 0;
  if (share) {
    for (let i = 0; i < n; i++) hits += <i32>isHit(load<f32>(x + <usize>i * pitch), best);
    gradient /= <f32>hits;
  }
  let open = true;
  for (let i = 0; i < n; i++) {
    const hit = open && isHit(load<f32>(x + <usize>i * pitch), best);
    store<f32>(dx + <usize>i * pitch, hit ? gradient : 0);
    if (hit && !share) open = false;
  }
}

// @ts-ignore: decorator
@inline
function isHit(value: f32, best: f32): bool {
  return value == best || (value != value && best != best);
}

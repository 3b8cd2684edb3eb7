// If, Loop, Scan: subgraphs, which see the values around them.
import { i32, u8 } from '../../engine/memory.js';
import { FormatError, ShapeError, ValueError } from '../../errors.js';
import { formatShape, type Shape, sameShape, stridesOf } from '../../shape.js';
import type { Call, Operator } from '../call.js';
import type { ElementType } from '../element-types.js';
import type { Graph } from '../graph.js';
import { NeedsData } from '../needs-data.js';
import { runSteps, type Step } from '../run-steps.js';
import type { Value } from '../value.js';
import { turn } from './shapes.js';

/** A condition that is known costs nothing: its branch becomes part of the plan. Else both are planned and a step chooses. */
function branch(call: Call): void {
  const condition = call.in(0);
  const graphs = [call.graph('else_branch'), call.graph('then_branch')];
  if (call.readable(condition)) {
    const { outputs, names } = call.plan.walk(graphs[call.number(0) === 0 ? 0 : 1], [], call.names);
    outputs.forEach((value, i) => {
      call.put(i, value);
    });
    call.inner.push(names);
    return;
  }
  const results: Value[] = [];
  const steps = graphs.map((graph) => {
    try {
      return planBranch(call, graph, results);
    } catch (error) {
      // Perhaps these shapes never come this way.
      throw new NeedsData(String(error), { cause: error });
    }
  });
  call.step(() => runSteps(steps[i32[condition.ptr >>> 2] === 0 ? 0 : 1]));
}

/** The steps of one branch, which end by copying its outputs to the results both branches share. */
function planBranch(call: Call, graph: Graph, results: Value[]): Step[] {
  return call.plan.capture(() => {
    const { outputs, names } = call.plan.walk(graph, [], call.names);
    outputs.forEach((from, i) => {
      const to = (results[i] ??= call.out(from.shape, from.type, i));
      if (!sameShape(to.shape, from.shape) || to.type !== from.type)
        throw new NeedsData(`its branches give ${formatShape(to.shape)} and ${formatShape(from.shape)}`);
      from.storage.pinned = true;
      call.step(() => move(from, to.ptr));
    });
    names.end();
  }).steps;
}

function move(from: Value, to: number): void {
  if (from.ptr !== to) u8.copyWithin(to, from.ptr, from.ptr + from.size * 4);
}

/** A body with its own buffers for what it carries from one iteration to the next. */
interface Body {
  /** Inputs of the body. */
  inputs: Value[];
  outputs: Value[];
  steps: Step[];
}

/** Plans `graph` once on variables of these types and shapes. Everything it carries must keep its shape. */
function planBody(call: Call, graph: Graph, inputs: Value[], carried: number, first: number, skip: number): Body {
  const { result, steps } = call.plan.capture(() => call.plan.walk(graph, inputs, call.names));
  const { outputs, names } = result;
  call.inner.push(names);
  call.withhold();
  for (let i = 0; i < carried; i++) {
    const [from, to] = [outputs[skip + i], inputs[first + i]];
    if (!sameShape(from.shape, to.shape) || from.dtype !== to.dtype)
      throw new NeedsData(`what it carries changes from ${formatShape(to.shape)} to ${formatShape(from.shape)}`);
  }
  for (const value of outputs) value.storage.pinned = true;
  return { inputs, outputs, steps };
}

/** Copies what a body gives into what it takes, by way of `staging`: outputs may be inputs, in another order. */
function carry(body: Body, count: number, first: number, skip: number, staging: readonly number[]): void {
  for (let i = 0; i < count; i++) move(body.outputs[skip + i], staging[i]);
  for (let i = 0; i < count; i++) {
    const to = body.inputs[first + i];
    u8.copyWithin(to.ptr, staging[i], staging[i] + to.size * 4);
  }
}

function variable(call: Call, type: ElementType, shape: Shape): Value {
  return call.plan.variable(type, shape, call.node.label);
}

const MOST = 2 ** 31 - 1;

function loop(call: Call): void {
  const graph = call.graph('body');
  const carried = call.inputs.length - 2;
  const scans = graph.outputs.length - 1 - carried;
  const trips = call.has(0) ? call.in(0) : null;
  const condition = call.opt(1);
  if (scans > 0 && !(trips?.known && (!condition || condition.known)))
    throw new NeedsData('its number of iterations is open');
  const states = Array.from({ length: carried }, (_, i) => call.in(2 + i));
  const inputs = [
    variable(call, 'int64', []),
    variable(call, 'bool', []),
    ...states.map((x) => variable(call, x.type, x.shape)),
  ];
  const body = planBody(call, graph, inputs, carried, 2, 1);
  const going = body.outputs[0];
  const stays = going.known ? going.view()[0] !== 0 : going.ptr === inputs[1].ptr;
  if (scans > 0 && !stays) throw new NeedsData('its body may end it early');
  const started = !condition?.known || condition.view()[0] !== 0;
  const count = scans > 0 ? (started ? Math.max(0, (trips as Value).view()[0]) : 0) : 0;
  const results = states.map((x, i) => call.out(x.shape, x.type, i));
  const collected = body.outputs.slice(1 + carried).map((x, i) => call.out([count, ...x.shape], x.type, carried + i));
  const staging = states.map((x) => call.scratch(x.size));
  call.step(() => {
    states.forEach((x, i) => {
      move(x, inputs[2 + i].ptr);
    });
    const most = trips ? i32[trips.ptr >>> 2] : MOST;
    let on = condition ? i32[condition.ptr >>> 2] : 1;
    for (let i = 0; i < most && on !== 0; i++) {
      i32[inputs[0].ptr >>> 2] = i;
      i32[inputs[1].ptr >>> 2] = 1;
      runSteps(body.steps);
      on = i32[going.ptr >>> 2];
      for (let s = 0; s < scans; s++) {
        const x = body.outputs[1 + carried + s];
        move(x, collected[s].ptr + i * x.size * 4);
      }
      carry(body, carried, 2, 1, staging);
    }
    results.forEach((y, i) => {
      move(inputs[2 + i], y.ptr);
    });
  });
}

/** Walks the body anew in every iteration: shapes may change, and so may the number of iterations. */
function eagerLoop(call: Call): void {
  const graph = call.graph('body');
  const carried = call.inputs.length - 2;
  const most = call.has(0) ? call.number(0) : MOST;
  let on = call.has(1) ? call.number(1) : 1;
  let states = Array.from({ length: carried }, (_, i) => call.in(2 + i));
  const collected: { type: ElementType; shape: Shape; parts: (Float32Array | Int32Array)[] }[] = [];
  for (let i = 0; i < most && on !== 0; i++) {
    const [index, going] = [variable(call, 'int64', []), variable(call, 'bool', [])];
    index.view()[0] = i;
    going.view()[0] = 1;
    const { outputs, names } = call.plan.walk(graph, [index, going, ...states], call.names);
    on = outputs[0].view()[0];
    const next = outputs.slice(1, 1 + carried);
    for (const x of next) x.storage.holds++;
    outputs.slice(1 + carried).forEach((x, s) => {
      (collected[s] ??= { type: x.type, shape: x.shape, parts: [] }).parts.push(x.view().slice());
      if (!sameShape(x.shape, collected[s].shape)) throw new ShapeError('what it collects changes its shape');
    });
    names.end();
    states = next;
  }
  states.forEach((x, i) => {
    call.alias(x, x.shape, i);
  });
  for (let s = 0; s < graph.outputs.length - 1 - carried; s++) {
    const { type, shape, parts } = collected[s] ?? { type: 'float32', shape: [0], parts: [] };
    const y = call.out([parts.length, ...shape], type, carried + s);
    parts.forEach((part, i) => {
      y.view().set(part, i * part.length);
    });
  }
}

const listed = (call: Call, name: string, i: number) => call.ints(name)?.[i] ?? 0;

/** States first, then sequences, each along an axis of its own. In opset 8 lengths come first, and all have batch and time as dimensions 0 and 1. */
function sequencesOf(call: Call) {
  const old = call.opset < 9 ? 1 : 0;
  const sequences = call.int('num_scan_inputs');
  const carried = call.inputs.length - old - sequences;
  if (!(sequences > 0 && carried >= 0 && call.graph('body').outputs.length >= carried))
    throw new FormatError(`num_scan_inputs is ${sequences}`);
  const states = Array.from({ length: carried }, (_, i) => call.in(old + i));
  const given = Array.from({ length: sequences }, (_, i) => call.in(old + carried + i));
  const axes = given.map((x, i) => (old ? 1 : call.axis(listed(call, 'scan_input_axes', i), x.shape.length)));
  const steps = given[0].shape[axes[0]];
  const lengths = old ? call.opt(0) : null;
  const batch = old ? given[0].shape[0] : 1;
  const batched = old ? [...states, ...given, ...(lengths ? [lengths] : [])] : [];
  if (!(steps >= 0) || given.some((x, i) => x.shape[axes[i]] !== steps) || batched.some((x) => x.shape[0] !== batch))
    throw new ShapeError('sequences differ in length or batch');
  return { old, states, given, axes, steps, lengths, batch };
}

function scan(call: Call): void {
  const { old, states, given, axes, steps, lengths, batch } = sequencesOf(call);
  const carried = states.length;
  const inputs = [
    ...states.map((x) => variable(call, x.type, x.shape.slice(old))),
    ...given.map((x, i) => variable(call, x.type, x.shape.filter((_, d) => d !== axes[i]).slice(old))),
  ];
  // Sequences with time first, so that a step's part is one piece.
  const sources = [...states.map((x) => x.ptr), ...given.map((x, i) => (old ? x.ptr : timeFirst(call, x, axes[i])))];
  const body = planBody(call, call.graph('body'), inputs, carried, 0, 0);
  const results = states.map((x, i) => call.out(x.shape, x.type, i));
  const parts = body.outputs.slice(carried);
  const gathered = parts.map((x) => call.scratch(batch * steps * x.size));
  const staging = states.map((x) => call.scratch(x.size));
  const take = (i: number, at: number) => {
    const to = inputs[i];
    const from = sources[i] + at * to.size * 4;
    u8.copyWithin(to.ptr, from, from + to.size * 4);
  };
  call.step(() => {
    for (let n = 0; n < batch; n++) {
      const length = lengths ? i32[(lengths.ptr >>> 2) + n] : steps;
      if (!(length >= 0 && length <= steps)) throw new ValueError(`length ${length}; expected 0 to ${steps}`);
      const at = (name: string, i: number, t: number) => n * steps + (listed(call, name, i) ? length - 1 - t : t);
      for (let i = 0; i < carried; i++) take(i, n);
      for (let t = 0; t < length; t++) {
        for (let i = 0; i < given.length; i++)
          take(carried + i, at(old ? 'directions' : 'scan_input_directions', i, t));
        runSteps(body.steps);
        parts.forEach((x, i) => {
          move(x, gathered[i] + at('scan_output_directions', i, t) * x.size * 4);
        });
        carry(body, carried, 0, 0, staging);
      }
      parts.forEach((x, i) => {
        const end = (gathered[i] >>> 2) + n * steps * x.size;
        i32.fill(0, end + length * x.size, end + steps * x.size);
      });
      results.forEach((y, i) => {
        move(inputs[i], y.ptr + n * inputs[i].size * 4);
      });
    }
  });
  parts.forEach((x, i) => {
    const axis = old ? 0 : call.axis(listed(call, 'scan_output_axes', i), x.shape.length + 1);
    const shape = [...x.shape.slice(0, axis), steps, ...x.shape.slice(axis)];
    const y = call.out(old ? [batch, ...shape] : shape, x.type, carried + i);
    const own = stridesOf(shape);
    const to = [own[axis], ...own.filter((_, d) => d !== axis)];
    const from = [batch * steps, ...x.shape];
    call.copy(gathered[i], stridesOf(from), y.ptr, to, from);
  });
}

function timeFirst(call: Call, x: Value, axis: number): number {
  if (axis === 0) return x.ptr;
  const to = call.scratch(x.size);
  turn(call, x, [axis, ...x.shape.map((_, d) => d).filter((d) => d !== axis)], to);
  return to;
}

export const control: Record<string, Operator> = {
  If: branch,
  Loop: (call) => (call.plan.eager ? eagerLoop(call) : loop(call)),
  Scan: scan,
};

// What optimizers share: groups of parameters with options of their own, state tensors that live outside every scope, state dicts.
import { PARAMETER_ROW, type Ptr } from '../engine/kernels.js';
import { enterFrame, f32, i32, leaveFrame, SCRATCH, SCRATCH_BYTES } from '../engine/memory.js';
import { StateDictError, ValueError } from '../errors.js';
import { filled } from '../ops/filled.js';
import { type Check, checkOptions, withDefaults } from '../options.js';
import { formatShape } from '../shape.js';
import { Owner } from '../tensor/owner.js';
import { Tensor } from '../tensor/tensor.js';
import { NON_NEGATIVE, rulesOf } from './rules.js';

export type OptionValue = number | boolean | readonly [number, number];

/** What every optimizer has. */
export interface OptimizerOptions {
  /** Learning rate; schedules write it. */
  lr: number;
  /** Ascends instead of descending. Default false. */
  maximize: boolean;
}

/** Parameters that share options, as the caller gives them: what is left out is the optimizer's default. */
export type ParamGroupOptions<O> = { params: Iterable<Tensor> } & Partial<O>;
/** What optimizers are made over: parameters, or groups of them. */
export type OptimizerParameters<O> = Iterable<Tensor> | Iterable<ParamGroupOptions<O>>;
/** A group as it is in force (torch: param_groups). Its options may be written at any time. */
export type ParamGroup<O> = { readonly params: readonly Tensor[] } & O;

/** What step() has counted and averaged for one parameter. */
export interface ParameterState {
  step: number;
  buffers: Record<string, { shape: readonly number[]; data: Float32Array }>;
}
/** Everything needed to continue: options of each group, and the state of each parameter in order (null before its first step). */
export interface OptimizerStateDict {
  /** `params` are positions in `state`. */
  paramGroups: { params: number[]; options: Record<string, OptionValue> }[];
  state: (ParameterState | null)[];
}

interface LiveState {
  step: number;
  buffers: Record<string, Tensor>;
}

/** Parameters of one crossing. */
const MOST_ROWS = SCRATCH_BYTES / (PARAMETER_ROW * 4);

export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> extends Owner {
  readonly paramGroups: ParamGroup<O>[] = [];
  private readonly states = new Map<Tensor, LiveState>();

  /** @param rules of options that are neither flags nor numbers of at least 0. */
  constructor(
    parameters: OptimizerParameters<O>,
    options: Partial<O>,
    private readonly defaults: O,
    private readonly rules: Readonly<Record<string, Check>> = {},
  ) {
    super();
    const where = this.constructor.name;
    this.check(where, options);
    this.defaults = withDefaults(options, defaults);
    const list = [...parameters] as (Tensor | ParamGroupOptions<O>)[];
    if (list.length === 0) throw new ValueError(`${where}: got no parameters`);
    if (list.some((x) => x !== null && typeof x === 'object' && 'params' in x)) {
      for (const group of list) this.addParamGroup(group as ParamGroupOptions<O>);
    } else this.addParamGroup({ params: list } as unknown as ParamGroupOptions<O>);
  }

  /** Throws ValueError for options that are unknown or out of range. */
  protected check(where: string, options: Partial<O>): void {
    checkOptions(where, options, rulesOf(this.defaults, NON_NEGATIVE, this.rules));
  }
  /** Names of the state buffers of a parameter, in alphabetical order. */
  protected abstract bufferNames(options: O): readonly string[];
  /** What a new buffer is filled with. */
  protected initialValue(_options: O): number {
    return 0;
  }
  /** Names of the three buffers of a row, as the kernel wants them; those that options leave out are absent. */
  protected abstract readonly slots: readonly string[];
  /** The two numbers of a row of a parameter's step 1, 2, …. */
  protected abstract rates(step: number, options: O): readonly [number, number?];
  /** Updates what a table of `count` rows names, downhill (sign 1) or uphill (-1). */
  protected abstract update(rows: Ptr, count: number, sign: number, options: O): void;

  /** All parameters, group after group. */
  get parameters(): readonly Tensor[] {
    return this.paramGroups.length === 1
      ? this.paramGroups[0].params
      : this.paramGroups.flatMap(({ params }) => params);
  }

  /** Learning rate of the first group; writing it sets that of every group. */
  get lr(): number {
    return this.paramGroups[0].lr;
  }
  set lr(lr: number) {
    for (const group of this.paramGroups) group.lr = lr;
  }

  /** More parameters, with options of their own (torch: add_param_group). Throws ValueError, and has added nothing then. */
  addParamGroup(group: ParamGroupOptions<O>): void {
    const where = this.constructor.name;
    const { params: given, ...options } = group;
    if (!given || typeof given[Symbol.iterator] !== 'function') {
      throw new ValueError(`${where}: a parameter group has no params; expected { params: tensors, … }`);
    }
    const params = [...given];
    const known = new Set(this.parameters);
    params.forEach((p, i) => {
      const which = `parameter ${i}${this.paramGroups.length > 0 ? ` of group ${this.paramGroups.length}` : ''}`;
      // A frozen parameter is passed over, as in torch.
      if (!(p instanceof Tensor) || !(p.requiresGrad || p.isParameter)) {
        throw new ValueError(`${where}: ${which} is not a tensor with requiresGrad`);
      }
      if (known.has(p)) throw new ValueError(`${where}: ${which} is there already; expected each parameter once`);
      known.add(p);
    });
    if (params.length === 0) throw new ValueError(`${where}: a parameter group is empty; expected parameters`);
    const complete = withDefaults(options as unknown as Partial<O>, this.defaults);
    this.check(where, complete);
    this.paramGroups.push({ ...complete, params });
  }

  /**
   * Updates every parameter that has a .grad. All state is allocated before the first parameter changes: on OutOfMemoryError
   * nothing did.
   */
  step(): void {
    this.allocateStates();
    for (const group of this.paramGroups) {
      const due = group.params.filter((p) => p.grad !== null);
      const sign = group.maximize ? -1 : 1;
      for (let first = 0; first < due.length; first += MOST_ROWS) {
        const some = due.slice(first, first + MOST_ROWS);
        for (const [row, p] of some.entries()) this.writeRow(row, p, group);
        this.update(SCRATCH, some.length, sign, group);
      }
    }
  }

  private writeRow(row: number, p: Tensor, group: ParamGroup<O>): void {
    const state = this.stateOf(p, group);
    const { block } = p.operand('step');
    const [a, b = 0] = this.rates(++state.step, group);
    const at = SCRATCH / 4 + row * PARAMETER_ROW;
    i32[at] = block.ptr;
    i32[at + 1] = p.grad!.operand('step').block.ptr;
    for (let i = 0; i < 3; i++) i32[at + 2 + i] = state.buffers[this.slots[i]]?.operand('step').block.ptr ?? 0;
    i32[at + 5] = p.size;
    f32[at + 6] = a;
    f32[at + 7] = b;
    block.version++;
  }

  private allocateStates(): void {
    const known = new Set(this.states.keys());
    try {
      for (const group of this.paramGroups) for (const p of group.params) if (p.grad !== null) this.stateOf(p, group);
    } catch (error) {
      for (const [p, { buffers }] of this.states) {
        if (known.has(p)) continue;
        for (const t of Object.values(buffers)) t.dispose();
        this.states.delete(p);
      }
      throw error;
    }
  }

  /** Frees every parameter's .grad. */
  zeroGrad(): void {
    for (const p of this.parameters) p.grad = null;
  }

  /** A copy of options and state, for checkpoints. */
  stateDict(): OptimizerStateDict {
    let position = 0;
    return {
      paramGroups: this.paramGroups.map(({ params, ...options }) => ({
        params: params.map(() => position++),
        options: options as unknown as Record<string, OptionValue>,
      })),
      state: this.parameters.map((p) => {
        const live = this.states.get(p);
        if (!live) return null;
        const buffers: ParameterState['buffers'] = {};
        for (const [name, t] of Object.entries(live.buffers))
          buffers[name] = { shape: t.shape, data: t.data() as Float32Array };
        return { step: live.step, buffers };
      }),
    };
  }

  /** Throws StateDictError unless the dict has this optimizer's groups and parameters, in number and size. Changes nothing. */
  checkStateDict(dict: OptimizerStateDict): void {
    const where = `${this.constructor.name}.loadStateDict`;
    const sizes = (groups: readonly { params: ArrayLike<unknown> }[]) => groups.map(({ params }) => params.length);
    const [got, expected] = [sizes(dict.paramGroups), sizes(this.paramGroups)];
    const positions = dict.paramGroups.flatMap(({ params }) => params);
    const inOrder = positions.every((position, i) => position === i);
    if (String(got) !== String(expected) || dict.state.length !== this.parameters.length || !inOrder) {
      const grouped = (counts: readonly number[]) => (counts.length > 1 ? ` in groups of ${counts.join(', ')}` : '');
      throw new StateDictError(
        `${where}: holds ${dict.state.length} parameters${grouped(got)}; expected ${this.parameters.length}${grouped(expected)}`,
      );
    }
    this.paramGroups.forEach((group, g) => {
      const { options } = dict.paramGroups[g];
      const unknown = Object.keys(options).filter((name) => !Object.hasOwn(this.defaults, name));
      if (unknown.length > 0) {
        const known = Object.keys(this.defaults).join(', ');
        throw new StateDictError(`${where}: has the options ${unknown.join(', ')}; expected ${known}`);
      }
      const { params: _, ...current } = group;
      const merged = withDefaults(options as unknown as Partial<O>, current as unknown as O);
      this.check(where, merged);
      const names = this.bufferNames(merged).join(', ');
      group.params.forEach((p, i) => {
        const position = dict.paramGroups[g].params[i];
        checkState(`${where}: state of parameter ${position}`, dict.state[position], p, names);
      });
    });
  }

  /** Continues from a stateDict of the same optimizer over the same parameters. Throws StateDictError before anything changed. */
  loadStateDict(dict: OptimizerStateDict): void {
    this.checkStateDict(dict);
    this.paramGroups.forEach((group, g) => {
      const saved = dict.paramGroups[g];
      Object.assign(group, saved.options);
      group.params.forEach((p, i) => {
        const state = dict.state[saved.params[i]];
        if (!state) return;
        const live = this.stateOf(p, group);
        live.step = state.step;
        for (const [name, { data }] of Object.entries(state.buffers)) live.buffers[name]?.set(data);
      });
    });
  }

  /** Frees the optimizer's own memory. */
  dispose(): void {
    for (const { buffers } of this.states.values()) for (const t of Object.values(buffers)) t.dispose();
    this.states.clear();
  }

  private stateOf(p: Tensor, options: O): LiveState {
    const known = this.states.get(p);
    if (known) return known;
    const buffers: Record<string, Tensor> = {};
    const mark = enterFrame();
    try {
      for (const name of this.bufferNames(options)) {
        const value = filled(p.shape, this.initialValue(options), 'optimizer state');
        buffers[name] = new Tensor(value, { madeBy: 'optimizer', scoped: false });
      }
    } catch (error) {
      for (const t of Object.values(buffers)) t.dispose();
      throw error;
    } finally {
      leaveFrame(mark);
    }
    const fresh = { step: 0, buffers };
    this.states.set(p, fresh);
    return fresh;
  }
}

function checkState(where: string, saved: ParameterState | null, p: Tensor, names: string): void {
  if (!saved) return;
  const got = Object.keys(saved.buffers).sort().join(', ');
  if (got !== names) throw new StateDictError(`${where} is ${got || 'empty'}; expected ${names || 'none'}`);
  for (const [name, { data }] of Object.entries(saved.buffers)) {
    if (data.length !== p.size) {
      throw new StateDictError(`${where}: ${name} has ${data.length} elements; expected ${formatShape(p.shape)}`);
    }
  }
}

// What optimizers share: parameters, state tensors that live outside every scope, state dicts.
import { enterFrame, leaveFrame } from '../engine/memory.js';
import { StateDictError, ValueError } from '../errors.js';
import { filled } from '../ops/filled.js';
import type { Operand } from '../ops/op.js';
import { formatShape } from '../shape.js';
import { Owner } from '../tensor/owner.js';
import { Tensor } from '../tensor/tensor.js';

/** What step() has counted and averaged for one parameter. */
export interface ParameterState {
  step: number;
  buffers: Record<string, { shape: readonly number[]; data: Float32Array }>;
}
/** Everything needed to continue: options and, per parameter in order, its state (null before its first step). */
export interface OptimizerStateDict {
  options: Record<string, number | boolean>;
  state: (ParameterState | null)[];
}

interface LiveState {
  step: number;
  buffers: Record<string, Tensor>;
}

export abstract class Optimizer extends Owner {
  readonly parameters: readonly Tensor[];
  private readonly states = new Map<Tensor, LiveState>();

  constructor(
    where: string,
    parameters: Iterable<Tensor>,
    /** Names of the state buffers of each parameter. */
    private readonly bufferNames: () => readonly string[],
  ) {
    super();
    this.parameters = [...parameters];
    if (this.parameters.length === 0) throw new ValueError(`${where}: got no parameters`);
    this.parameters.forEach((p, i) => {
      if (!(p instanceof Tensor) || !p.requiresGrad) {
        throw new ValueError(`${where}: parameter ${i} is not a tensor with requiresGrad`);
      }
    });
  }

  /** Learning rate; schedules write it. */
  abstract lr: number;
  /** The numbers and flags of this optimizer, for stateDict(). */
  protected abstract options(): Record<string, number | boolean>;
  protected abstract setOptions(options: Record<string, number | boolean>): void;
  protected abstract update(
    parameter: Operand,
    gradient: Operand,
    state: { step: number; buffers: Record<string, Operand> },
  ): void;

  /**
   * Updates every parameter that has a .grad. All state is allocated before the first parameter changes: on OutOfMemoryError
   * nothing did.
   */
  step(): void {
    const due = this.parameters.filter((p) => p.grad !== null);
    this.allocateStates(due);
    for (const p of due) {
      const state = this.stateOf(p);
      const operand = p.operand('step');
      const buffers: Record<string, Operand> = {};
      for (const name in state.buffers) buffers[name] = state.buffers[name].operand('step');
      state.step++;
      this.update(operand, p.grad!.operand('step'), { step: state.step, buffers });
      operand.block.version++;
    }
  }

  private allocateStates(due: readonly Tensor[]): void {
    const known = new Set(this.states.keys());
    try {
      for (const p of due) this.stateOf(p);
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
    return {
      options: this.options(),
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

  /** Throws StateDictError unless the dict has this optimizer's parameters, in number and size. Changes nothing. */
  checkStateDict(dict: OptimizerStateDict): void {
    const where = `${this.constructor.name}.loadStateDict`;
    if (dict.state.length !== this.parameters.length) {
      throw new StateDictError(`${where}: holds ${dict.state.length} parameters; expected ${this.parameters.length}`);
    }
    const names = this.bufferNames().join(', ');
    dict.state.forEach((saved, i) => {
      if (!saved) return;
      const p = this.parameters[i];
      const got = Object.keys(saved.buffers).sort().join(', ');
      if (got !== names) {
        throw new StateDictError(`${where}: state of parameter ${i} is ${got || 'empty'}; expected ${names || 'none'}`);
      }
      for (const [name, { data }] of Object.entries(saved.buffers)) {
        if (data.length !== p.size) {
          throw new StateDictError(
            `${where}: ${name} of parameter ${i} has ${data.length} elements; expected ${formatShape(p.shape)}`,
          );
        }
      }
    });
  }

  /** Continues from a stateDict of the same optimizer over the same parameters. Throws StateDictError before anything changed. */
  loadStateDict(dict: OptimizerStateDict): void {
    this.checkStateDict(dict);
    this.setOptions(dict.options);
    dict.state.forEach((saved, i) => {
      const p = this.parameters[i];
      if (!saved) return;
      const live = this.stateOf(p);
      live.step = saved.step;
      for (const [name, { data }] of Object.entries(saved.buffers)) live.buffers[name]?.set(data);
    });
  }

  /** Frees the optimizer's own memory. */
  dispose(): void {
    for (const { buffers } of this.states.values()) for (const t of Object.values(buffers)) t.dispose();
    this.states.clear();
  }

  private stateOf(p: Tensor): LiveState {
    const known = this.states.get(p);
    if (known) return known;
    const buffers: Record<string, Tensor> = {};
    const mark = enterFrame();
    try {
      for (const name of this.bufferNames()) {
        buffers[name] = new Tensor(filled(p.shape, 0, 'optimizer state'), { madeBy: 'optimizer', scoped: false });
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

/** Throws ValueError unless low ≤ value (< high). */
export function checkRange(
  where: string,
  name: string,
  value: number,
  low: number,
  high = Number.POSITIVE_INFINITY,
): void {
  if (!(value >= low && value < high)) {
    const bound = high === Number.POSITIVE_INFINITY ? `at least ${low}` : `from ${low} to below ${high}`;
    throw new ValueError(`${where}: ${name} is ${value}; expected ${bound}`);
  }
}

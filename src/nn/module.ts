// Module: parameters, buffers and children are own properties, found by looking.
import { DisposedError, UnsupportedError, ValueError } from '../errors.js';
import type { StreamLayer } from '../stream/layer.js';
import { Stream } from '../stream/stream.js';
import { noGrad } from '../tensor/grad-mode.js';
import { Owner } from '../tensor/owner.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { type Plain, toPlain } from './plain.js';
import { type LoadOptions, loadStateDict, type StateDictSource } from './state-dict.js';
import { summarize } from './summary.js';

/** Names of buffers, and whether they are part of the state dict. */
const buffers = new WeakMap<Module, Map<string, boolean>>();

/**
 * The base of every layer and model. A subclass assigns parameters (`parameter(…)`), modules and arrays of them to its own
 * properties and writes forward():
 *
 *     class Tagger extends Module {
 *       embedding = new Embedding({ numEmbeddings: 100, embeddingDim: 16 });
 *       lstm = new LSTM({ inputSize: 16, hiddenSize: 32 });
 *       forward(ids: TensorLike) {
 *         const [output] = this.lstm.forward(this.embedding.forward(ids));
 *         return output;
 *       }
 *     }
 */
export abstract class Module extends Owner {
  // gated's own modules set `static name`, so that error messages keep their names in minified bundles.
  /** true while training: dropout drops. Set by train() and eval(). */
  training = true;
  private gone = false;

  // biome-ignore lint/suspicious/noExplicitAny: every module has arguments of its own
  abstract forward(...args: any[]): unknown;

  /**
   * forward() for inference: eval mode, no gradients, nothing left in memory, mode restored. Every tensor of the result
   * becomes a flat typed array.
   */
  predict<A extends Parameters<this['forward']>>(...args: A): Plain<ReturnType<this['forward']>, A[0]> {
    return this.evaluating(() => noGrad(() => scope(() => toPlain(this.forward(...args)) as never))) as never;
  }
  /** @internal Runs fn in eval mode, then restores the mode of every module. */
  evaluating<R>(fn: () => R): R {
    const modes = [...this.modules()].map((m) => [m, m.training] as const);
    this.eval();
    try {
      return fn();
    } finally {
      for (const [m, training] of modes) m.training = training;
    }
  }

  /** Training mode for this module and all below; train(false) is eval(). */
  train(mode = true): this {
    for (const m of this.modules()) m.training = mode;
    return this;
  }
  eval(): this {
    return this.train(false);
  }

  /** This module and every one below, each once. */
  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }
  /** As modules(), with names such as 'encoder.layers.0'; this module's is ''. */
  *namedModules(prefix = '', seen = new Set<Module>()): Generator<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.children()) yield* child.namedModules(join(prefix, name), seen);
  }

  /** The parameters in definition order, tied ones once. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }
  namedParameters(): [string, Tensor][] {
    const seen = new Set<Tensor>();
    return this.namedTensors().filter(([, tensor, kind]) => {
      if (kind !== 'parameter' || seen.has(tensor)) return false;
      seen.add(tensor);
      return true;
    }) as unknown as [string, Tensor][];
  }

  /** The live parameters and buffers by name, tied ones under each name. */
  stateDict(): Record<string, Tensor> {
    const dict: Record<string, Tensor> = Object.create(null);
    for (const [name, tensor, kind] of this.namedTensors()) if (kind !== 'cache') dict[name] = tensor;
    return dict;
  }

  /**
   * Copies tensors into the parameters and buffers of the same names: another module's stateDict(), what
   * `gated/safetensors` loaded, or a record of arrays. strict: false allows missing and unexpected names.
   * @throws StateDictError listing all missing, unexpected and misshapen names; nothing was written then.
   */
  loadStateDict(dict: StateDictSource, options: LoadOptions = {}): { missingKeys: string[]; unexpectedKeys: string[] } {
    return loadStateDict(this.constructor.name, this.stateDict(), dict, options);
  }

  /** Frees every parameter's .grad. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Makes `tensor` a buffer: not trained, no scope's, and (persistent, the default) part of the state dict. */
  registerBuffer(name: string, tensor: Tensor, { persistent = true }: { persistent?: boolean } = {}): void {
    if (name === '' || name.includes('.')) {
      throw new ValueError(`registerBuffer: name is '${name}'; expected a name without dots`);
    }
    let names = buffers.get(this);
    if (!names) buffers.set(this, (names = new Map()));
    names.set(name, persistent);
    tensor.leave();
    (this as Record<string, unknown>)[name] = tensor;
  }

  /**
   * Step-by-step inference with fixed buffers: RNN, LSTM, GRU, Linear, Embedding, Dropout, activations, LayerNorm, BatchNorm1d,
   * causal Conv1d, Permute and Sequential of them.
   * @throws UnsupportedError a module that cannot run one step at a time.
   */
  stream(options: { batch?: number } = {}): Stream {
    this.checkLive('stream');
    return new Stream(this.streamLayers(), options.batch ?? 1, () => this.gone);
  }
  /** @internal The layers a stream runs, in order. */
  streamLayers(): StreamLayer[] {
    throw new UnsupportedError(`${this.constructor.name}.stream: this module cannot run one step at a time`);
  }

  /** Frees all parameters and buffers; streams of this module end. Twice is nothing. */
  dispose(): void {
    for (const module of this.modules()) module.gone = true;
    for (const [, tensor] of this.namedTensors()) tensor.dispose();
  }
  get disposed(): boolean {
    return this.gone;
  }
  protected checkLive(where: string): void {
    if (this.gone) throw new DisposedError(`${this.constructor.name}.${where}: dispose() was called on this module`);
  }

  /** A table of the modules below with their parameters' shapes and counts. */
  summary(): string {
    return summarize(this);
  }
  override toString(): string {
    const children = [...this.children()].map(
      ([name, child]) => `  (${name}): ${String(child).replaceAll('\n', '\n  ')}`,
    );
    const own = `${this.constructor.name}(${this.extraRepr()}`;
    return children.length > 0 ? `${own}\n${children.join('\n')}\n)` : `${own})`;
  }
  /** The options that toString() shows. */
  protected extraRepr(): string {
    return '';
  }

  /** @internal */
  *children(): Generator<[string, Module]> {
    for (const [name, value] of this.members()) if (value instanceof Module) yield [name, value];
  }

  /** Own properties, arrays one level deep as 'name.0'. */
  private *members(): Generator<[string, unknown]> {
    for (const [name, value] of Object.entries(this)) {
      if (Array.isArray(value)) for (const [i, element] of value.entries()) yield [`${name}.${i}`, element];
      else yield [name, value];
    }
  }

  private namedTensors(prefix = ''): [string, Tensor, 'parameter' | 'buffer' | 'cache'][] {
    const found: [string, Tensor, 'parameter' | 'buffer' | 'cache'][] = [];
    const names = buffers.get(this);
    const nested: [string, Module][] = [];
    for (const [name, value] of this.members()) {
      if (value instanceof Module) nested.push([name, value]);
      else if (!(value instanceof Tensor)) continue;
      else if (value.isParameter) found.push([join(prefix, name), value, 'parameter']);
      else if (names?.has(name)) found.push([join(prefix, name), value, names.get(name) ? 'buffer' : 'cache']);
    }
    // As in PyTorch a module's own parameters come before its children's, and buffers after its own parameters.
    found.sort((a, b) => Number(a[2] === 'buffer') - Number(b[2] === 'buffer'));
    for (const [name, child] of nested) found.push(...child.namedTensors(join(prefix, name)));
    return found;
  }
}

function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name;
}

// The names of one graph under way, within those of the graph around it, and when each is needed no more.
import { FormatError } from '../errors.js';
import type { Graph } from './graph.js';
import type { OnnxGraph } from './onnx-graph.js';
import type { Value } from './value.js';

export class Names {
  private readonly values = new Map<string, Value | null>();
  private readonly left = new Map<string, number>();

  constructor(
    private readonly graph: Graph,
    private readonly parent: Names | null,
    private readonly model: OnnxGraph,
  ) {
    const count = (name: string) => this.left.set(name, (this.left.get(name) ?? 0) + 1);
    for (const node of graph.nodes) for (const part of node.cell?.parts ?? [node]) part.reads.forEach(count);
    graph.outputs.forEach(count);
  }

  /** The value of a name, here or around. */
  find(name: string): Value {
    const own = this.values.get(name);
    if (own) return own;
    const constant = this.graph.constants.get(name);
    if (constant) return this.model.constant(constant);
    if (!this.parent || own === null) throw new FormatError(`value "${name}" is made by no node`);
    return this.parent.find(name);
  }
  bind(name: string, value: Value | null): void {
    if (name === '') return;
    this.values.set(name, value);
    if (!value) return;
    value.storage.holds++;
    if (!this.left.has(name)) this.drop(name);
  }
  /** A node has been planned that read `name`. */
  used(name: string): void {
    const left = (this.left.get(name) ?? 0) - 1;
    this.left.set(name, left);
    if (left === 0) this.drop(name);
  }
  /** The end of the graph: everything but what others hold is given back. */
  end(): void {
    for (const name of [...this.values.keys()]) this.drop(name);
  }
  private drop(name: string): void {
    const value = this.values.get(name);
    this.values.delete(name);
    if (!value) return;
    const { storage, known, constant } = value;
    if (--storage.holds === 0 && !constant && !(known && storage.pinned)) storage.arena.give(storage.block);
  }
}

import type { GraphWriter, Value } from './graph.js';

/** Writes a module: from its input to its output. */
// biome-ignore lint/suspicious/noExplicitAny: each takes a module of its own class
export type Layer<M = any> = (g: GraphWriter, module: M, x: Value) => Value;

import { FormatError, GatedError } from '../errors.js';
import type { Node } from './graph.js';

/** What a node left to be done in every run. Allocates nothing. */
export interface Step {
  run(): void;
  node: Node;
}

/** Runs steps; an error names the node. */
export function runSteps(steps: readonly Step[]): void {
  let i = 0;
  try {
    for (; i < steps.length; i++) steps[i].run();
  } catch (error) {
    throw described(error, steps[i].node);
  }
}

/** gated's errors get the node's name; anything else that a strange file provokes becomes a FormatError. */
export function described(error: unknown, node: Node): unknown {
  const own = error instanceof GatedError ? error : new FormatError(String(error), { cause: error });
  if (!own.message.startsWith('onnx: ')) own.message = `onnx: ${node.label}: ${own.message}`;
  return own;
}

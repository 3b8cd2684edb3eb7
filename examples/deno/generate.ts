// One letter at a time through a stream: the state in it is all the model remembers of the name so far.

import type { Sequential } from 'gated';
import { rand, scope } from 'gated';
import { encode, LETTERS } from './model.ts';

export interface GenerateOptions {
  /** How the name begins. */
  prompt?: string;
  /** Below 1: safer names; above 1: wilder ones. */
  temperature?: number;
  longest?: number;
}

/** Yields the letters of one new name as they are drawn. */
export function* generate(model: Sequential, options: GenerateOptions = {}): Generator<string> {
  const { prompt = '', temperature = 0.8, longest = 20 } = options;
  const stream = model.stream();
  try {
    let logits = stream.step([0]);
    for (const letter of encode(prompt)) logits = stream.step([letter]);
    for (let length = prompt.length; length < longest; length++) {
      const next = draw(logits, temperature);
      if (next === 0) return;
      yield String.fromCharCode(96 + next);
      logits = stream.step([next]);
    }
  } finally {
    stream.dispose();
  }
}

function draw(logits: Float32Array, temperature: number): number {
  const highest = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp((logit - highest) / temperature));
  // gated's generator rather than Math.random, so that manualSeed makes the names repeatable.
  let left = scope(() => rand([1]).item()) * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < LETTERS - 1; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return LETTERS - 1;
}

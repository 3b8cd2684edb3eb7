// Normalisation, convolution and pooling against PyTorch: outputs, all gradients, running statistics.
import { describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  BatchNorm1d,
  Conv1d,
  ConvTranspose1d,
  LayerNorm,
  MaxPool1d,
  type Module,
  scope,
  type Tensor,
} from '../../src/index.js';
import { type Entry, Goldens, Ratios } from './read.js';

const MODULES = {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  BatchNorm1d,
  Conv1d,
  ConvTranspose1d,
  LayerNorm,
  MaxPool1d,
};

interface LayerCase {
  name: string;
  module: keyof typeof MODULES;
  options: never;
  training: boolean;
  inputs: Entry[];
  weights: Record<string, Entry>;
  upstream: Entry;
  results: Record<string, Entry>;
}

const goldens = new Goldens<LayerCase>('layers');

describe.each([...new Set(goldens.cases.map((c) => c.module))])('%s', (module) => {
  const ratios = new Ratios();
  test.each(goldens.cases.filter((c) => c.module === module))('$name', (c) => {
    const layer = new MODULES[module](c.options) as Module;
    layer.loadStateDict(
      Object.fromEntries(Object.entries(c.weights).map(([name, entry]) => [name, goldens.read(entry)])),
    );
    layer.train(c.training);
    scope(() => {
      const inputs = c.inputs.map((entry) => goldens.tensor(entry, true));
      const outputs = inputs.map((x) => layer.forward(x) as Tensor);
      const out = outputs.at(-1)!;
      out.mul(goldens.tensor(c.upstream)).sum().backward();
      const state = layer.stateDict();
      const found: Record<string, Tensor | null> = { out, dInput: inputs.at(-1)!.grad };
      for (const name in state) {
        found[`d.${name}`] = state[name].grad;
        found[`b.${name}`] = state[name];
      }
      for (const [name, golden] of Object.entries(goldens.record(c.results))) {
        ratios.compare(name, found[name]!, golden);
      }
    });
    layer.dispose();
  });
  test('the median error is at most 1.25 times PyTorch’s', () => {
    expect(ratios.median() ?? 0).toBeLessThanOrEqual(1.25);
  });
});

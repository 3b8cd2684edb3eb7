// Cells spelled out become one node each; what only looks like a cell stays as it is, or falls back when its shapes are known.
import { describe, expect, test } from 'vitest';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { goldenCases } from './goldens.js';

const FALL_BACK = /split by rows|one row of c|a bias for each row|h twice|2 - z|1 comes with the run/;

describe('cells spelled out', () => {
  test.each(goldenCases('cells'))('$name', ({ name, model }) => {
    const { graph, arena } = new OnnxGraph(model);
    const cells = graph.nodes.filter(({ cell }) => cell).length;
    arena.dispose();
    if (name.startsWith('no cell')) expect(cells).toBe(FALL_BACK.test(name) ? 1 : 0);
    else {
      expect(cells).toBe(name.includes('three steps') ? 3 : name.includes('two steps') ? 2 : 1);
      expect(graph.nodes.length - cells).toBe(name.includes('used at once') ? 2 : 0);
    }
  });
});

// Cells spelled out become one node each; what only looks like a cell stays as it is, or falls back when its shapes are known.
import { describe, expect, test } from 'vitest';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { goldenCases } from './goldens.js';

const FALL_BACK = /split by rows|one row of c|a bias for each row|h twice|2 - z|1 comes with the run/;

describe('cells spelled out', () => {
  test.each(goldenCases('cells'))('$name', ({ name, model }) => {
    const { graph, arena } = new OnnxGraph(model);
    const nodes = graph.nodes.flatMap((node) => [...(node.graphs.get('body')?.nodes ?? [node])]);
    const cells = nodes.filter(({ cell }) => cell).length;
    arena.dispose();
    if (name.startsWith('no cell')) expect(cells).toBe(FALL_BACK.test(name) ? 1 : 0);
    else {
      expect(cells).toBe(name.includes('three steps') ? 3 : name.includes('two steps') ? 2 : 1);
      expect(nodes.length - cells).toBe(name.includes('used at once') ? 2 : name.startsWith('Scan') ? 1 : 0);
    }
  });
});

describe('simplified graphs', () => {
  test.each(goldenCases('simplified'))('$name', ({ name, model }) => {
    const { graph, arena } = new OnnxGraph(model);
    arena.dispose();
    const types = graph.nodes.map(({ type }) => type);
    if (name.startsWith('fold')) expect(types).not.toContain('BatchNormalization');
    else if (name.startsWith('no fold')) expect(types).toContain('BatchNormalization');
    else expect(types.filter((type) => type === 'Transpose').length).toBe(/undo|^two transposes$/.test(name) ? 1 : 2);
  });
});

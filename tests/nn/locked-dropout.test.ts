// LockedDropout: one mask for all steps.
import { describe, expect, test } from 'vitest';
import {
  GRU,
  LockedDropout,
  manualSeed,
  ones,
  packPaddedSequence,
  padPackedSequence,
  parameter,
  Sequential,
  scope,
  ValueError,
} from '../../src/index.js';

describe('LockedDropout', () => {
  const x = () => ones([6, 2, 50]);
  test('one mask for all steps, drawn anew at every call, in both layouts and unbatched', () => {
    scope(() => {
      manualSeed(12);
      const drop = new LockedDropout({ p: 0.5 });
      const out = drop.forward(x());
      const rows = out.toArray() as number[][][];
      for (const step of rows) expect(step).toEqual(rows[0]);
      expect(rows[0][0]).not.toEqual(rows[0][1]);
      expect(new Set(out.data())).toEqual(new Set([0, 2]));
      expect(drop.forward(x()).toArray()).not.toEqual(rows);
      const first = new LockedDropout({ p: 0.5, batchFirst: true }).forward(ones([2, 6, 50])).toArray() as number[][][];
      for (const row of first) for (const step of row) expect(step).toEqual(row[0]);
      expect(first[0]).not.toEqual(first[1]);
      const [one, two] = new LockedDropout({ batchFirst: true }).forward(ones([2, 50])).toArray() as number[][];
      expect(one).toEqual(two);
    });
  });
  test('a PackedSequence: the mask belongs to the row', () => {
    scope(() => {
      const packed = packPaddedSequence(x(), [3, 6], { enforceSorted: false });
      const [out] = padPackedSequence(new LockedDropout().forward(packed));
      const rows = out.toArray() as number[][][];
      for (let t = 0; t < 6; t++) expect(rows[t][1]).toEqual(rows[0][1]);
      for (let t = 0; t < 3; t++) expect(rows[t][0]).toEqual(rows[0][0]);
      expect(new LockedDropout({ p: 0 }).forward(packed)).toBe(packed);
    });
  });
  test('eval passes on; gradients are masked; options; streams', () => {
    scope(() => {
      const drop = new LockedDropout({ p: 0.5 }).eval();
      const input = x();
      expect(drop.forward(input)).toBe(input);
      drop.train();
      const leaf = parameter(ones([3, 2, 4]));
      const out = drop.forward(leaf);
      out.sum().backward();
      expect(leaf.grad!.toArray()).toEqual(out.toArray());
      expect(String(new LockedDropout({ p: 0.25 }))).toBe('LockedDropout({ p: 0.25 })');
      expect(() => new LockedDropout({ p: 2 })).toThrow(ValueError);
      const model = new Sequential(new GRU({ inputSize: 3, hiddenSize: 4 }), drop);
      expect(model.stream().outputSize).toBe(4);
      model.dispose();
    });
  });
});

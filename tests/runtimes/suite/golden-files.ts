// Stands in for tests/goldens/files.ts in the bundle: the goldens inside.

// @ts-expect-error bytes, by esbuild's binary loader
import cellsBytes from '../../goldens/cells.bin';
import cells from '../../goldens/cells.json' with { type: 'json' };
import type { SchedulerGoldens } from '../../goldens/files.js';
// @ts-expect-error likewise
import flowBytes from '../../goldens/flow.bin';
import flow from '../../goldens/flow.json' with { type: 'json' };
// @ts-expect-error likewise
import layersBytes from '../../goldens/layers.bin';
import layers from '../../goldens/layers.json' with { type: 'json' };
// @ts-expect-error likewise
import opsBytes from '../../goldens/ops.bin';
import ops from '../../goldens/ops.json' with { type: 'json' };
// @ts-expect-error likewise
import optimizersBytes from '../../goldens/optimizers.bin';
import optimizers from '../../goldens/optimizers.json' with { type: 'json' };
// @ts-expect-error likewise
import recurrentBytes from '../../goldens/recurrent.bin';
import recurrent from '../../goldens/recurrent.json' with { type: 'json' };
import schedulerGoldens from '../../goldens/schedulers.json' with { type: 'json' };
// @ts-expect-error likewise
import trainingBytes from '../../goldens/training.bin';
import training from '../../goldens/training.json' with { type: 'json' };
// @ts-expect-error likewise
import trainingLongBytes from '../../goldens/training-long.bin';
import trainingLong from '../../goldens/training-long.json' with { type: 'json' };
// @ts-expect-error likewise
import variantCellsBytes from '../../goldens/variant-cells.bin';
import variantCells from '../../goldens/variant-cells.json' with { type: 'json' };
// @ts-expect-error likewise
import variantsBytes from '../../goldens/variants.bin';
import variants from '../../goldens/variants.json' with { type: 'json' };
// @ts-expect-error likewise
import weightNormBytes from '../../goldens/weight-norm.bin';
import weightNorm from '../../goldens/weight-norm.json' with { type: 'json' };

const files: Record<string, { cases: unknown[]; bytes: Uint8Array<ArrayBuffer> }> = {
  cells: { cases: cells.cases, bytes: cellsBytes },
  flow: { cases: flow.cases, bytes: flowBytes },
  layers: { cases: layers.cases, bytes: layersBytes },
  ops: { cases: ops.cases, bytes: opsBytes },
  optimizers: { cases: optimizers.cases, bytes: optimizersBytes },
  recurrent: { cases: recurrent.cases, bytes: recurrentBytes },
  training: { cases: training.cases, bytes: trainingBytes },
  'training-long': { cases: trainingLong.cases, bytes: trainingLongBytes },
  'variant-cells': { cases: variantCells.cases, bytes: variantCellsBytes },
  variants: { cases: variants.cases, bytes: variantsBytes },
  'weight-norm': { cases: weightNorm.cases, bytes: weightNormBytes },
};

export function schedulers(): SchedulerGoldens {
  return schedulerGoldens as unknown as SchedulerGoldens;
}
export function goldenFile(name: string): { cases: unknown[]; bytes: Uint8Array<ArrayBuffer> } {
  return files[name];
}

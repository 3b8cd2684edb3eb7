// Pins the build that vitest.config.ts asks for, and makes sure that it is the one that runs.
import { engineInfo, setDeterministic } from '../src/index.js';

setDeterministic(process.env.GATED_BUILD === 'baseline');
if (engineInfo().build !== process.env.GATED_BUILD) {
  throw new Error(`tests: the ${process.env.GATED_BUILD} build was asked for, ${engineInfo().build} runs`);
}

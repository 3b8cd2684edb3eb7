// A model in one file: weights, and the vocabularies they belong to.
import { readFileSync, writeFileSync } from 'node:fs';
import { vocabularyFromJSON } from 'gated/data';
import * as safetensors from 'gated/safetensors';
import { Translator } from './model.mjs';
import { SOURCE, TARGET } from './tokens.mjs';

export function saveModel(model, path) {
  const metadata = { source: JSON.stringify(SOURCE), target: JSON.stringify(TARGET) };
  writeFileSync(path, safetensors.save(model.stateDict(), { metadata }));
}

/** Throws for a damaged file, and for one of other vocabularies. */
export function loadModel(path) {
  const file = safetensors.load(readFileSync(path));
  for (const [name, vocabulary] of Object.entries({ source: SOURCE, target: TARGET })) {
    const saved = vocabularyFromJSON(JSON.parse(file.metadata.get(name) ?? 'null'));
    if (saved.tokens.join() !== vocabulary.tokens.join()) throw new Error(`${path} has another ${name} vocabulary`);
  }
  const model = new Translator({ source: SOURCE.size, target: TARGET.size });
  model.loadStateDict(file);
  return model;
}

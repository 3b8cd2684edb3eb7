// POST /api/language { "words": ["hello", …] } -> { "words": [{ word, language, probability }, …] }
import { weights } from '../model/weights.js';
import { createClassifier, LANGUAGES } from '../src/classifier.js';
import { HttpError, readWords } from '../src/request.js';

export const config = { runtime: 'edge' };

let classify = null;

/** Made at the first request and shared by all later ones, so that a cold start does no more than it must. */
function theClassifier() {
  classify ??= createClassifier(Uint8Array.from(atob(weights), (character) => character.charCodeAt(0)));
  return classify;
}

export default async function handler(request) {
  try {
    const words = await readWords(request);
    const all = theClassifier()(words.map(({ letters }) => letters));
    return Response.json({ words: words.map(({ word }, i) => ({ word, ...best(all[i]) })) });
  } catch (error) {
    if (error instanceof HttpError) {
      return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
    }
    // A bug or a full memory: details are for the log, not for the caller.
    console.error(error);
    return Response.json({ error: 'internal error' }, { status: 500 });
  }
}

function best(probabilities) {
  const probability = Math.max(...probabilities);
  return { language: LANGUAGES[probabilities.indexOf(probability)], probability };
}

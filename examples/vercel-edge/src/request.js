// What a request may be. Everything else is refused with a status and a text that says what came and what was expected.
import { lettersOf, MAX_LETTERS } from './classifier.js';

export const MAX_BYTES = 16 * 1024;
export const MAX_WORDS = 100;

export class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The words of a POST with JSON, each as it came and as letters. */
export async function readWords(request) {
  if (request.method !== 'POST') {
    throw new HttpError(405, `method is ${request.method}; expected POST`, { allow: 'POST' });
  }
  const type = request.headers.get('content-type') ?? 'nothing';
  if (type.split(';')[0].trim().toLowerCase() !== 'application/json') {
    throw new HttpError(415, `content-type is ${short(type)}; expected application/json`);
  }
  return checkBody(parse(await readBody(request)));
}

/** The body's bytes, counted while they come in: content-length may be missing or a lie. */
async function readBody(request) {
  const body = new Uint8Array(MAX_BYTES);
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    if (size + value.byteLength > MAX_BYTES) {
      // Not awaited: the sender may never answer.
      reader.cancel().catch(() => {});
      throw new HttpError(413, `body has more than ${MAX_BYTES} bytes`);
    }
    body.set(value, size);
    size += value.byteLength;
  }
  return body.subarray(0, size);
}

function parse(bytes) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new HttpError(400, `body is not JSON: ${error.message}`);
  }
}

function checkBody(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, `body is ${show(body)}; expected an object { words }`);
  }
  const { words, ...rest } = body;
  const [other] = Object.keys(rest);
  if (other !== undefined) throw new HttpError(400, `body has '${short(other)}'; expected only words`);
  if (!Array.isArray(words)) {
    throw new HttpError(400, `words is ${show(words)}; expected an array of 1 to ${MAX_WORDS} words`);
  }
  if (words.length < 1 || words.length > MAX_WORDS) {
    throw new HttpError(400, `words has ${words.length} elements; expected 1 to ${MAX_WORDS}`);
  }
  return words.map((word, i) => {
    const letters = typeof word === 'string' ? lettersOf(word) : null;
    if (letters) return { word, letters };
    throw new HttpError(
      400,
      `words[${i}] is ${show(word)}; expected a word of 1 to ${MAX_LETTERS} letters from a to z`,
    );
  });
}

/** A value as an error shows it. */
function show(value) {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? `the string '${short(value)}'` : String(value);
}

function short(text) {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

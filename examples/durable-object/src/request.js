// What a request may be. Everything else is refused with a status and a text that says what came and what was expected.
import { FEATURES } from './recognizer.js';

export const MAX_BYTES = 4096;
/** In g: far more than any sensor measures. */
const LARGEST = 1000;

export class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** { id, action } of /sessions/<id>[/<action>]. */
export function readPath(pathname) {
  const [, root, id, action = 'session', ...rest] = pathname.split('/');
  if (root !== 'sessions' || id === undefined || rest.length > 0) {
    throw new HttpError(404, 'no such path; expected /sessions/<id>/step, /sessions/<id>/state or /sessions/<id>');
  }
  if (!/^[\w-]{1,64}$/.test(id)) {
    throw new HttpError(400, `session id is '${short(id)}'; expected 1 to 64 letters, digits, - or _`);
  }
  return { id, action };
}

/** { features, at } of a step. */
export async function readStep(request) {
  const bytes = await readBody(request, 'application/json');
  let body;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new HttpError(400, `body is not JSON: ${error.message}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, `body is ${show(body)}; expected an object { features, at? }`);
  }
  const { features, at, ...rest } = body;
  const [other] = Object.keys(rest);
  if (other !== undefined) throw new HttpError(400, `body has '${short(other)}'; expected only features and at`);
  if (!Array.isArray(features)) {
    throw new HttpError(400, `features is ${show(features)}; expected an array of ${FEATURES} numbers`);
  }
  if (features.length !== FEATURES) {
    throw new HttpError(400, `features has ${features.length} elements; expected ${FEATURES}`);
  }
  // JSON has no NaN, but null comes in its place, and 1e999 is read as Infinity.
  const bad = features.findIndex((x) => typeof x !== 'number' || !(Math.abs(x) <= LARGEST));
  if (bad >= 0) {
    const expected = `a number between -${LARGEST} and ${LARGEST}`;
    throw new HttpError(400, `features[${bad}] is ${show(features[bad])}; expected ${expected}`);
  }
  if (at !== undefined && !(Number.isInteger(at) && at >= 0)) {
    throw new HttpError(400, `at is ${show(at)}; expected the number of steps so far`);
  }
  return { features, at };
}

/** The body's bytes, counted while they come in: content-length may be missing or a lie. */
export async function readBody(request, expectedType) {
  const type = request.headers.get('content-type') ?? 'nothing';
  if (type.split(';')[0].trim().toLowerCase() !== expectedType) {
    throw new HttpError(415, `content-type is ${short(type)}; expected ${expectedType}`);
  }
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
  return body.slice(0, size);
}

export function checkMethod(request, ...allowed) {
  if (!allowed.includes(request.method)) {
    const allow = allowed.join(', ');
    throw new HttpError(405, `method is ${request.method}; expected ${allow}`, { allow });
  }
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

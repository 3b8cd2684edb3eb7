// What a request may be. Everything else is refused with a status and a text that says what came and what was expected.
import { MAX_POINTS, MAX_STEPS, MIN_POINTS } from './forecaster.js';

/** 512 numbers of 17 digits with sign, point, exponent and comma need 13 kB. */
export const MAX_BYTES = 16 * 1024;
/** Numbers up to this size stay exact enough when they are scaled, and their squares finite. */
const LARGEST = 1e15;

export class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** { series, steps } of a POST with JSON. */
export async function readForecastRequest(request) {
  if (request.method !== 'POST') {
    throw new HttpError(405, `method is ${request.method}; expected POST`, { allow: 'POST' });
  }
  const type = request.headers.get('content-type') ?? 'nothing';
  if (type.split(';')[0].trim().toLowerCase() !== 'application/json') {
    throw new HttpError(415, `content-type is ${type}; expected application/json`);
  }
  return checkBody(parse(await readText(request)));
}

/** The body as text. Bytes are counted while they come in: content-length may be missing or a lie. */
async function readText(request) {
  const chunks = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_BYTES) {
      // Not awaited: the sender may never answer.
      reader.cancel().catch(() => {});
      throw new HttpError(413, `body has more than ${MAX_BYTES} bytes`);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError(400, 'body is not UTF-8; expected JSON');
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, `body is not JSON: ${error.message}`);
  }
}

function checkBody(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, `body is ${show(body)}; expected an object { series, steps }`);
  }
  const { series, steps = MAX_STEPS, ...rest } = body;
  const [other] = Object.keys(rest);
  if (other !== undefined) throw new HttpError(400, `body has '${short(other)}'; expected only series and steps`);
  if (!Array.isArray(series)) {
    throw new HttpError(400, `series is ${show(series)}; expected an array of ${MIN_POINTS} to ${MAX_POINTS} numbers`);
  }
  if (series.length < MIN_POINTS || series.length > MAX_POINTS) {
    throw new HttpError(400, `series has ${series.length} elements; expected ${MIN_POINTS} to ${MAX_POINTS}`);
  }
  // JSON has no NaN, but null comes in its place, and 1e999 is read as Infinity.
  const bad = series.findIndex((x) => typeof x !== 'number' || !(Math.abs(x) <= LARGEST));
  if (bad >= 0) {
    const expected = `a number between -${LARGEST} and ${LARGEST}`;
    throw new HttpError(400, `series[${bad}] is ${show(series[bad])}; expected ${expected}`);
  }
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    throw new HttpError(400, `steps is ${show(steps)}; expected an integer from 1 to ${MAX_STEPS}`);
  }
  return { series, steps };
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

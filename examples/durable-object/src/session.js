// One Durable Object per session. It keeps nothing in memory: the truth is in its storage, so an eviction has nothing to lose.
import { DurableObject } from 'cloudflare:workers';
import { FormatError, setDeterministic } from 'gated';
import weights from '../model/recognizer.safetensors';
import { bestActivity, createRecognizer } from './recognizer.js';
import { crc32, decodeRecord, encodeRecord, OtherModelError, RecordError } from './record.js';

const KEY = 'session';
let shared = null;

/** The model of all objects in this isolate. Made at the first call: workerd allows no random numbers while a worker starts. */
function theModel() {
  if (!shared) {
    // A session may go on on another machine: baseline gives the same bits on each.
    setDeterministic(true);
    const bytes = new Uint8Array(weights);
    shared = { recognizer: createRecognizer(bytes), id: crc32(bytes) };
  }
  return shared;
}

/**
 * Each method answers { status, … }. None awaits between reading and writing the state, so nothing can come between and
 * blockConcurrencyWhile is not needed. The runtime holds each answer back until what was written before it is safe on disk.
 */
export class Session extends DurableObject {
  /** `at`, where given, is how many steps the caller believes the session has had: a repeated request is noticed, not counted twice. */
  step(features, at) {
    return answered(() => {
      const { recognizer, id } = theModel();
      const before = this.read() ?? { steps: 0, state: null };
      if (at !== undefined && at !== before.steps) {
        return { status: 409, error: `at is ${at}; the session has had ${before.steps} steps`, steps: before.steps };
      }
      const { scores, state } = recognizer.step(before.state, features);
      const steps = before.steps + 1;
      this.write(encodeRecord({ model: id, steps, state }));
      return { status: 200, steps, activity: bestActivity(scores), scores };
    });
  }

  getState() {
    return answered(() => {
      const record = this.read();
      if (!record) return { status: 404, error: 'no such session' };
      return { status: 200, steps: record.steps, bytes: this.ctx.storage.kv.get(KEY) };
    });
  }

  /** Goes on from the bytes of another session's getState(). Bytes from outside are the caller's mistake if they are wrong: 400. */
  putState(bytes) {
    return answered(() => {
      const { recognizer, id } = theModel();
      try {
        const record = decodeRecord(bytes, id);
        recognizer.check(record.state);
        this.write(bytes);
        return { status: 200, steps: record.steps };
      } catch (error) {
        if (isDamage(error)) return { status: 400, error: error.message };
        throw error;
      }
    });
  }

  async remove() {
    await this.ctx.storage.deleteAll();
    return { status: 200 };
  }

  /** The stored record, null for a new session. */
  read() {
    const bytes = this.ctx.storage.kv.get(KEY);
    return bytes === undefined ? null : decodeRecord(bytes, theModel().id);
  }
  write(bytes) {
    this.ctx.storage.kv.put(KEY, bytes);
  }
}

/** Damage is said, never repaired: a silent new beginning would give wrong answers that look right. */
function answered(act) {
  try {
    return act();
  } catch (error) {
    if (error instanceof OtherModelError) {
      return { status: 409, error: `${error.message}; delete the session to begin again` };
    }
    if (!isDamage(error)) throw error;
    console.error(String(error));
    return { status: 500, error: `stored state is damaged: ${error.message}; delete the session to begin again` };
  }
}

function isDamage(error) {
  return error instanceof RecordError || error instanceof FormatError;
}

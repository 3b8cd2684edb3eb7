// POST /sessions/<id>/step { features, at? }    GET, PUT /sessions/<id>/state    DELETE /sessions/<id>    GET /health
import { memoryInfo } from 'gated';
import { checkMethod, HttpError, readBody, readPath, readStep } from './request.js';

export { Session } from './session.js';

const BYTES = 'application/octet-stream';

export default {
  async fetch(request, env) {
    try {
      return await route(request, env);
    } catch (error) {
      if (error instanceof HttpError) return json(error.status, { error: error.message }, error.headers);
      // The object went away in the middle, with the answer but not with the state: GET its state to see whether the step counted.
      if (error.durableObjectReset || error.retryable || error.overloaded) {
        return json(503, { error: 'the session was interrupted; ask again' }, { 'retry-after': '1' });
      }
      console.error(error);
      return json(500, { error: 'internal error' });
    }
  },
};

async function route(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === '/health') {
    checkMethod(request, 'GET');
    return json(200, { memory: memoryInfo() });
  }
  const { id, action } = readPath(pathname);
  // Whatever can be refused is refused here, before an object is woken for it.
  const session = () => env.SESSIONS.get(env.SESSIONS.idFromName(id));
  if (action === 'step') {
    checkMethod(request, 'POST');
    const { features, at } = await readStep(request);
    return reply(await session().step(features, at));
  }
  if (action === 'state') {
    checkMethod(request, 'GET', 'PUT');
    if (request.method === 'PUT') return reply(await session().putState(await readBody(request, BYTES)));
    const { bytes, ...answer } = await session().getState();
    if (!bytes) return reply(answer);
    return new Response(bytes, { headers: { 'content-type': BYTES, 'session-steps': String(answer.steps) } });
  }
  if (action === 'session') {
    checkMethod(request, 'DELETE');
    return reply(await session().remove());
  }
  throw new HttpError(404, 'no such path; expected /sessions/<id>/step, /sessions/<id>/state or /sessions/<id>');
}

function reply({ status, ...body }) {
  return json(status, body);
}
function json(status, body, headers = {}) {
  return Response.json(body, { status, headers });
}

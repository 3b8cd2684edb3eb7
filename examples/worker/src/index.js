// POST /forecast { series, steps } -> { forecast }    GET /health -> what the kernels hold in memory
import { engineInfo, memoryInfo, setDeterministic } from 'gated';
// Bytes: wrangler.jsonc declares *.safetensors as Data.
import weights from '../model/forecaster.safetensors';
import { createForecaster } from './forecaster.js';
import { HttpError, readForecastRequest } from './request.js';

let forecast = null;

/** Made at the first request: workerd allows neither random numbers nor much work while a worker starts. Later requests share it. */
function theForecast(env) {
  if (!forecast) {
    // The machines of an edge differ. The baseline build gives the same answer on each of them, to the last bit.
    setDeterministic(env.DETERMINISTIC !== 'false');
    forecast = createForecaster(new Uint8Array(weights));
  }
  return forecast;
}

export default {
  async fetch(request, env) {
    try {
      const { pathname } = new URL(request.url);
      if (pathname === '/forecast') {
        const { series, steps } = await readForecastRequest(request);
        return Response.json({ forecast: theForecast(env)(series, steps) });
      }
      if (pathname === '/health') {
        if (request.method !== 'GET') {
          throw new HttpError(405, `method is ${request.method}; expected GET`, { allow: 'GET' });
        }
        theForecast(env);
        return Response.json({ build: engineInfo().build, memory: memoryInfo() });
      }
      throw new HttpError(404, 'no such path; expected /forecast or /health');
    } catch (error) {
      if (error instanceof HttpError) {
        return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
      }
      // A bug or a full memory: details are for the log, not for the caller.
      console.error(error);
      return Response.json({ error: 'internal error' }, { status: 500 });
    }
  },
};

import { runSuite } from './suite.mjs';

const query = new URLSearchParams(location.search);
const [build, given] = [query.get('build'), query.get('given')];

function runInWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.postMessage({ build, given });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
  });
}

(query.has('worker') ? runInWorker() : runSuite(build, given))
  .catch((error) => ({ error: String(error?.stack ?? error) }))
  .then((report) => fetch('/report', { method: 'POST', body: JSON.stringify(report) }));

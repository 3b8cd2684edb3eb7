import { runSuite } from './suite.mjs';

const query = new URLSearchParams(location.search);
runSuite(query.get('build'), query.get('given'))
  .catch((error) => ({ error: String(error?.stack ?? error) }))
  .then((report) => fetch('/report', { method: 'POST', body: JSON.stringify(report) }));

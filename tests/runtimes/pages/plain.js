// As a page without any bundler has it: files that import one another.
import { runSuite } from './plain-suite.js';

const query = new URLSearchParams(location.search);
const detail = await runSuite(query.get('build'), query.get('given')).catch((error) => ({
  error: String(error?.stack ?? error),
}));
dispatchEvent(new CustomEvent('report', { detail }));

// Chromium (page, workers, audio worklet, isolated, plain page without a bundler), Firefox and WebKitGTK, on pages served here.
import { chromium, firefox, reportFrom, webkit } from '../pages/launch.mjs';
import { servePages } from '../pages/serve.mjs';

/** All that a context may ask its server for, besides the page, its script and the report. */
const OWN_FILES = {
  worker: ['worker.js'],
  'service-worker': ['service-worker.js'],
  'audio-worklet': ['audio-worklet.js'],
  plain: ['plain.js', 'plain-suite.js', 'gated.min.js', 'safetensors.js', 'onnx.js', 'reference.js'],
};

function checkRequests(context, requests) {
  const own = ['', 'page.js', ...(OWN_FILES[context] ?? [])].map((name) => `/${context}/${name}`);
  // Firefox asks every server for an icon by itself.
  const foreign = requests.filter((path) => ![...own, '/report', '/favicon.ico'].includes(path));
  if (foreign.length > 0) throw new Error(`asked for ${foreign.join(' ')}; expected no more than ${own.join(' ')}`);
}

/** Opens a page that runs the suite in `context`. */
function pageIn(browser, context) {
  return async ({ project }) => {
    const version = browser.install();
    return {
      version,
      async report(build, given) {
        const pages = await servePages(project);
        try {
          const query = new URLSearchParams({ context, build, given: given ?? '' });
          const report = await reportFrom(browser, pages, `/${context}/?${query}`);
          checkRequests(context, pages.requests);
          return report;
        } finally {
          await pages.close();
        }
      },
    };
  };
}

const both = ['baseline', 'relaxed'];
const CSP = "under script-src 'self' 'wasm-unsafe-eval'";
export default [
  { name: 'chromium-page', title: `Chromium, page ${CSP}`, builds: both, open: pageIn(chromium, 'page') },
  {
    name: 'chromium-plain',
    title: 'Chromium, gated.min.js without a bundler',
    builds: both,
    open: pageIn(chromium, 'plain'),
  },
  {
    name: 'chromium-isolated',
    title: 'Chromium, cross-origin isolated page',
    builds: both,
    open: pageIn(chromium, 'isolated'),
  },
  { name: 'chromium-worker', title: 'Chromium, module worker', builds: both, open: pageIn(chromium, 'worker') },
  {
    name: 'chromium-service-worker',
    title: 'Chromium, service worker',
    builds: both,
    open: pageIn(chromium, 'service-worker'),
  },
  {
    name: 'chromium-audio-worklet',
    title: 'Chromium, AudioWorklet',
    builds: both,
    open: pageIn(chromium, 'audio-worklet'),
  },
  { name: 'firefox', title: `Firefox, page ${CSP}`, builds: both, open: pageIn(firefox, 'page') },
  { name: 'firefox-worker', title: 'Firefox, module worker', builds: both, open: pageIn(firefox, 'worker') },
  {
    name: 'firefox-audio-worklet',
    title: 'Firefox, AudioWorklet',
    builds: both,
    open: pageIn(firefox, 'audio-worklet'),
  },
  { name: 'webkit', title: 'WebKitGTK, page', builds: ['baseline'], open: pageIn(webkit, 'page') },
  { name: 'webkit-worker', title: 'WebKitGTK, module worker', builds: ['baseline'], open: pageIn(webkit, 'worker') },
];

// Serves what browsers open, under a strict Content-Security-Policy: the pages here, where /<context>/ runs the suite in that context, or a folder.
// A page posts its report to /report.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleSuite } from '../suite.mjs';

const here = new URL('.', import.meta.url).pathname;

/** Everything a page may do: run its own scripts, WebAssembly among them, and talk to its own server. */
export const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Scripts that esbuild makes for `--conditions=browser`, as a user's bundler would. */
const SCRIPTS = ['page', 'worker', 'service-worker', 'audio-worklet'];

let bundles;

/** Starts a server of one report for the pages above: /<context>/ and that context's own files. */
export async function servePages(project) {
  const files = await (bundles ??= makeFiles(project));
  const page = '<!doctype html><title>gated</title><script type="module" src="page.js"></script>';
  return serve((pathname, response) => {
    const [, context, name] = pathname.split('/');
    const headers = context === 'isolated' ? ISOLATED : {};
    send(response, name === '' ? 'index.html' : name, name === '' ? page : files.get(name), headers);
  });
}

/** The same for a folder of files, as any static host serves it. */
export function serveFolder(folder) {
  return serve((pathname, response) => {
    const path = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    send(response, path, existsSync(path) ? readFileSync(path) : undefined);
  });
}

/** A server whose `report` is what a page posts to /report; `answer(pathname, response, request)` does the rest. `requests` lists the paths asked for. */
export async function serve(answer) {
  const requests = [];
  let deliver;
  const report = new Promise((resolve) => (deliver = resolve));
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    requests.push(pathname);
    if (pathname === '/report') return deliver(await readReport(request, response));
    answer(pathname, response, request);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    origin: `http://localhost:${server.address().port}`,
    requests,
    report,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const TYPES = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' };

function send(response, name, body, headers = {}) {
  response.writeHead(body === undefined ? 404 : 200, {
    'content-type': TYPES[name.split('.').pop()] ?? 'application/octet-stream',
    'content-security-policy': CSP,
    ...headers,
  });
  response.end(body);
}

async function readReport(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.writeHead(204).end();
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function makeFiles(project) {
  const files = new Map();
  const { outputFiles } = await build({
    entryPoints: SCRIPTS.map((name) => `${here}${name}.js`),
    outdir: project,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['browser'],
    alias: { 'the-suite': `${project}/suite.mjs` },
  });
  for (const { path, text } of outputFiles) files.set(path.split('/').pop(), text);
  // Without a bundler: the suite imports the files as they are.
  const dist = `${project}/node_modules/gated/dist`;
  await bundleSuite(`${project}/plain-suite.mjs`, {
    gated: './gated.min.js',
    'gated/data': './gated.min.js',
    'gated/decoding': './gated.min.js',
    'gated/serving': './gated.min.js',
    'gated/safetensors': './safetensors.js',
    'gated/onnx': './onnx.js',
    'gated/reference': './reference.js',
  });
  files.set('plain-suite.js', readFileSync(`${project}/plain-suite.mjs`, 'utf8'));
  files.set('plain.js', readFileSync(`${here}plain.js`, 'utf8'));
  files.set('gated.min.js', readFileSync(`${dist}/gated.min.js`, 'utf8'));
  files.set(
    'safetensors.js',
    "import { safetensors } from './gated.min.js';\nexport const { load, save, TensorFile } = safetensors;",
  );
  files.set('onnx.js', await selfContained(`${dist}/onnx.js`));
  files.set('reference.js', await selfContained(`${dist}/reference.js`));
  return files;
}

async function selfContained(path) {
  const { outputFiles } = await build({ entryPoints: [path], bundle: true, write: false, format: 'esm' });
  return outputFiles[0].text;
}

// Serves this folder, and gated.min.js out of node_modules, under a Content-Security-Policy that allows nothing from elsewhere.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

// The four lines a site of your own needs. 'wasm-unsafe-eval' allows compiling WebAssembly; JavaScript's eval stays forbidden.
const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
].join('; ');

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
const GATED = fileURLToPath(import.meta.resolve('gated/gated.min.js'));

export function serve(port = 8080) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    // Plain names only: no folders, nothing hidden.
    const [, extension] = /^[a-z][a-z.]*\.(html|css|js)$/.exec(name) ?? [];
    if (!extension) return response.writeHead(404).end();
    const path = name === 'gated.min.js' ? GATED : fileURLToPath(new URL(name, import.meta.url));
    createReadStream(path)
      .on('error', () => response.writeHead(404).end())
      .once('open', () => {
        response.writeHead(200, {
          'content-type': `${TYPES[extension]}; charset=utf-8`,
          'content-security-policy': CSP,
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-cache',
        });
      })
      .pipe(response);
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve(Number(process.env.PORT ?? 8080));
  console.log(`http://127.0.0.1:${server.address().port}/`);
}

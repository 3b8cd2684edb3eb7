// What does a user download? Minified bundles of gated, the files of others; gzip -9.
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { bundle } from '../scripts/size.mjs';
import { CASES } from './cases.mjs';
import { OPPONENTS } from './opponents.mjs';

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
/** What each adapter's user imports. */
const IMPORTS = {
  gated: "export { LSTM, tensor } from 'gated'",
  js: "export { ReferenceNetwork } from 'gated/reference'",
  onnx: "export { load } from 'gated/onnx'",
};

/** Bytes; null where nothing is known. With `onnx`, gated's is what runs ONNX files and nothing else. */
export async function downloadOf(name, peers, onnx = false) {
  const { adapter, download } = OPPONENTS[name];
  const code = IMPORTS[onnx && adapter === 'gated' ? 'onnx' : adapter];
  if (code) return gzipped(await bundle(code));
  const files = (download ?? []).map((file) => `${peers}/node_modules/${file}`).filter((file) => existsSync(file));
  return files.length > 0 ? files.reduce((sum, file) => sum + gzipped(readFileSync(file)), 0) : null;
}

/** { name: bytes } of the measured opponents that run ONNX files; null where no case of `cases` is one. */
export async function measureDownloads(cases, opponents, peers) {
  if (!cases.some((name) => CASES[name].mode === 'model')) return null;
  const sizes = {};
  for (const name of opponents) {
    if (!['gated', 'ort'].includes(OPPONENTS[name].adapter)) continue;
    const bytes = await downloadOf(name, peers, true);
    if (bytes !== null) sizes[name] = bytes;
  }
  return sizes;
}

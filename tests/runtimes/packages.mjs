// Where runtimes, bundlers and the packed tarball come from: npm and Debian, installed on demand below .cache/.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CACHE = join(ROOT, '.cache');

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/**
 * A folder whose node_modules holds exactly these npm packages ('name@version', or a tarball's path), installed if it is not there yet.
 * Install scripts stay off: what they would download cannot be had everywhere.
 * @param manifest the folder's package.json before that.
 */
export function npmFolder(name, packages, manifest = { private: true, type: 'module' }) {
  const folder = join(CACHE, 'npm', name);
  const stamp = join(folder, 'installed.txt');
  // A tarball counts by its content.
  const wanted = packages.map((p) => (existsSync(p) ? `${p} ${digest(p)}` : p)).join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  run('npm', ['install', '--ignore-scripts', ...QUIET, ...packages], { cwd: folder });
  writeFileSync(stamp, wanted);
  return folder;
}

/** Imports a package that npmFolder installed, by the rules of a file in that folder. */
export async function importFrom(folder, name) {
  const path = createRequire(join(folder, 'package.json')).resolve(name);
  const module = await import(
    pathToFileURL(path).href,
    name.endsWith('.json') ? { with: { type: 'json' } } : undefined
  );
  // Names of a CommonJS package are not always seen by Node.
  return { ...module.default, ...module };
}

/** The tarball that `npm publish` would upload, of the dist/ that is there now. */
export function packTarball() {
  const folder = join(CACHE, 'package');
  mkdirSync(folder, { recursive: true });
  const printed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [{ filename }] = Object.values(JSON.parse(printed));
  return join(folder, filename);
}

/** Sees to it that these programs of Debian packages are there: { program: package }. */
export function debian(programs) {
  const missing = Object.keys(programs).filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((path) => programs[path]))];
  console.log(`installing Debian packages: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    run('apt-get', ['update', '-qq'], { env });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  } catch (cause) {
    throw new Error(`${missing.join(', ')} missing; install the Debian packages ${packages.join(' ')}`, { cause });
  }
}

/** Standard output of a command; throws with everything it printed when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  if (result.status !== 0) {
    const why = result.error ? String(result.error) : `exit ${result.status ?? result.signal}`;
    throw new Error(`${command} ${args.join(' ')}: ${why}\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  }
  return result.stdout;
}

/** Builds dist/ unless `npm run build` just did (CI says so). */
export function build() {
  if (process.env.GATED_BUILT) return;
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: ROOT, stdio: 'inherit' });
}

function digest(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

// Chromium (page, workers, audio worklet, isolated, plain page without a bundler), Firefox and WebKitGTK, on pages served here.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debian, importFrom, npmFolder, run } from '../packages.mjs';
import { servePages } from '../pages/serve.mjs';
import { VERSIONS } from '../versions.mjs';

const LAUNCHES = 3;
/** A run takes a few seconds; a browser that says nothing for this long hangs. */
const PATIENCE = 180_000;

/** Opens a page that runs the suite in `context` and posts its report; the browser itself is `launch(url, posted)`. */
function pageIn(launch, context) {
  return async ({ project }) => {
    const version = await launch.install();
    return {
      version,
      async report(build, given) {
        const pages = await servePages(project);
        try {
          const query = new URLSearchParams({ context, build, given: given ?? '' });
          const report = await retryLaunch(() => launch.open(`${pages.origin}/${context}/?${query}`, pages));
          if (report.error) throw new Error(report.error);
          return report;
        } finally {
          await pages.close();
        }
      },
    };
  };
}

/** Only a browser that did not come up, or whose page never loaded, is started again. */
async function retryLaunch(open) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof LaunchError) || attempt === LAUNCHES) throw error;
      console.log(`  (launch ${attempt} failed: ${error.message.split('\n')[0]}; again)`);
    }
  }
}
class LaunchError extends Error {}

const CHROMIUM = '/usr/bin/chromium';
const chromium = {
  install() {
    debian({ [CHROMIUM]: 'chromium' });
    return run(CHROMIUM, ['--version', '--no-sandbox']).match(/[\d.]+/)[0];
  },
  async open(url, pages) {
    const playwright = await importFrom(npmFolder('playwright', [VERSIONS.playwright]), 'playwright-core');
    const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const browser = await playwright.chromium.launch({ executablePath: CHROMIUM, args }).catch((cause) => {
      throw new LaunchError(String(cause));
    });
    try {
      const page = await browser.newPage();
      const foreign = [];
      page.context().on('request', (request) => {
        if (!request.url().startsWith(`${pages.origin}/`)) foreign.push(request.url());
      });
      const complaints = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(url).catch((cause) => {
        throw new LaunchError(String(cause));
      });
      const report = await Promise.race([pages.report, patience(() => complaints.join('\n'))]);
      if (foreign.length > 0) throw new Error(`requests to elsewhere: ${foreign.join(' ')}`);
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('\n')}`);
      return report;
    } finally {
      await browser.close();
    }
  },
};

const FIREFOX = '/usr/bin/firefox-esr';
const firefox = {
  install() {
    debian({ [FIREFOX]: 'firefox-esr' });
    return run(FIREFOX, ['--version']).match(/[\d.]+/)[0];
  },
  open: (url, pages) =>
    withProfile((home) => {
      // No telemetry, updates or first-run pages: nothing but the page asks the network.
      const settings = {
        'browser.shell.checkDefaultBrowser': false,
        'datareporting.policy.dataSubmissionEnabled': false,
      };
      const lines = Object.entries(settings).map(([key, value]) => `user_pref("${key}", ${value});\n`);
      mkdirSync(`${home}/profile`);
      writeFileSync(`${home}/profile/user.js`, lines.join(''));
      const args = ['--headless', '--no-remote', '--profile', `${home}/profile`, url];
      return untilReport(FIREFOX, args, home, pages);
    }),
};

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const webkit = {
  install() {
    debian({ [BROWSER]: 'webkit2gtk-driver', '/usr/bin/xvfb-run': 'xvfb', '/usr/bin/xauth': 'xauth' });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
    return run('dpkg-query', ['-W', '-f', '${Version}', 'webkit2gtk-driver']).match(/[\d.]+/)[0];
  },
  open: (url, pages) => withProfile((home) => untilReport('xvfb-run', ['-a', BROWSER, '--private', url], home, pages)),
};

/** Runs a browser that is given the address until its page has posted the report. */
async function untilReport(command, args, home, pages) {
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const ended = new Promise((_, reject) => {
    const fail = (why) => reject(new LaunchError(`${command} ${why}: ${said.slice(0, 1000)}`));
    child.on('error', (e) => fail(String(e)));
    child.on('close', (code) => fail(`ended with ${code}`));
    // A page that has not even been asked for after this time never will be.
    setTimeout(() => pages.requests.length === 0 && fail('asked for nothing in 60 s'), 60_000).unref();
  });
  try {
    return await Promise.race([pages.report, ended, patience(() => said)]);
  } finally {
    ended.catch(() => {});
    killGroup(child);
  }
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function withProfile(use) {
  const home = mkdtempSync(join(tmpdir(), 'gated-browser-'));
  try {
    return await use(home);
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

function patience(said) {
  return new Promise((_, reject) => {
    setTimeout(
      () => reject(new Error(`no report in ${PATIENCE / 1000} s: ${said().slice(0, 2000)}`)),
      PATIENCE,
    ).unref();
  });
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

// Starts Chromium, Firefox and WebKitGTK on a page that posts its report to the server it came from (serve.mjs).
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debian, importFrom, npmFolder, run } from '../packages.mjs';
import { chromiumBinary } from '../programs.mjs';
import { VERSIONS } from '../versions.mjs';

const LAUNCHES = 3;
/** A run takes a few seconds; a browser that says nothing for this long hangs. */
const PATIENCE = 180_000;

/** The report that the page at this path of the server posts, in a browser started for it. */
export async function reportFrom(browser, server, path) {
  const report = await retryLaunch(() => browser.open(server.origin + path, server));
  if (report.error) throw new Error(report.error);
  return report;
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

export const chromium = {
  install() {
    return run(chromiumBinary(), ['--version', '--no-sandbox']).match(/[\d.]+/)[0];
  },
  async open(url, server) {
    const playwright = await importFrom(npmFolder('playwright', [VERSIONS.playwright]), 'playwright-core');
    const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const browser = await playwright.chromium.launch({ executablePath: chromiumBinary(), args }).catch((cause) => {
      throw new LaunchError(String(cause));
    });
    try {
      const page = await browser.newPage();
      const foreign = [];
      page.context().on('request', (request) => {
        if (!request.url().startsWith(`${server.origin}/`)) foreign.push(request.url());
      });
      const complaints = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(url).catch((cause) => {
        throw new LaunchError(String(cause));
      });
      const report = await Promise.race([server.report, patience(() => complaints.join('\n'))]);
      if (foreign.length > 0) throw new Error(`requests to elsewhere: ${foreign.join(' ')}`);
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('\n')}`);
      return report;
    } finally {
      await browser.close();
    }
  },
};

const FIREFOX = '/usr/bin/firefox-esr';
export const firefox = {
  install() {
    debian({ [FIREFOX]: 'firefox-esr' });
    return run(FIREFOX, ['--version']).match(/[\d.]+/)[0];
  },
  open: (url, server) =>
    withProfile((home) => {
      // No telemetry, updates or first-run server: nothing but the page asks the network.
      const settings = {
        'browser.shell.checkDefaultBrowser': false,
        'datareporting.policy.dataSubmissionEnabled': false,
      };
      const lines = Object.entries(settings).map(([key, value]) => `user_pref("${key}", ${value});\n`);
      mkdirSync(`${home}/profile`);
      writeFileSync(`${home}/profile/user.js`, lines.join(''));
      const args = ['--headless', '--no-remote', '--profile', `${home}/profile`, url];
      return untilReport(FIREFOX, args, home, server);
    }),
};

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
export const webkit = {
  install() {
    debian({ [BROWSER]: 'webkit2gtk-driver', '/usr/bin/xvfb-run': 'xvfb', '/usr/bin/xauth': 'xauth' });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
    return run('dpkg-query', ['-W', '-f', '${Version}', 'webkit2gtk-driver']).match(/[\d.]+/)[0];
  },
  open: (url, server) =>
    withProfile((home) => untilReport('xvfb-run', ['-a', BROWSER, '--private', url], home, server)),
};

/** Runs a browser that is given the address until its page has posted the report. */
async function untilReport(command, args, home, server) {
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const ended = new Promise((_, reject) => {
    const fail = (why) => reject(new LaunchError(`${command} ${why}: ${said.slice(0, 1000)}`));
    child.on('error', (e) => fail(String(e)));
    child.on('close', (code) => fail(`ended with ${code}`));
    // A page that has not even been asked for after this time never will be.
    setTimeout(() => server.requests.length === 0 && fail('asked for nothing in 60 s'), 60_000).unref();
  });
  try {
    return await Promise.race([server.report, ended, patience(() => said)]);
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

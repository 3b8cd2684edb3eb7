import { runSuite } from './suite.mjs';

addEventListener('message', async ({ data: { build, given } }) => {
  postMessage(await runSuite(build, given).catch((error) => ({ error: String(error?.stack ?? error) })));
});

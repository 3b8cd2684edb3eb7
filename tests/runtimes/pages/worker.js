import { runSuite } from 'the-suite';

addEventListener('message', async ({ data: { build, given } }) => {
  postMessage(await runSuite(build, given).catch((error) => ({ error: String(error?.stack ?? error) })));
});

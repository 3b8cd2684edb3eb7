import { runSuite } from 'the-suite';

addEventListener('message', (event) => {
  const { build, given } = event.data;
  const report = runSuite(build, given).catch((error) => ({ error: String(error?.stack ?? error) }));
  event.waitUntil(report.then((value) => event.source.postMessage(value)));
});

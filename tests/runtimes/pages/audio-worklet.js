import { runSuite } from 'the-suite';

registerProcessor(
  'suite',
  class extends AudioWorkletProcessor {
    constructor({ processorOptions: { build, given } }) {
      super();
      runSuite(build, given)
        .catch((error) => ({ error: String(error?.stack ?? error) }))
        .then((report) => this.port.postMessage(report));
    }
    process() {
      return false;
    }
  },
);

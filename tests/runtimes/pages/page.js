// Runs the suite where the address says: here, or in a worker or worklet that this page starts.
const query = new URLSearchParams(location.search);
const [context, build, given] = ['context', 'build', 'given'].map((name) => query.get(name));
const task = { build, given };

const contexts = {
  page: async () => (await import('the-suite')).runSuite(build, given),
  async isolated() {
    if (!crossOriginIsolated) throw new Error('the page is not cross-origin isolated');
    return contexts.page();
  },
  async plain() {
    const script = document.createElement('script');
    script.type = 'module';
    script.src = 'plain.js';
    const report = new Promise((resolve) => addEventListener('report', ({ detail }) => resolve(detail)));
    document.head.append(script);
    return report;
  },
  worker() {
    const worker = new Worker('worker.js', { type: 'module' });
    worker.postMessage(task);
    return answer(worker);
  },
  async 'service-worker'() {
    await navigator.serviceWorker.register('service-worker.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage(task);
    return answer(navigator.serviceWorker);
  },
  async 'audio-worklet'() {
    const audio = new OfflineAudioContext(1, 128, 48000);
    await audio.audioWorklet.addModule('audio-worklet.js');
    const node = new AudioWorkletNode(audio, 'suite', { processorOptions: task });
    const report = answer(node.port);
    node.port.start();
    node.connect(audio.destination);
    await audio.startRendering();
    return report;
  },
};

function answer(port) {
  return new Promise((resolve, reject) => {
    port.addEventListener('message', ({ data }) => resolve(data));
    port.addEventListener('error', (event) => reject(new Error(event.message)));
  });
}

const report = await contexts[context]().catch((error) => ({ error: `${context}: ${error?.stack ?? error}` }));
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });

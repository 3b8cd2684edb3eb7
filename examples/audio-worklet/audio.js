// From weights to sound: the pedal as an AudioNode, and a rendering without loudspeaker.
import { riff } from './guitar.js';
import { SAMPLE_RATE } from './pedal.js';

export async function createPedalNode(context, weights, options = {}) {
  await context.audioWorklet.addModule('processor.js');
  return new AudioWorkletNode(context, 'pedal', {
    channelCount: 1,
    channelCountMode: 'explicit',
    outputChannelCount: [1],
    processorOptions: { weights, ...options },
  });
}

export function createRiffSource(context) {
  const samples = riff(SAMPLE_RATE);
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: SAMPLE_RATE, numberOfChannels: 1 });
  buffer.copyToChannel(samples, 0);
  return new AudioBufferSourceNode(context, { buffer, loop: true });
}

/** The riff through the pedal as fast as the machine can. `atStop`, a time in seconds, calls `stopped(node)` there before going on. */
export async function renderOffline(weights, seconds, { atStops = [], stopped, ...options } = {}) {
  const context = new OfflineAudioContext(1, seconds * SAMPLE_RATE, SAMPLE_RATE);
  const node = await createPedalNode(context, weights, options);
  const source = createRiffSource(context);
  source.connect(node).connect(context.destination);
  source.start();
  for (const time of atStops) {
    context.suspend(time).then(async () => {
      await stopped(time, node);
      context.resume();
    });
  }
  return (await context.startRendering()).getChannelData(0);
}

/**
 * Share of one core that the pedal needs: the audio thread has no clock of its own, so some seconds are rendered offline and timed from here.
 * The first rendering warms the compiler up.
 */
export async function measureLoad(weights, seconds = 2) {
  await renderOffline(weights, 0.5);
  const start = performance.now();
  await renderOffline(weights, seconds);
  return (performance.now() - start) / 1000 / seconds;
}

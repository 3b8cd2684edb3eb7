// The page: source -> drive -> pedal -> level -> loudspeaker, with an eye on both sides of the pedal.
import { createPedalNode, createRiffSource, measureLoad } from './audio.js';
import { SAMPLE_RATE } from './pedal.js';
import { Scope } from './scope.js';

const element = (id) => document.getElementById(id);
const say = (text) => {
  element('status').textContent = text;
};

// Only the bytes go to the audio thread, which reads them with safetensors.load.
const weights = await fetch('pedal.safetensors').then((response) => response.arrayBuffer());
let rig = null; // made at the first Play: browsers want a click before sound
let source = null;

element('play').addEventListener('click', () =>
  (source ? stop() : play()).catch((error) => say(String(error.message))),
);
for (const radio of document.querySelectorAll('[name=source]')) {
  radio.addEventListener('change', () => {
    if (source)
      stop()
        .then(play)
        .catch((error) => say(String(error.message)));
  });
}

async function createRig() {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' });
  const pedal = await createPedalNode(context, weights);
  const [drive, level] = [new GainNode(context), new GainNode(context)];
  const [before, behind] = [new AnalyserNode(context, { fftSize: 2048 }), new AnalyserNode(context, { fftSize: 2048 })];
  drive.connect(before);
  drive.connect(pedal).connect(behind);
  pedal.connect(level).connect(context.destination);
  const scope = new Scope(element('scope'), [
    { analyser: before, colour: '--dry' },
    { analyser: behind, colour: '--wet' },
  ]);
  return { context, pedal, drive, level, scope };
}

async function play() {
  rig ??= await createRig();
  await rig.context.resume();
  const kind = document.querySelector('[name=source]:checked').value;
  source = kind === 'riff' ? createRiffSource(rig.context) : await microphone(rig.context);
  source.connect(rig.drive);
  source.start?.();
  applyKnobs();
  element('play').textContent = 'Stop';
  say(kind === 'riff' ? 'Plucked strings, computed in guitar.js.' : 'Plug in headphones, or it will howl.');
  requestAnimationFrame(watch);
}

async function stop() {
  source.stop?.();
  for (const track of source.mediaStream?.getTracks() ?? []) track.stop();
  source.disconnect();
  source = null;
  element('play').textContent = 'Play';
  await rig.context.suspend();
}

async function microphone(context) {
  // What makes calls clear would spoil a guitar.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return new MediaStreamAudioSourceNode(context, { mediaStream: await navigator.mediaDevices.getUserMedia({ audio }) });
}

function watch() {
  rig.scope.draw();
  const loudness = source ? rig.scope.loudness() : -60;
  element('loudness').value = loudness;
  element('loudness-text').textContent = loudness > -60 ? `${loudness.toFixed(0)} dB` : '–';
  if (source) requestAnimationFrame(watch);
}

// Knobs and switch ----------------------------------------------------------------------------------------------------

const decibels = (id) => 10 ** (Number(element(id).value) / 20);

function applyKnobs() {
  for (const id of ['drive', 'level']) {
    const { value, min, max } = element(id);
    const part = (value - min) / (max - min);
    element(id).previousElementSibling.style.setProperty('--turn', `${-140 + 280 * part}deg`);
    element(id).setAttribute('aria-valuetext', `${value} decibels`);
    rig?.[id].gain.setTargetAtTime(decibels(id), rig.context.currentTime, 0.01);
  }
  const on = element('on').getAttribute('aria-pressed') === 'true';
  if (rig) rig.pedal.parameters.get('on').value = on ? 1 : 0;
}
for (const id of ['drive', 'level']) element(id).addEventListener('input', applyKnobs);
element('on').addEventListener('click', () => {
  const on = element('on').getAttribute('aria-pressed') === 'true';
  element('on').setAttribute('aria-pressed', String(!on));
  applyKnobs();
});
applyKnobs();

const load = await measureLoad(weights);
const budget = 128 / SAMPLE_RATE; // seconds that 128 samples last
element('load').value = load;
element('load-text').textContent =
  `${(1000 * load * budget).toFixed(2)} of ${(1000 * budget).toFixed(2)} ms (${Math.round(100 * load)}%)`;
element('play').disabled = false;
say(`Ready: this machine could run ${Math.floor(1 / load)} of these pedals at once on one core.`);

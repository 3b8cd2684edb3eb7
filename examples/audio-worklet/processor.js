// The audio thread. gated.min.js is one file that needs nothing an AudioWorkletGlobalScope lacks: no fetch, atob, TextDecoder or timers.
import * as gated from './gated.min.js';
import { createEffect, createPedal } from './pedal.js';

class PedalProcessor extends AudioWorkletProcessor {
  static parameterDescriptors = [{ name: 'on', defaultValue: 1, minValue: 0, maxValue: 1, automationRate: 'k-rate' }];

  /** processorOptions: weights, the bytes of pedal.safetensors; deterministic, for tests: the bits that every machine gives. */
  constructor({ processorOptions: { weights, deterministic = false } }) {
    super();
    gated.setDeterministic(deterministic);
    const model = createPedal(gated);
    model.loadStateDict(gated.safetensors.load(weights));
    this.effect = createEffect(model);
    this.wet = new Float32Array(128);
    this.mix = 1;
    this.port.onmessage = () => this.port.postMessage(gated.memoryInfo());
  }

  process(inputs, outputs, { on }) {
    const input = inputs[0][0];
    // Nothing connected yet, or the riff has ended.
    if (!input) return true;
    if (this.wet.length !== input.length) this.wet = new Float32Array(input.length); // blocks of 128 are a habit, not a promise
    const { wet } = this;
    this.effect(input, wet); // also while off, so that switching on finds the state of now
    const output = outputs[0][0];
    const change = (on[0] - this.mix) / input.length; // across one block, or switching would click
    for (let i = 0; i < input.length; i++) output[i] = input[i] + (this.mix + i * change) * (wet[i] - input[i]);
    this.mix = on[0];
    return true;
  }
}
registerProcessor('pedal', PedalProcessor);

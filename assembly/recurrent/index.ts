export { recurrentBackward, recurrentBackwardWorkBytes } from './backward';
export { combineBias } from './bias';
export { recurrentForward, recurrentWorkBytes } from './forward';

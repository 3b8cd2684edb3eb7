export { checkOptions, requireOptions } from '../options.js';

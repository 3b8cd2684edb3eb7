import { nodeResolve } from '@rollup/plugin-node-resolve';

// Rollup resolves packages by this plugin alone.
export default { input: 'main.js', output: { dir: 'dist' }, plugins: [nodeResolve()] };

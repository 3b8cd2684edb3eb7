// See node.ts.
// @ts-expect-error esbuild's text loader turns this file (made by scripts/build.mjs) into a string
import payload from '../build/onnx.packed';
import { readModule } from './node.js';

export const onnxBuild = (): Uint8Array<ArrayBuffer> => readModule('onnx', payload);

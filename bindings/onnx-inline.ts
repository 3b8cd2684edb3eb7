// The default binding of gated/onnx: the second module inside the JavaScript file, unpacked by the first one's unpacker.
// @ts-expect-error esbuild's text loader turns this file (made by scripts/build.mjs) into a string
import payload from '../build/onnx.packed';
import { unpackModule } from './inline.js';

export const onnxBuild = (): Uint8Array<ArrayBuffer> => unpackModule(payload);

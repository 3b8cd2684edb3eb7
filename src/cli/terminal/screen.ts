// The two streams of this process: colours where each is a terminal (style.ts decides), and stdout's width.
import { colorsFor, columnsOf } from './style.js';

export const style = colorsFor(process.stdout);
export const errorStyle = colorsFor(process.stderr);
export const columns = columnsOf(process.stdout);

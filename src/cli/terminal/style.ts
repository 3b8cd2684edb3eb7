// Colours where a person looks, none in a pipe or under NO_COLOR (picocolors decides for stdout; stderr is checked here).
import pc from 'picocolors';

export const style = pc.createColors(pc.isColorSupported && Boolean(process.stdout.isTTY));
export const errorStyle = pc.createColors(pc.isColorSupported && Boolean(process.stderr.isTTY));

// What ends a run with one line instead of a stack: a wrong result, a wrong option, an opponent that died.
export class BenchError extends Error {}

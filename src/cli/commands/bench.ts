export type BenchCase = string;
export function measure(_cases: readonly BenchCase[], _rounds: number): unknown[] {
  return [];
}
export function report(_results: unknown[]): string {
  return '(not yet)';
}
export function bench(_options: { rounds: number; json?: boolean }): number {
  return 0;
}

// Medians and what follows from them.

export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
export const median = (list) => quantile(list, 0.5);
/** Half the distance of the quartiles, relative to the median. */
export const spread = (list) => (quantile(list, 0.75) - quantile(list, 0.25)) / 2 / median(list);

/**
 * How many times as much `ours` does in a time as `theirs`: the median over the rounds, each compared with its own neighbour, so that a slow
 * minute of the machine counts for both. Both are { rounds: µs of a unit, flops: of a unit }.
 */
export function ratio(ours, theirs) {
  const each = ours.rounds.map((t, i) => ours.flops / t / (theirs.flops / theirs.rounds[i]));
  return median(each);
}
/** GFLOP/s. */
export const speed = ({ rounds, flops }) => flops / median(rounds) / 1000;

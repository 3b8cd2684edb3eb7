// How long does a case take each opponent? Fresh processes for every case, kept alive through its rounds; one measures at a time, in turn.
import { BenchError } from './bench-error.mjs';
import { CASES, flopsOf } from './cases.mjs';
import { Child } from './child.mjs';
import { commandOf, declines, OPPONENTS } from './opponents.mjs';
import { median } from './statistics.mjs';
import { BOUND, dataFile } from './truth.mjs';

/**
 * { name, title, flops, opponents: { name: { versions, error, rounds: [median µs of each], flops, note } or { declined } } }
 * Throws BenchError where a result is not the truth; then nothing of this case was timed.
 * @param settings rounds, ms of a round, and what commandOf needs · command (tests): another way to an opponent's process.
 */
export async function measureCase(name, opponents, settings, progress = () => {}) {
  const { rounds, ms, command = commandOf, cases = CASES } = settings;
  const spec = cases[name];
  progress(`${name}: the right answer`);
  const prepare = { name, spec, file: dataFile(name, cases) };
  const result = { name, title: spec.title, flops: flopsOf(spec), opponents: {} };
  const children = [];
  try {
    for (const opponent of opponents) {
      progress(`${name}: ${opponent} prepares`);
      const declined = declines(opponent, spec);
      result.opponents[opponent] = declined
        ? { declined }
        : await begin(opponent, command(opponent, spec, settings), prepare, result.flops, children);
    }
    for (let round = 0; round < rounds; round++) {
      // Each round begins with another, so that nobody always follows the same one.
      for (let i = 0; i < children.length; i++) {
        const child = children[(round + i) % children.length];
        progress(`${name}: round ${round + 1} of ${rounds}, ${child.name}`);
        const { samples } = await child.ask({ round: ms });
        result.opponents[child.name].rounds.push(median(samples));
      }
    }
  } finally {
    await Promise.all(children.map((child) => child.end()));
  }
  return result;
}

/** Starts an opponent, has its results compared, and puts it among the children if it runs the case. */
async function begin(opponent, command, prepare, flops, children) {
  const child = new Child(opponent, command);
  let running = false;
  try {
    const { versions, declined: why } = await started(child);
    if (why) return { declined: why };
    const { declined, error, flops: own, note } = await child.ask({ prepare });
    if (declined) return { versions, declined };
    // null also stands for an infinite or NaN error in JSON: only who says that it is another function may.
    if (error === null ? !note && own === undefined : !(error < BOUND)) {
      const size =
        error === null ? 'missing, infinite or NaN' : `off by ${error.toExponential(1)} of the largest value`;
      throw new BenchError(
        `${prepare.name}: ${opponent}'s results are ${size}; at most ${BOUND} passes. Nothing was timed`,
      );
    }
    children.push(child);
    running = true;
    return { versions, error, note, flops: own ?? flops, rounds: [] };
  } finally {
    if (!running) await child.end();
  }
}

/** A peer that cannot start (a library is missing) is left out and says so in the table; gated's own opponents must start. */
async function started(child) {
  try {
    return await child.ready();
  } catch (error) {
    if (!OPPONENTS[child.name].peer) throw error;
    return { declined: `does not start: ${/\w*Error: .*/.exec(error.message)?.[0] ?? error.message}` };
  }
}

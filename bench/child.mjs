// The parent's end of an opponent: one question, one answer, as lines of JSON.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BenchError } from './bench-error.mjs';

export class Child {
  /** Resolves, rejects the question under way. */
  #waiting = null;
  #process;
  #errors = '';

  constructor(name, [program, ...args]) {
    this.name = name;
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process.stderr.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    const fail = (why) => this.#settle('reject', new BenchError(`${name}: ${why}\n${this.#errors.trim()}`));
    this.#process.on('error', (error) => fail(error.message));
    this.#process.on('close', (code, signal) => fail(`its process ended (${signal ?? `exit ${code}`})`));
    // A line that went out to a process that has just died: 'close' says so.
    this.#process.stdin.on('error', () => {});
    // Libraries print to stdout too: what does not look like an answer is left.
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      if (line.startsWith('{')) this.#settle('resolve', JSON.parse(line));
    });
  }

  /** The first answer comes unasked: { versions }. */
  ready() {
    return this.#answer();
  }
  ask(message) {
    const answer = this.#answer();
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    return answer;
  }
  /** Ends the process; resolves when it is gone. */
  end() {
    this.#process.stdin.end();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return Promise.resolve();
    const gone = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill();
    return gone;
  }

  #answer() {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#process.exitCode !== null) this.#settle('reject', new BenchError(`${this.name}: ${this.#errors}`));
    });
  }
  #settle(how, value) {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.[how](value);
  }
}

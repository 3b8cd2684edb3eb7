// One line on a terminal that says what is being measured; elsewhere nothing.
export class Progress {
  #done = 0;
  constructor(stream, total) {
    this.stream = stream;
    this.total = total;
  }
  show(text) {
    if (!this.stream.isTTY) return;
    const line = `[${this.#done + 1}/${this.total}] ${text}`;
    this.stream.write(`\r\x1b[K${line.slice(0, (this.stream.columns ?? 80) - 1)}`);
  }
  done() {
    this.#done++;
    this.clear();
  }
  clear() {
    if (this.stream.isTTY) this.stream.write('\r\x1b[K');
  }
}

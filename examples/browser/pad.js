// The drawing pad: strokes by mouse, pen, finger, keyboard or by the page itself, in coordinates from 0 to 1.

export class Pad {
  /** Segments with their colours, so that they can be drawn again at another size. */
  ink = [];
  pen = { x: 0.5, y: 0.5, down: false };
  /** Counts strokes: who is drawing sees that another has begun. */
  stroke = 0;

  /** `begin(x, y)`, `move(x, y)` -> colour of the line so far, and `end()` are told of every stroke. */
  constructor(canvas, listeners) {
    this.canvas = canvas;
    this.listeners = listeners;
    canvas.addEventListener('pointerdown', (event) => this.pointerDown(event));
    canvas.addEventListener('pointermove', (event) => this.pointerMove(event));
    for (const type of ['pointerup', 'pointercancel']) canvas.addEventListener(type, () => this.lift());
    canvas.addEventListener('keydown', (event) => this.key(event));
    for (const type of ['focus', 'blur']) canvas.addEventListener(type, () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  begin(x, y) {
    if (this.pen.down) this.lift();
    this.stroke++;
    this.ink = [];
    this.pen = { x, y, down: true };
    this.listeners.begin(x, y);
    this.draw();
  }
  move(x, y) {
    x = Math.min(1, Math.max(0, x));
    y = Math.min(1, Math.max(0, y));
    if (this.pen.down) this.ink.push({ from: [this.pen.x, this.pen.y], to: [x, y], colour: this.listeners.move(x, y) });
    Object.assign(this.pen, { x, y });
    this.draw();
  }
  lift() {
    if (!this.pen.down) return;
    this.pen.down = false;
    this.listeners.end();
    this.draw();
  }

  /** Draws a stroke a few points per frame, or at once for those who asked for less motion. */
  async play(points) {
    this.begin(...points[0]);
    const { stroke } = this;
    const hurry = matchMedia('(prefers-reduced-motion: reduce)').matches;
    for (const [i, [x, y]] of points.entries()) {
      if (!hurry && i % 3 === 0) await new Promise(requestAnimationFrame);
      if (this.stroke !== stroke) return; // somebody began to draw
      this.move(x, y);
    }
    this.lift();
  }

  pointerDown(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault(); // no text selection; focus is for the keyboard
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(...this.place(event));
  }
  pointerMove(event) {
    if (!this.canvas.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) this.move(...this.place(each));
  }
  place({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }

  key(event) {
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { x, y, down } = this.pen;
    if (event.key === ' ' && down) this.lift();
    else if (event.key === ' ') this.begin(x, y);
    else if (directions[event.key]) {
      const [dx, dy] = directions[event.key];
      const far = event.shiftKey ? 0.1 : 0.02;
      this.move(x + far * dx, y + far * dy);
    } else return;
    event.preventDefault();
  }

  draw() {
    const { canvas, pen } = this;
    const size = Math.round(canvas.clientWidth * devicePixelRatio);
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const context = canvas.getContext('2d');
    context.clearRect(0, 0, size, size);
    context.lineWidth = size / 60;
    context.lineCap = 'round';
    for (const { from, to, colour } of this.ink) {
      context.strokeStyle = colour;
      context.beginPath();
      context.moveTo(from[0] * size, from[1] * size);
      context.lineTo(to[0] * size, to[1] * size);
      context.stroke();
    }
    // The keyboard's pen; :focus-visible is not there for mouse and finger.
    if (!canvas.matches(':focus-visible')) return;
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    context.lineWidth = size / 200;
    context.beginPath();
    context.arc(pen.x * size, pen.y * size, size / 60, 0, 2 * Math.PI);
    if (pen.down) context.fill();
    else context.stroke();
  }
}

// The worker with what only tests may do: end an object, tell one of its lives from the next, write into its storage. Never deployed.
import worker from '../src/index.js';
import { Session as Production } from '../src/session.js';

export class Session extends Production {
  life = crypto.randomUUID();

  evict() {
    this.ctx.abort('evicted by the test');
  }
  /** The next step ends the object after it has written, before it has answered. */
  cut() {
    this.cutting = true;
  }
  step(features, at) {
    const answer = super.step(features, at);
    if (this.cutting) this.ctx.abort('cut off by the test');
    return answer;
  }
  instance() {
    return this.life;
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, root, action, id] = url.pathname.split('/');
    if (root !== 'test') return worker.fetch(request, env);
    const session = env.SESSIONS.get(env.SESSIONS.idFromName(id));
    if (action === 'instance') return new Response(await session.instance());
    if (action === 'cut') return new Response(await session.cut());
    if (action === 'store') return new Response(await session.write(new Uint8Array(await request.arrayBuffer())));
    // The object ends in the middle of this call, which therefore fails.
    return new Response(await session.evict().then(String, (error) => `ended: ${error.message}`));
  },
};

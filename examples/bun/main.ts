// bun main.ts: trains the detector once, keeps it in detector.safetensors, and serves.
import { Detector } from './detector.ts';
import { serve } from './server.ts';
import { SessionStore } from './store.ts';

const FILE = 'detector.safetensors';
if (!(await Bun.file(FILE).exists())) {
  console.log('training on a healthy machine …');
  await Bun.write(FILE, (await Detector.train()).save());
}
const store = new SessionStore('sessions.sqlite');
const server = serve(Detector.load(await Bun.file(FILE).bytes()), store, Number(process.env.PORT ?? 3000));
console.log(`listening on ${server.url}`);

process.once('SIGINT', async () => {
  await server.stop(true); // closes the sockets, which saves their sessions
  store.close();
  process.exit(0);
});

// One stream per socket: readings in, anomaly scores out; a session is saved when its socket closes and goes on when its id comes back.
import type { Server, ServerWebSocket } from 'bun';
import type { Detector, Session } from './detector.ts';
import { FEATURES, type Reading } from './machine.ts';
import type { SessionStore } from './store.ts';

const DAY = 24 * 60 * 60 * 1000;
const MOST_READINGS = 10_000;

interface Connection {
  id: string;
  session: Session;
}

export function serve(detector: Detector, store: SessionStore, port = 3000): Server<Connection> {
  const open = new Set<string>();
  return Bun.serve<Connection>({
    port,
    hostname: '127.0.0.1',
    routes: {
      '/': () =>
        Response.json({ stream: 'ws /stream?session=<id>', score: 'POST /score {"readings": [[t, v, c], …]}' }),
      '/score': { POST: (request) => score(detector, request) },
      '/stream': (request, server) => connect(request, server),
    },
    fetch: () => refuse(404, 'not found'),
    maxRequestBodySize: 1 << 20,
    websocket: {
      maxPayloadLength: 1024,
      open: (socket) => {
        socket.send(JSON.stringify({ session: socket.data.id, step: socket.data.session.seen }));
      },
      message: (socket, message) => answer(socket, message),
      close: ({ data: { id, session } }) => {
        store.put(id, session.save());
        session.dispose();
        open.delete(id);
        store.expire(DAY);
      },
    },
  });

  function connect(request: Request, server: Server<Connection>): Response | undefined {
    const wanted = new URL(request.url).searchParams.get('session');
    const saved = wanted === null ? undefined : store.get(wanted);
    if (wanted !== null && open.has(wanted)) return refuse(409, 'this session is connected already');
    if (saved === null) return refuse(404, 'no such session; connect without an id for a new one');
    // Ids are random, so that nobody can guess and continue a stranger's session.
    const id = wanted ?? crypto.randomUUID();
    const session = detector.open(saved);
    if (server.upgrade(request, { data: { id, session } })) {
      open.add(id);
      return undefined;
    }
    session.dispose();
    return refuse(426, 'expected a WebSocket');
  }
}

function answer(socket: ServerWebSocket<Connection>, message: string | Buffer): void {
  const { session } = socket.data;
  try {
    const anomaly = session.anomaly(readReading(parse(String(message))));
    socket.send(JSON.stringify({ step: session.seen, anomaly }));
  } catch (error) {
    socket.send(JSON.stringify({ error: (error as Error).message })); // the session is as before: bad input never reaches the model
  }
}

async function score(detector: Detector, request: Request): Promise<Response> {
  const session = detector.open();
  try {
    const body = parse(await request.text()) as { readings?: unknown } | null;
    const list = body?.readings;
    if (!Array.isArray(list) || list.length > MOST_READINGS) {
      throw new Error(`expected {"readings": […]} with at most ${MOST_READINGS} readings`);
    }
    const checked = list.map(readReading);
    return Response.json({ anomaly: checked.map((reading) => session.anomaly(reading)) });
  } catch (error) {
    return refuse(400, (error as Error).message);
  } finally {
    session.dispose();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
}

/** Checks what came from outside: NaN or a wrong length would spoil the state for good. */
export function readReading(x: unknown): Reading {
  const fine = Array.isArray(x) && x.length === FEATURES && x.every((v) => typeof v === 'number' && Math.abs(v) < 1e6);
  if (!fine) throw new Error(`expected [temperature, vibration, current], ${FEATURES} finite numbers below 1e6`);
  return x as unknown as Reading;
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

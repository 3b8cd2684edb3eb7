// Sessions between two connections, in SQLite: they outlive the server if it is given a file.
import { Database } from 'bun:sqlite';

export class SessionStore {
  private readonly db: Database;

  constructor(path = ':memory:') {
    this.db = new Database(path, { create: true });
    this.db.run(
      'CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, state BLOB NOT NULL, saved INTEGER NOT NULL)',
    );
  }
  put(id: string, state: Uint8Array): void {
    this.db.query('INSERT OR REPLACE INTO session VALUES (?, ?, ?)').run(id, state, Date.now());
  }
  get(id: string): Uint8Array | null {
    const row = this.db.query<{ state: Uint8Array }, [string]>('SELECT state FROM session WHERE id = ?').get(id);
    return row?.state ?? null;
  }
  /** Forgets sessions nobody came back to. */
  expire(olderThanMs: number): void {
    this.db.query('DELETE FROM session WHERE saved < ?').run(Date.now() - olderThanMs);
  }
  close(): void {
    this.db.close();
  }
}

import { inTransaction, messageOf, StorageError } from "@ssmd/runtime";
import { DatabaseSync } from "node:sqlite";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, words TEXT NOT NULL, requested_by TEXT NOT NULL,
    model TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS leases (
    thread TEXT PRIMARY KEY, owner TEXT NOT NULL, until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS spent (
    scope TEXT PRIMARY KEY, calls INTEGER NOT NULL, tokens INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS approvals (
    thread TEXT PRIMARY KEY, hash TEXT NOT NULL, principal TEXT NOT NULL, until_ms INTEGER NOT NULL,
    decision TEXT, decided_by TEXT, decided_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit (
    position INTEGER PRIMARY KEY AUTOINCREMENT, thread TEXT NOT NULL, at TEXT NOT NULL,
    what TEXT NOT NULL, record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS fires (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, fire TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS actions (
    key TEXT PRIMARY KEY, fire TEXT NOT NULL, type TEXT NOT NULL, action TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, problem TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/** Wait for another process that writes. */
const BUSY_MS = 5_000;

/** The database of agents: threads, leases, budgets, approvals, actions and what was done. */
export class AgentStore implements Disposable {
  readonly db: DatabaseSync;

  /** `path` undefined = memory. Throws StorageError `AGENT_STORE_FAILED`. */
  constructor(path: string | undefined) {
    try {
      if (path !== undefined) createPrivate(path);
      this.db = new DatabaseSync(path ?? ":memory:");
      this.db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      this.db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      this.db.exec(SCHEMA);
    } catch (cause) {
      throw new StorageError("AGENT_STORE_FAILED", `agents cannot be kept: ${messageOf(cause)}`, {
        ...{ cause, context: { path } },
        hint: "check the folder of the data",
      });
    }
  }

  /** Runs a change as one: all of it is kept, or nothing. */
  change<T>(body: (db: DatabaseSync) => T): T {
    return inTransaction(this.db, () => body(this.db));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/** Readable by the owner only; SQLite gives its other files the same mode. */
function createPrivate(path: string): void {
  const at = path.lastIndexOf("/");
  if (at > 0) Deno.mkdirSync(path.slice(0, at), { recursive: true });
  Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
}

import { createPrivateFile, inTransaction, messageOf, StorageError } from "@ssmd/runtime";
import type { StreamPosition } from "@ssmd/transport";
import { DatabaseSync } from "node:sqlite";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, words TEXT NOT NULL, requested_by TEXT NOT NULL,
    model TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS signal_names (
    thread TEXT PRIMARY KEY, id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS leases (
    thread TEXT PRIMARY KEY, owner TEXT NOT NULL, until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS bus_position (
    one INTEGER PRIMARY KEY CHECK (one = 1), created_at_us INTEGER NOT NULL,
    sequence INTEGER NOT NULL
  ) STRICT;
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
  CREATE TABLE IF NOT EXISTS fire_actions (
    id TEXT PRIMARY KEY, fire_id TEXT NOT NULL, signal TEXT NOT NULL, policy TEXT NOT NULL,
    fire TEXT NOT NULL, taken_ms INTEGER NOT NULL,
    acted INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    due_ms INTEGER NOT NULL, result TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS fire_actions_due ON fire_actions (due_ms) WHERE state <> 'ended';
  CREATE INDEX IF NOT EXISTS fire_actions_taken ON fire_actions (signal, taken_ms);
  CREATE INDEX IF NOT EXISTS fire_actions_acted ON fire_actions (policy, taken_ms) WHERE acted = 1;`;

/** Maximum wait for another writing process, ms. */
const BUSY_MS = 5_000;

/** Database of agents: threads, leases, budgets, approvals, actions and audit. */
export class AgentStore implements Disposable {
  readonly db: DatabaseSync;

  /** Opens the database; undefined `path`: in memory. Throws StorageError `AGENT_STORE_FAILED`. */
  constructor(path: string | undefined) {
    try {
      if (path !== undefined) createPrivateFile(path);
      this.db = new DatabaseSync(path ?? ":memory:");
      this.db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      this.db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      this.db.exec(SCHEMA);
    } catch (cause) {
      throw new StorageError("AGENT_STORE_FAILED", `Agents cannot be kept: ${messageOf(cause)}`, {
        ...{ cause, context: { path } },
        hint: "Check the folder of the data",
      });
    }
  }

  /** Runs a change that survives power loss, unlike {@linkcode change}. */
  changeDurably<T>(body: (db: DatabaseSync) => T): T {
    this.db.exec("PRAGMA synchronous = FULL");
    try {
      return this.change(body);
    } finally {
      this.db.exec("PRAGMA synchronous = NORMAL");
    }
  }

  /** Runs a change in a transaction; a power loss may undo it, and repeating it is harmless. */
  change<T>(body: (db: DatabaseSync) => T): T {
    return inTransaction(this.db, () => body(this.db));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/** Returns whether the database at `path` has threads left running by a dead process. */
export function hasRunningThreads(path: string): boolean {
  using store = new AgentStore(path);
  return store.db.prepare("SELECT 1 FROM threads WHERE state = 'running'").get() !== undefined;
}

/** Returns the saved stream position of fires in the database at `path`; undefined without one. */
export function firePositionOf(path: string): StreamPosition | undefined {
  using store = new AgentStore(path);
  const row = store.db.prepare("SELECT created_at_us, sequence FROM bus_position").get();
  if (row === undefined) return undefined;
  return { createdAtUs: Number(row["created_at_us"]), sequence: Number(row["sequence"]) };
}

/** Saves the stream position of fires in the database at `path`. */
export function noteFirePosition(path: string, { createdAtUs, sequence }: StreamPosition): void {
  using store = new AgentStore(path);
  store.db.prepare("INSERT OR REPLACE INTO bus_position VALUES (1, ?, ?)").run(
    createdAtUs,
    sequence,
  );
}

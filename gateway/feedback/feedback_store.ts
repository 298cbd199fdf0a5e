import { createPrivateFile, inTransaction, messageOf, StorageError } from "@ssmd/runtime";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { FeedbackEntry } from "./entry.ts";

/** Filter of entries. */
interface FeedbackQuery {
  status?: string | undefined;
  priority?: string | undefined;
  symbol?: string | undefined;
  /** Entries of this reporter only. */
  reporter?: string | undefined;
  /** Entries with a smaller id. */
  before?: number | undefined;
  limit: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    feed TEXT NOT NULL,
    symbol TEXT NOT NULL,
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    issue TEXT NOT NULL,
    reporters TEXT NOT NULL,
    entry TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entries_market ON entries (kind, feed, symbol, status);
  CREATE INDEX IF NOT EXISTS entries_issue ON entries (issue);`;

const SAVE = `INSERT INTO entries VALUES (:id, :kind, :feed, :symbol, :status, :priority, :issue,
  :reporters, :entry) ON CONFLICT (id) DO UPDATE SET status = :status, priority = :priority,
  issue = :issue, reporters = :reporters, entry = :entry`;

/** Store of entries in one SQLite file, which several gateways may share. */
export class FeedbackStore implements Disposable {
  #db: DatabaseSync;

  /** `path` undefined = in memory. Throws StorageError `FEEDBACK_STORE_FAILED`. */
  constructor(path: string | undefined) {
    try {
      if (path !== undefined) createPrivateFile(path);
      this.#db = new DatabaseSync(path ?? ":memory:");
      this.#db.exec(
        "PRAGMA busy_timeout = 100; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
      );
      this.#db.exec(SCHEMA);
    } catch (cause) {
      throw new StorageError(
        "FEEDBACK_STORE_FAILED",
        `Feedback cannot be kept: ${messageOf(cause)}`,
        {
          ...{ cause, context: { path } },
          hint: "Check the folder of the data",
        },
      );
    }
  }

  /** Runs a change in a transaction. */
  change<T>(body: () => T): T {
    return inTransaction(this.#db, body);
  }

  /** Saves an entry; id 0 = a new one. Returns it with its id. */
  save(entry: FeedbackEntry): FeedbackEntry {
    const id = entry.id === 0 ? this.#nextId() : entry.id;
    const saved = { ...entry, id };
    this.#db.prepare(SAVE).run({
      ...{ id, kind: entry.kind, feed: entry.feed ?? "", symbol: entry.symbol ?? "" },
      ...{ status: entry.status, priority: entry.priority, issue: entry.issue.state },
      reporters: JSON.stringify(entry.reporters),
      entry: JSON.stringify(saved),
    });
    return saved;
  }

  /** Removes the oldest resolved entry; returns whether there was one. */
  dropResolved(): boolean {
    const { changes } = this.#db.prepare(
      "DELETE FROM entries WHERE id = (SELECT min(id) FROM entries WHERE status = 'resolved')",
    ).run();
    return changes > 0;
  }

  find(id: number): FeedbackEntry | undefined {
    return this.#read("SELECT entry FROM entries WHERE id = ?", [id])[0];
  }

  /** Returns the entries of a kind and market, the newest first. */
  ofMarket(kind: string, feed: string | null, symbol: string | null): FeedbackEntry[] {
    const sql = "SELECT entry FROM entries WHERE kind = ? AND feed = ? AND symbol = ? " +
      "ORDER BY id DESC";
    return this.#read(sql, [kind, feed ?? "", symbol ?? ""]);
  }

  /** Returns entries waiting for the issue tracker, the oldest first, at most 100. */
  pending(): FeedbackEntry[] {
    return this.#read(
      "SELECT entry FROM entries WHERE issue = 'pending' ORDER BY id LIMIT 100",
      [],
    );
  }

  /** Returns matching entries, the newest first. */
  list({ status, priority, symbol, reporter, before, limit }: FeedbackQuery): FeedbackEntry[] {
    const sql = `SELECT entry FROM entries WHERE (?1 IS NULL OR status = ?1)
      AND (?2 IS NULL OR priority = ?2) AND (?3 IS NULL OR symbol = ?3) AND (?4 IS NULL OR id < ?4)
      AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(reporters) WHERE value = ?5))
      ORDER BY id DESC LIMIT ?6`;
    const values = [status, priority, symbol, before, reporter, limit];
    return this.#read(sql, values.map((value) => value ?? null));
  }

  /** Returns the number of entries per value of a column. */
  countBy(column: "status" | "priority" | "kind" | "issue"): Record<string, number> {
    const rows = this.#db.prepare(
      `SELECT ${column} AS name, count(*) AS count FROM entries GROUP BY ${column}`,
    ).all();
    return Object.fromEntries(rows.map(({ name, count }) => [String(name), Number(count)]));
  }

  /** Returns the number of reports of all entries. */
  reports(): number {
    const sql = "SELECT coalesce(sum(json_extract(entry, '$.reports')), 0) AS n FROM entries";
    return Number(this.#db.prepare(sql).get()?.["n"]);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #nextId(): number {
    const sql =
      "SELECT coalesce(max(seq), 0) + 1 AS id FROM sqlite_sequence WHERE name = 'entries'";
    return Number(this.#db.prepare(sql).get()?.["id"] ?? 1);
  }

  #read(sql: string, values: SQLInputValue[]): FeedbackEntry[] {
    return this.#db.prepare(sql).all(...values).map(({ entry }) => JSON.parse(String(entry)));
  }
}

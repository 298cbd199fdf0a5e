import { type Database, type Migrations, sqliteDatabase } from "@ssmd/database";
import { pathExists, StorageError } from "@ssmd/runtime";
import type { AuditDraft } from "./event.ts";
import type { AuditBatch, AuditLog } from "./log.ts";

const BUSY_MS = 10_000;
/** Batches moved to the log per query of the file. */
const PAGE = 100;

const MIGRATIONS: Migrations = {
  name: "waiting",
  sqlite: [
    `CREATE TABLE waiting (
       id INTEGER PRIMARY KEY, writer TEXT NOT NULL, number INTEGER NOT NULL, drafts TEXT NOT NULL
     ) STRICT`,
  ],
  postgres: [],
  newer: (where) =>
    new StorageError("AUDIT_NEWER", `A newer version of ssmd wrote ${where}`, {
      hint: "Use that one",
    }),
};

/**
 * Events of this machine that wait for an unavailable log, in a durable file shared by the
 * environment's processes here. Created with the first waiting event.
 */
export class WaitingEvents {
  #path: string;
  #database: Database | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Stores a batch; durable once resolved. */
  async keep({ writer, number }: AuditBatch, drafts: readonly AuditDraft[]): Promise<void> {
    const sql = "INSERT INTO waiting (writer, number, drafts) VALUES ($1, $2, $3)";
    const text = JSON.stringify(drafts);
    await this.#open().transaction("change", ({ run }) => run(sql, writer, number, text));
  }

  /** Moves waiting events to the log, in order. Rejects like the log; the rest stays in the file. */
  async bringInto(log: AuditLog): Promise<void> {
    if (this.#database === undefined && !await pathExists(this.#path)) return;
    const database = this.#open();
    for (;;) {
      const sql = `SELECT id, writer, number, drafts FROM waiting ORDER BY id LIMIT ${PAGE}`;
      const rows = await database.transaction("read", ({ all }) => all(sql));
      if (rows.length === 0) return;
      for (const { id, writer, number, drafts } of rows) {
        const batch = { writer: String(writer), number: Number(number) };
        // Another process may move the same batch: the log deduplicates.
        await log.append(JSON.parse(String(drafts)), batch);
        const remove = "DELETE FROM waiting WHERE id = $1";
        await database.transaction("change", ({ run }) => run(remove, Number(id)));
      }
    }
  }

  async close(): Promise<void> {
    await this.#database?.close();
  }

  #open(): Database {
    return this.#database ??= sqliteDatabase(this.#path, {
      ...{ migrations: MIGRATIONS, busyMs: BUSY_MS },
    });
  }
}

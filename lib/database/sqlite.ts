import { dirname, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { createPrivateFile, inTransaction, messageOf } from "@ssmd/runtime";
import { DatabaseClosed } from "./closed.ts";
import type { Database, DatabaseFault, SqlValue, Statements, TransactionKind } from "./database.ts";
import type { Migrations } from "./migrations.ts";

/** Path of an in-memory database, which ends with the process. */
export const IN_MEMORY = ":memory:";

/** Options of {@linkcode sqliteDatabase}. */
interface SqliteOptions {
  migrations: Migrations;
  /** Longest wait for another writing process, ms. Blocks the thread. */
  busyMs: number;
}

/**
 * Opens a database in one SQLite file (with `-wal` and `-shm`), created with access for this user
 * only. Throws SQLite and file system errors, and the error of {@linkcode Migrations.newer}.
 */
export function sqliteDatabase(path: string, { migrations, busyMs }: SqliteOptions): Database {
  if (path !== IN_MEMORY) {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    createPrivateFile(path);
  }
  const db = new DatabaseSync(path, { timeout: busyMs });
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
    migrateSqlite(db, path, migrations);
    return new SqliteDatabase(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs the remaining steps, each atomically. */
export function migrateSqlite(db: DatabaseSync, where: string, migrations: Migrations): void {
  const { sqlite: steps, newer } = migrations;
  for (;;) {
    // Check inside the lock, as another process may run the same step.
    const isDone = inTransaction(db, () => {
      const version = db.prepare("PRAGMA user_version").get()?.["user_version"] as number;
      if (version > steps.length) throw newer(where, version, steps.length);
      const step = steps[version];
      if (step !== undefined) db.exec(`${step}; PRAGMA user_version = ${version + 1}`);
      return step === undefined;
    });
    if (isDone) return;
  }
}

/**
 * Last transaction of each file in this process. Waiting for a SQLite lock blocks the thread, so a
 * transaction of this process that holds it could never finish.
 */
const LAST = new Map<unknown, Promise<unknown>>();

class SqliteDatabase implements Database {
  readonly where: string;
  #db: DatabaseSync;
  #statements = new Map<string, StatementSync>();
  /** The file, or this object for an in-memory database. */
  #file: unknown;
  #last: Promise<unknown> = Promise.resolve();

  #run: Statements = {
    all: (sql, ...values) => Promise.try(() => this.#statement(sql).all(named(values))),
    run: (sql, ...values) => Promise.try(() => this.#change(sql, values)),
    runEach: (sql, rows) =>
      Promise.try(() => {
        for (const values of rows) this.#change(sql, values);
      }),
  };

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.where = path;
    this.#file = path === IN_MEMORY ? this : resolve(path);
  }

  transaction<T>(kind: TransactionKind, body: (run: Statements) => Promise<T>): Promise<T> {
    const before = LAST.get(this.#file) ?? Promise.resolve();
    const done = before.then(() => this.#transaction(kind, body));
    const last = this.#last = done.catch(() => {}).then(() => {
      if (LAST.get(this.#file) === last) LAST.delete(this.#file);
    });
    LAST.set(this.#file, last);
    return done;
  }

  faultOf(error: unknown): DatabaseFault {
    if (error instanceof DatabaseClosed) return "closed";
    return /database (table )?is locked/.test(messageOf(error)) ? "busy" : "failed";
  }

  async close(): Promise<void> {
    await this.#last;
    if (this.#db.isOpen) this.#db.close();
  }

  async #transaction<T>(kind: TransactionKind, body: (run: Statements) => Promise<T>): Promise<T> {
    if (!this.#db.isOpen) throw new DatabaseClosed(this.where);
    this.#db.exec(`PRAGMA synchronous = ${kind === "change" ? "FULL" : "NORMAL"}`);
    this.#db.exec(kind === "read" ? "BEGIN" : "BEGIN IMMEDIATE");
    try {
      const result = await body(this.#run);
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite already rolled back if the disk was full.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #change(sql: string, values: readonly SqlValue[]): number {
    return Number(this.#statement(sql).run(named(values)).changes);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }
}

function named(values: readonly SqlValue[]): Record<string, SqlValue> {
  return Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value]));
}

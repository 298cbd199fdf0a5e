import { inTransaction } from "@ssmd/runtime";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type {
  Accounts,
  GatewayRun,
  PastEntitlement,
  SessionRecord,
  UsageCount,
} from "../account.ts";
import {
  type AccountChange,
  type ClientStore,
  type Counted,
  LOST_SESSION_REASON,
  type SessionQuery,
  type UsageQuery,
} from "../client_store.ts";
import { storeChangedError, storeClosedError, storeFailedError } from "./errors.ts";
import {
  blockOf,
  clientOf,
  clientRow,
  entitlementOf,
  entitlementRow,
  keyOf,
  keyRow,
  sessionOf,
  sessionRow,
  usageOf,
} from "./sqlite_rows.ts";
import { migrate } from "./sqlite_schema.ts";
import { DELETE, UPSERT_CLIENT, UPSERT_KEY } from "./sqlite_statements.ts";

/** Options of {@linkcode sqliteClientStore}. */
interface SqliteClientStoreOptions {
  /** Wait for another writing process; default 5 s. Blocks the thread. */
  busyMs?: number;
}

const BUSY_MS = 5000;

/**
 * A store in one SQLite file (and its `-wal` and `-shm`), made for this user only where it is not
 * there yet. Throws StorageError `CLIENT_STORE_FAILED` or `CLIENT_STORE_NEWER`.
 */
export function sqliteClientStore(
  path: string,
  options: SqliteClientStoreOptions = {},
): ClientStore {
  let db: DatabaseSync | undefined;
  try {
    if (path !== IN_MEMORY) createPrivate(path);
    db = new DatabaseSync(path);
    db.exec(`PRAGMA busy_timeout = ${options.busyMs ?? BUSY_MS}`);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
    migrate(db, path);
    return new SqliteClientStore(db, path);
  } catch (error) {
    db?.close();
    throw storeFailedError(error, path);
  }
}

/** A store that lives as long as the process. */
export function memoryClientStore(): ClientStore {
  return sqliteClientStore(IN_MEMORY);
}

const IN_MEMORY = ":memory:";

/** Readable by the owner only; SQLite gives its other files the same mode. */
function createPrivate(path: string): void {
  const at = path.lastIndexOf("/");
  if (at > 0) Deno.mkdirSync(path.slice(0, at), { recursive: true });
  Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
}

class SqliteClientStore implements ClientStore {
  #db: DatabaseSync;
  #path: string;
  #statements = new Map<string, StatementSync>();
  #closed = false;

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  load(): Promise<Accounts> {
    return this.#read(() => ({
      revision: this.#revision(),
      clients: this.#all("SELECT * FROM clients ORDER BY id").map(clientOf),
      keys: this.#all("SELECT * FROM api_keys ORDER BY id").map(keyOf),
      entitlements: this.#all("SELECT * FROM entitlements ORDER BY id").map(entitlementOf),
      blocks: this.#all("SELECT * FROM blocks ORDER BY address").map(blockOf),
    }));
  }

  revision(): Promise<number> {
    return this.#open(() => this.#revision());
  }

  apply(from: number, changes: readonly AccountChange[]): Promise<number> {
    return this.#write("FULL", () => {
      if (this.#revision() !== from) throw storeChangedError();
      for (const change of changes) this.#apply(change);
      this.#run("UPDATE revision SET number = number + 1");
      return from + 1;
    });
  }

  count({ usage, sessions, keysUsed, run }: Counted): Promise<void> {
    return this.#write("NORMAL", () => {
      if (run !== undefined) {
        this.#run(
          "INSERT OR REPLACE INTO runs (id, seen_at_ms, pid, revision) VALUES (?, ?, ?, ?)",
          ...[run.id, run.seenAtMs, run.pid, run.revision],
        );
      }
      for (const { day, client, feed, type, messages } of usage) {
        this.#run(
          `INSERT INTO usage VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
           SET messages = messages + excluded.messages`,
          ...[day, client, feed, type, messages],
        );
      }
      for (const session of sessions) {
        this.#run(
          `INSERT OR REPLACE INTO sessions VALUES (:id, :run, :client, :key, :address,
           :started_at_ms, :ended_at_ms, :reason)`,
          sessionRow(session),
        );
      }
      for (const { id, atMs } of keysUsed) {
        this.#run(
          "UPDATE api_keys SET last_used_at_ms = max(coalesce(last_used_at_ms, 0), ?) WHERE id = ?",
          ...[atMs, id],
        );
      }
    });
  }

  usage({ client, fromDay, toDay }: UsageQuery): Promise<UsageCount[]> {
    return this.#open(() =>
      this.#all(
        `SELECT * FROM usage WHERE (:client IS NULL OR client = :client)
         AND day BETWEEN :from AND :to ORDER BY day, client, feed, type`,
        { client: client ?? null, from: fromDay ?? "", to: toDay ?? "9" },
      ).map(usageOf)
    );
  }

  sessions({ client, openOnly, within, limit }: SessionQuery): Promise<SessionRecord[]> {
    return this.#open(() =>
      this.#all(
        `SELECT * FROM sessions WHERE (:client IS NULL OR client = :client)
         AND (NOT :open OR ended_at_ms IS NULL)
         AND started_at_ms < :to AND coalesce(ended_at_ms, :from) >= :from ORDER BY started_at_ms DESC, id DESC LIMIT :limit`,
        {
          ...{ client: client ?? null, open: openOnly === true ? 1 : 0, limit },
          ...{ from: within?.fromMs ?? 0, to: within?.toMs ?? Number.MAX_SAFE_INTEGER },
        },
      ).map(sessionOf)
    );
  }

  entitlementHistory(): Promise<{ sinceMs: number; entitlements: PastEntitlement[] }> {
    return this.#read(() => ({
      sinceMs: Number(this.#all("SELECT since_ms FROM entitlement_history")[0]?.["since_ms"]),
      entitlements: this.#all(
        `SELECT *, NULL AS removed_at_ms FROM entitlements
         UNION ALL SELECT * FROM removed_entitlements ORDER BY id`,
      ).map((row) => {
        const removedAtMs = row["removed_at_ms"];
        return {
          ...entitlementOf(row),
          removedAtMs: typeof removedAtMs === "number" ? removedAtMs : null,
        };
      }),
    }));
  }

  runs(): Promise<GatewayRun[]> {
    return this.#open(() =>
      this.#all("SELECT * FROM runs ORDER BY id").map((row) => ({
        id: String(row["id"]),
        pid: Number(row["pid"]),
        seenAtMs: Number(row["seen_at_ms"]),
        revision: Number(row["revision"]),
      }))
    );
  }

  endLostSessions(seenBeforeMs: number): Promise<number> {
    return this.#write("NORMAL", () => {
      const ended = this.#run(
        `UPDATE sessions SET reason = :reason, ended_at_ms =
           coalesce((SELECT seen_at_ms FROM runs WHERE runs.id = run), started_at_ms)
         WHERE ended_at_ms IS NULL AND
           coalesce((SELECT seen_at_ms FROM runs WHERE runs.id = run), started_at_ms) < :before`,
        { reason: LOST_SESSION_REASON, before: seenBeforeMs },
      );
      this.#run("DELETE FROM runs WHERE seen_at_ms < ?", seenBeforeMs);
      return ended;
    });
  }

  prune({ sessionsMs, usageDay }: { sessionsMs: number; usageDay: string }): Promise<number> {
    return this.#write(
      "NORMAL",
      () =>
        this.#run("DELETE FROM sessions WHERE ended_at_ms < ?", sessionsMs) +
        this.#run("DELETE FROM usage WHERE day < ?", usageDay) +
        this.#run(
          "DELETE FROM removed_entitlements WHERE removed_at_ms < ?",
          Date.parse(usageDay),
        ),
    );
  }

  close(): Promise<void> {
    if (!this.#closed) this.#db.close();
    this.#closed = true;
    return Promise.resolve();
  }

  #apply(change: AccountChange): void {
    if ("add" in change) {
      this.#run(
        `INSERT INTO entitlements (client, feed, symbols, types, created_at_ms, expires_at_ms)
         VALUES (:client, :feed, :symbols, :types, :created_at_ms, :expires_at_ms)`,
        entitlementRow(change.entitlement),
      );
    } else if ("put" in change) {
      if (change.put === "client") this.#run(UPSERT_CLIENT, clientRow(change.client));
      else if (change.put === "key") this.#run(UPSERT_KEY, keyRow(change.key));
      else {
        const { address, reason, createdAtMs, untilMs } = change.block;
        const values = [address, reason, createdAtMs, untilMs];
        this.#run("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)", ...values);
      }
    } else this.#run(DELETE[change.delete], change.id);
  }

  #revision(): number {
    return this.#all("SELECT number FROM revision")[0]?.["number"] as number;
  }

  #all(sql: string, ...values: (SQLInputValue | Record<string, SQLInputValue>)[]) {
    return this.#statement(sql).all(...values as SQLInputValue[]);
  }

  /** Rows that were changed. */
  #run(sql: string, ...values: (SQLInputValue | Record<string, SQLInputValue>)[]): number {
    return Number(this.#statement(sql).run(...values as SQLInputValue[]).changes);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      this.#statements.set(sql, statement = this.#db.prepare(sql));
    }
    return statement;
  }

  #read<T>(body: () => T): Promise<T> {
    return this.#open(() => inTransaction(this.#db, body, "BEGIN"));
  }

  /** FULL = synced to the disk when it resolves; NORMAL = safe from a kill, not from a power cut. */
  #write<T>(synchronous: "FULL" | "NORMAL", body: () => T): Promise<T> {
    return this.#open(() => {
      this.#db.exec(`PRAGMA synchronous = ${synchronous}`);
      return inTransaction(this.#db, body);
    });
  }

  #open<T>(body: () => T): Promise<T> {
    return Promise.try(() => {
      if (this.#closed) throw storeClosedError();
      try {
        return body();
      } catch (error) {
        throw storeFailedError(error, this.#path);
      }
    });
  }
}

import type { Database, SqlValue, Statements } from "@ssmd/database";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import { type ChainLine, chainLine } from "./chain.ts";
import { type AuditCount, countEvents, type WrongCount, wrongCounts } from "./count.ts";
import { auditError } from "./errors.ts";
import type { AuditDraft, AuditEvent, AuditFilter } from "./event.ts";
import { positionsOf, whereOf } from "./where.ts";

/** A day whose events are in storage. */
export interface RolledDay {
  /** `YYYY-MM-DD` */
  day: string;
  /** Positions of the first and last event. */
  first: number;
  last: number;
  /** Link of the last event. */
  link: string;
  /** Longest retention applied so far, days; 0 = none. */
  expiredDays: number;
}

/** A page of matching events. */
interface AuditQuery extends AuditFilter {
  limit: number;
  /** Only events before this position, for paging. */
  before?: number | undefined;
}

/** Identity of a retryable write; numbers increase per writer. */
export interface AuditBatch {
  writer: string;
  number: number;
}

/** Last written link. */
interface Head {
  position: number;
  link: string;
  at: string;
}

const INSERT = "INSERT INTO events (position, event, content, link) VALUES ($1, $2, $3, $4)";
const PUT_DAY = `INSERT INTO days (day, first, last, link, expired_days) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (day) DO UPDATE SET first = excluded.first, last = excluded.last,
    link = excluded.link, expired_days = excluded.expired_days`;
/** Events per page while a log is copied. */
const COPIED_AT_ONCE = 1000;

/**
 * The hot part of an audit log: one hash chain with indexes. Several processes may append
 * concurrently. Rejects with StorageError: `AUDIT_READ_ONLY` without write access, `AUDIT_AWAY`
 * while the database does not respond, else `AUDIT_FAILED`.
 */
export class AuditLog implements AsyncDisposable {
  readonly where: string;
  #database: Database;

  /** Uses a database with the tables of {@linkcode AUDIT_MIGRATIONS} and closes it with the log. */
  constructor(database: Database) {
    this.where = database.where;
    this.#database = database;
  }

  /**
   * Appends events atomically; durable once resolved. Skips an already known batch and returns no
   * events for it.
   */
  append(drafts: readonly AuditDraft[], batch?: AuditBatch): Promise<AuditEvent[]> {
    return this.#transaction("change", async (statements) => {
      // Locks the row: the next writer continues from our last link.
      const [row] = await statements.all("UPDATE head SET position = position RETURNING *");
      let last = headOf(row);
      if (batch !== undefined && !await isNew(statements, batch)) return [];
      const lines = drafts.map((draft) => {
        // Keep times monotonic if the clock was set back, so days stay in order.
        const now = isoOfUs(nowUs());
        const at = now > last.at ? now : last.at;
        return last = chainLine(last.link, { position: last.position + 1, at, ...draft });
      });
      await statements.runEach(
        INSERT,
        lines.map(({ position, event, content, link }) => [position, event, content, link]),
      );
      const head = [last.position, last.link, last.at];
      await statements.run("UPDATE head SET position = $1, link = $2, at = $3", ...head);
      return lines.map(eventOf);
    });
  }

  /** Copies the chain of the log that this one replaces; no effect if this one has events. */
  continueFrom(previous: AuditLog): Promise<void> {
    return this.#transaction("change", async ({ all, run, runEach }) => {
      const [row] = await all("UPDATE head SET position = position RETURNING *");
      if (headOf(row).position > 0) return;
      const { position, link, at } = await previous.head();
      for (let from = 1; from <= position;) {
        const lines = await previous.lines(from, COPIED_AT_ONCE);
        const rows = lines.filter((line) => line.position <= position);
        await runEach(
          INSERT,
          rows.map((line) => [line.position, line.event ?? "", line.content, line.link]),
        );
        from = (lines.at(-1)?.position ?? position) + 1;
      }
      for (const { day, first, last, link, expiredDays } of await previous.rolledDays()) {
        await run(PUT_DAY, day, first, last, link, expiredDays);
      }
      await run("UPDATE head SET position = $1, link = $2, at = $3", position, link, at);
    });
  }

  /** Returns matching events, newest first. */
  list({ limit, before, ...filter }: AuditQuery): Promise<AuditEvent[]> {
    return this.#transaction("read", async (statements) => {
      const { first, last } = await positionsOf(statements, filter);
      // One bound from above: SQLite uses one for its search, and reads on to the other.
      const span = { first, last: Math.min(last, (before ?? Infinity) - 1) };
      const { where, values, add } = whereOf(filter, span);
      const sql = `SELECT event FROM events WHERE ${where} ORDER BY position DESC LIMIT ${
        add(limit)
      }`;
      return (await statements.all(sql, ...values)).map(eventOf);
    });
  }

  /** Returns the event at a position; undefined = not in the hot log. */
  async find(position: number): Promise<AuditEvent | undefined> {
    const rows = await this.#all("SELECT event FROM events WHERE position = $1", position);
    return rows.map(eventOf)[0];
  }

  /** Counts events by category and outcome, sorted. */
  count(filter: AuditFilter): Promise<AuditCount[]> {
    return this.#transaction("read", (statements) => countEvents(statements, filter));
  }

  /** Returns up to `limit` stored counts that differ from the number of events, by hour. */
  wrongCounts(limit: number): Promise<WrongCount[]> {
    return this.#transaction("read", (statements) => wrongCounts(statements, limit));
  }

  /** Returns lines of the chain from a position on, oldest first. */
  async lines(from: number, limit: number): Promise<ChainLine[]> {
    const sql = `SELECT position, at, category, content, link, event FROM events
      WHERE position >= $1 ORDER BY position LIMIT $2`;
    const rows = await this.#all(sql, from, limit);
    return rows.map((row) => ({ ...row, position: Number(row["position"]) }) as ChainLine);
  }

  /** Returns the last written link, even if its event was moved. */
  async head(): Promise<Head> {
    return headOf((await this.#all("SELECT * FROM head"))[0]);
  }

  /** Returns the days in storage, oldest first. */
  async rolledDays(): Promise<RolledDay[]> {
    return (await this.#all("SELECT * FROM days ORDER BY day")).map((row) => ({
      ...{ day: String(row["day"]), link: String(row["link"]) },
      ...{ first: Number(row["first"]), last: Number(row["last"]) },
      expiredDays: Number(row["expired_days"]),
    }));
  }

  /** Records that a day is in storage, or which retention was applied to it. */
  async putDay({ day, first, last, link, expiredDays }: RolledDay): Promise<void> {
    await this.#transaction(
      "change",
      ({ run }) => run(PUT_DAY, day, first, last, link, expiredDays),
    );
  }

  /** Deletes events of stored days before a day; they are read from storage. */
  async forget(beforeDay: string): Promise<void> {
    await this.#transaction("change", async ({ run }) => {
      await run(
        "DELETE FROM events WHERE position <= (SELECT max(last) FROM days WHERE day < $1)",
        beforeDay,
      );
      await run("DELETE FROM writers WHERE at < $1", beforeDay);
    });
  }

  /** Waits for pending calls. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }

  #all(sql: string, ...values: SqlValue[]) {
    return this.#transaction("read", ({ all }) => all(sql, ...values));
  }

  async #transaction<T>(
    kind: "read" | "change",
    body: (statements: Statements) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#database.transaction(kind, body);
    } catch (error) {
      throw auditError(error, this.where, this.#database.faultOf(error));
    }
  }
}

/** Records a batch number; false = it or a later one is known. */
async function isNew({ run }: Statements, { writer, number }: AuditBatch): Promise<boolean> {
  const sql = `INSERT INTO writers (writer, number, at) VALUES ($1, $2, $3)
    ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at
    WHERE writers.number < excluded.number`;
  return await run(sql, writer, number, isoOfUs(nowUs())) > 0;
}

function headOf(row: Readonly<Record<string, unknown>> = {}): Head {
  return { position: Number(row["position"]), link: String(row["link"]), at: String(row["at"]) };
}

function eventOf(row: Readonly<Record<string, unknown>>): AuditEvent {
  return JSON.parse(String(row["event"]));
}

import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import {
  inTransaction,
  isoOfUs,
  messageOf,
  nowUs,
  StorageError,
  systemCodeOf,
} from "@ssmd/runtime";
import { type ChainLine, chainLine, GENESIS } from "./chain.ts";
import type { AuditDraft, AuditEvent, AuditFilter } from "./event.ts";
import { lastOf } from "./event.ts";

/** Longest wait for another process that writes, ms. */
const BUSY_MS = 10_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    content TEXT NOT NULL,
    link TEXT NOT NULL,
    at TEXT GENERATED ALWAYS AS (event ->> 'at') VIRTUAL,
    actor TEXT GENERATED ALWAYS AS (event ->> 'actor') VIRTUAL,
    action TEXT GENERATED ALWAYS AS (event ->> 'action') VIRTUAL,
    category TEXT GENERATED ALWAYS AS (event ->> 'category') VIRTUAL,
    outcome TEXT GENERATED ALWAYS AS (event ->> 'outcome') VIRTUAL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_at ON events (at);
  CREATE INDEX IF NOT EXISTS events_actor ON events (actor);
  CREATE INDEX IF NOT EXISTS events_action ON events (action);
  CREATE INDEX IF NOT EXISTS events_category ON events (category);
  CREATE INDEX IF NOT EXISTS events_actor_action ON events (actor, action);
  CREATE INDEX IF NOT EXISTS events_actor_category ON events (actor, category);
  CREATE INDEX IF NOT EXISTS events_not_done ON events (outcome) WHERE outcome <> 'done';
  CREATE TABLE IF NOT EXISTS days (
    day TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, link TEXT NOT NULL,
    expired_days INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS head (position INTEGER NOT NULL, link TEXT NOT NULL, at TEXT NOT NULL);
  INSERT INTO head SELECT 0, '${GENESIS}', '' WHERE NOT EXISTS (SELECT * FROM head);`;

/** A day whose events are in storage. */
export interface RolledDay {
  /** `YYYY-MM-DD` */
  day: string;
  /** Positions of its first and last event. */
  first: number;
  last: number;
  /** Link of the last event. */
  link: string;
  /** Longest retention that was applied, days; 0 = none. */
  expiredDays: number;
}

/** Which events, and how many of them at a time. */
interface AuditQuery extends AuditFilter {
  limit: number;
  /** Only events before this position: the next page. */
  before?: number | undefined;
}

/** How many events there are of a category and an outcome. */
interface AuditCount {
  category: string;
  outcome: string;
  events: number;
}

/**
 * The hot part of an audit log: a file of SQLite with the chain and indexes over it. Several
 * processes may append at once. Throws StorageError `AUDIT_READ_ONLY` where nothing may be written, and
 * `AUDIT_FAILED` where the file cannot be used.
 */
export class AuditLog implements Disposable {
  readonly path: string;
  #db: DatabaseSync;

  /** Makes file and folder where there are none; for this user only. */
  constructor(path: string) {
    this.path = path;
    this.#db = this.#try(() => {
      Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
      const db = new DatabaseSync(path, { timeout: BUSY_MS });
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      db.exec(SCHEMA);
      return db;
    });
  }

  /** Appends events, all or none; durable on return. */
  append(drafts: readonly AuditDraft[]): AuditEvent[] {
    return this.#try(() =>
      inTransaction(this.#db, () => {
        let last = this.#last();
        const insert = this.#db.prepare(
          "INSERT INTO events (position, event, content, link) VALUES (?, ?, ?, ?)",
        );
        const events = drafts.map((draft) => {
          // A clock that is set back does not break the order of days.
          const now = isoOfUs(nowUs());
          const at = now > last.at ? now : last.at;
          const event = { position: last.position + 1, at, ...draft };
          const line = chainLine(last.link, event);
          insert.run(line.position, line.event, line.content, line.link);
          last = line;
          return event;
        });
        this.#db.prepare("UPDATE head SET position = ?, link = ?, at = ?")
          .run(last.position, last.link, last.at);
        return events;
      })
    );
  }

  /** Events that are selected, the newest first. */
  list({ limit, before, ...filter }: AuditQuery): AuditEvent[] {
    const { where, values } = whereOf(filter, this.#positionsOf(filter));
    const page = before === undefined ? "" : " AND position < :before";
    return this.#all(
      `SELECT event FROM events WHERE ${where}${page} ORDER BY position DESC LIMIT :limit`,
      { ...values, limit, ...(before === undefined ? {} : { before }) },
    ).map(eventOf);
  }

  /** The event at a position; undefined = it is not here. */
  find(position: number): AuditEvent | undefined {
    return this.#all("SELECT event FROM events WHERE position = :position", { position })
      .map(eventOf)[0];
  }

  /** Numbers of events by category and outcome. */
  count(filter: AuditFilter): AuditCount[] {
    const { where, values } = whereOf(filter, this.#positionsOf(filter));
    return this.#all(
      `SELECT category, outcome, count(*) AS events FROM events WHERE ${where}
       GROUP BY category, outcome ORDER BY category, outcome`,
      values,
    ).map(({ category, outcome, events }) => ({
      ...{ category: String(category), outcome: String(outcome), events: Number(events) },
    }));
  }

  /** Lines of the chain from a position on, the oldest first. */
  lines(from: number, limit: number): ChainLine[] {
    return this.#all(
      `SELECT position, at, category, content, link, event FROM events WHERE position >= :from
       ORDER BY position LIMIT :limit`,
      { from, limit },
    ).map((row) => ({ ...row }) as unknown as ChainLine);
  }

  /** The last link that was written, wherever its event is now. */
  head(): { position: number; link: string; at: string } {
    return this.#try(() => this.#last());
  }

  /** The days that are in storage, the oldest first. */
  rolledDays(): RolledDay[] {
    return this.#all("SELECT * FROM days ORDER BY day", {}).map((row) => ({
      ...{ day: String(row["day"]), link: String(row["link"]) },
      ...{ first: Number(row["first"]), last: Number(row["last"]) },
      expiredDays: Number(row["expired_days"]),
    }));
  }

  /** Notes that a day is in storage, or which retention was applied to it. */
  putDay({ day, first, last, link, expiredDays }: RolledDay): void {
    this.#try(() =>
      this.#db.prepare("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?)")
        .run(day, first, last, link, expiredDays)
    );
  }

  /** Removes what is in storage and older than a day: it is read from there. */
  forget(beforeDay: string): void {
    this.#try(() =>
      this.#db.prepare(
        "DELETE FROM events WHERE position <= (SELECT max(last) FROM days WHERE day < ?)",
      ).run(beforeDay)
    );
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #last(): { position: number; link: string; at: string } {
    const row = this.#db.prepare("SELECT * FROM head").get() ?? {};
    return { position: Number(row["position"]), link: String(row["link"]), at: String(row["at"]) };
  }

  /** Times never decrease with positions, so that a span of time is one of positions. */
  #positionsOf({ from, to }: AuditFilter): { first: number; last: number } {
    const position = (order: string, value: string) => {
      const sql = `SELECT position FROM events WHERE at ${order} LIMIT 1`;
      return Number(this.#all(sql, { value })[0]?.["position"] ?? -1);
    };
    const last = to === undefined
      ? Number.MAX_SAFE_INTEGER
      : position("<= :value ORDER BY at DESC, position DESC", lastOf(to));
    const first = from === undefined ? 0 : position(">= :value ORDER BY at, position", from);
    return first < 0 ? { first: 0, last: -1 } : { first, last };
  }

  #all(sql: string, values: Record<string, SQLInputValue>) {
    return this.#try(() => this.#db.prepare(sql).all(values));
  }

  #try<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (isReadOnly(error)) throw readOnlyError(this.path, error);
      throw new StorageError(
        "AUDIT_FAILED",
        `The audit log ${this.path} cannot be used: ${messageOf(error)}`,
        {
          cause: error,
          context: { path: this.path },
          hint: "Check that the folder is writable and has room; without it nothing is changed",
          retryable: true,
        },
      );
    }
  }
}

function whereOf(
  { actor, action, category, outcome }: AuditFilter,
  { first, last }: { first: number; last: number },
) {
  // Refusals are few: their index is better than any other.
  const few = outcome !== undefined && outcome !== "done";
  const given = Object.entries({ actor, action, category, outcome })
    .filter((pair): pair is [string, string] => pair[1] !== undefined);
  const terms = given.map(([name]) => `${few && name !== "outcome" ? "+" : ""}${name} = :${name}`);
  return {
    where: ["position BETWEEN :first AND :last", ...(few ? ["outcome <> 'done'"] : []), ...terms]
      .join(" AND "),
    values: { ...Object.fromEntries(given), first, last } as Record<string, SQLInputValue>,
  };
}

const READ_ONLY: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM"]);
/** Of SQLite, in the low byte: an attempt to write a readonly database. */
const SQLITE_READONLY = 8;

function isReadOnly(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return READ_ONLY.has(systemCodeOf(error)) || ((errcode ?? 0) & 0xff) === SQLITE_READONLY;
}

function readOnlyError(path: string, cause: unknown): StorageError {
  return new StorageError("AUDIT_READ_ONLY", `The audit log ${path} cannot be written`, {
    ...{ cause, context: { path } },
    hint: "Mount its folder writable, for this user; without it nothing is changed",
  });
}

function eventOf(row: Record<string, unknown>): AuditEvent {
  return JSON.parse(String(row["event"]));
}

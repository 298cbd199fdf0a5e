import type { DayState } from "@ssmd/market";
import { inTransaction, messageOf, SsmdError, StorageError } from "@ssmd/runtime";
import { DatabaseSync } from "node:sqlite";
import type { JobError } from "../job.ts";
import { type DayRecord, mayPass, pendingDay } from "./day_state.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS days (
    feed TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, token INTEGER NOT NULL, job TEXT,
    active_at INTEGER, complete_at INTEGER, changed_at INTEGER NOT NULL, error TEXT,
    PRIMARY KEY (feed, day)
  ) STRICT;`;

/** A claim of a day by a job. */
interface DayClaim {
  feed: string;
  day: string;
  to: "starting" | "active" | "ending";
  /** Claiming job. */
  job: string;
  nowUs: number;
}

/** Trading days of an environment, in the SQLite file of its jobs. */
export class DayStore implements Disposable {
  #db: DatabaseSync;

  /** Opens the store; undefined `path` means memory. Throws StorageError `JOB_STORE_FAILED`. */
  constructor(path?: string) {
    try {
      this.#db = new DatabaseSync(path ?? ":memory:");
      this.#db.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL");
      this.#db.exec(`PRAGMA synchronous = FULL; ${SCHEMA}`);
    } catch (cause) {
      throw new StorageError("JOB_STORE_FAILED", `Days cannot be kept: ${messageOf(cause)}`, {
        ...{ cause, context: { path } },
        hint: "Check the folder of the data: rights, and room on the disk",
      });
    }
  }

  /** Returns a day; unknown days are pending. */
  find(feed: string, day: string): DayRecord {
    const row = this.#db.prepare("SELECT * FROM days WHERE feed = ? AND day = ?").get(feed, day);
    return row === undefined ? pendingDay(feed, day) : recordOf(row);
  }

  /** Returns days, newest first. */
  list({ feed, limit = 100 }: { feed?: string | undefined; limit?: number } = {}): DayRecord[] {
    return this.#db.prepare(
      "SELECT * FROM days WHERE (?1 IS NULL OR feed = ?1) ORDER BY day DESC, feed LIMIT ?2",
    ).all(feed ?? null, limit).map(recordOf);
  }

  /**
   * Claims a day for a job and returns its fencing token, higher than all before, so that earlier
   * holders are refused. Throws SsmdError `DAY_STATE` for a forbidden transition.
   */
  claim({ feed, day, to, job, nowUs }: DayClaim): number {
    return inTransaction(this.#db, () => {
      const known = this.find(feed, day);
      if (!mayPass(known.state, to)) {
        throw new SsmdError("DAY_STATE", `${feed} ${day} is ${known.state}: not ${to} now`, {
          hint: "`ssmd day show` tells what was done to it",
        });
      }
      const token = known.token + 1;
      this.#put({
        ...{ ...known, state: to, token, job, changedAtUs: nowUs, error: null },
        activeAtUs: to === "active" ? nowUs : known.activeAtUs,
        completeAtUs: null,
      });
      return token;
    });
  }

  /** Changes a held day's state. Throws as {@linkcode DayStore.assertHeld}, and `DAY_STATE`. */
  advance(
    held: { feed: string; day: string; token: number },
    to: DayState,
    { nowUs, error = null }: {
      nowUs: number;
      error?: JobError | null;
    },
  ): void {
    inTransaction(this.#db, () => {
      const known = this.assertHeld(held);
      // A step repeated after a kill finds its change already made.
      if (known.state === to && error === null) return;
      if (!mayPass(known.state, to)) {
        throw new SsmdError(
          "DAY_STATE",
          `${held.feed} ${held.day} is ${known.state}: not ${to} now`,
          {
            hint: "`ssmd day show` tells what was done to it",
          },
        );
      }
      this.#put({
        ...{ ...known, state: to, changedAtUs: nowUs, error },
        activeAtUs: to === "active" ? known.activeAtUs ?? nowUs : known.activeAtUs,
        completeAtUs: to === "complete" ? nowUs : known.completeAtUs,
      });
    });
  }

  /** Returns the day held by this token. Throws SsmdError `DAY_FENCED` if another job took it. */
  assertHeld({ feed, day, token }: { feed: string; day: string; token: number }): DayRecord {
    const known = this.find(feed, day);
    if (known.token === token) return known;
    throw new SsmdError("DAY_FENCED", `${feed} ${day} was taken over by ${known.job}`, {
      hint: "Nothing more was done to it here; `ssmd day show` tells who does",
      context: { token, newest: known.token },
    });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #put(record: DayRecord): void {
    const { feed, day, state, token, job, activeAtUs, completeAtUs, changedAtUs, error } = record;
    this.#db.prepare("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
      ...[feed, day, state, token, job, activeAtUs, completeAtUs, changedAtUs],
      error === null ? null : JSON.stringify(error),
    );
  }
}

function recordOf(row: Record<string, unknown>): DayRecord {
  return {
    feed: row["feed"] as string,
    day: row["day"] as string,
    state: row["state"] as DayState,
    token: row["token"] as number,
    job: row["job"] as string | null,
    activeAtUs: row["active_at"] as number | null,
    completeAtUs: row["complete_at"] as number | null,
    changedAtUs: row["changed_at"] as number,
    error: row["error"] === null ? null : JSON.parse(row["error"] as string),
  };
}

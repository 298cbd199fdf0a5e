import { inTransaction, messageOf, StorageError } from "@ssmd/runtime";
import type { JsonRecord } from "@ssmd/journal";
import { DatabaseSync } from "node:sqlite";
import type { Job, JobError, JobLine, JobState, JobStep, NewJob, ScheduleState } from "./job.ts";
import type { JobBoard, JobFilter } from "./job_board.ts";
import type { Schedule } from "./schedule.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, workflow TEXT NOT NULL, input TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, due_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
    started_at INTEGER, ended_at INTEGER, error TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS jobs_due ON jobs (state, due_at);
  CREATE TABLE IF NOT EXISTS steps (
    job TEXT NOT NULL, name TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
    result TEXT, PRIMARY KEY (job, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS lines (
    job TEXT NOT NULL, at INTEGER NOT NULL, message TEXT NOT NULL, fields TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lines_job ON lines (job, at);
  CREATE TABLE IF NOT EXISTS schedules (
    name TEXT PRIMARY KEY, paused INTEGER NOT NULL, last_at INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS created_schedules (
    name TEXT PRIMARY KEY, schedule TEXT NOT NULL
  ) STRICT;`;

/** Log lines kept per job. */
const LINES_MAX = 1_000;

/** Jobs and schedules of one environment in an SQLite file, shared by commands and one runner. */
export class JobStore implements JobBoard {
  #db: DatabaseSync;

  /** Opens the store; undefined `path` means memory. Throws StorageError `JOB_STORE_FAILED`. */
  constructor(path?: string) {
    try {
      this.#db = new DatabaseSync(path ?? ":memory:");
      this.#db.exec(
        "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
      );
      this.#db.exec(SCHEMA);
    } catch (cause) {
      throw new StorageError("JOB_STORE_FAILED", `Jobs cannot be kept: ${messageOf(cause)}`, {
        ...{ cause, context: { path } },
        hint: "Check the folder of the data: rights, and room on the disk",
      });
    }
  }

  enqueue({ id, workflow, input, nowUs }: NewJob): boolean {
    return inTransaction(this.#db, () => {
      const known = this.find(id);
      if (known?.state === "queued" || known?.state === "running") return false;
      this.#db.prepare("DELETE FROM steps WHERE job = ?").run(id);
      this.#db.prepare(
        `INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, 'queued', 0, ?, ?, NULL, NULL, NULL)`,
      ).run(id, workflow, JSON.stringify(input), nowUs, nowUs);
      return true;
    });
  }

  /** Claims the next due job and marks it running; undefined when none is due. */
  claim(nowUs: number): Job | undefined {
    return inTransaction(this.#db, () => {
      const row = this.#db.prepare(
        `SELECT id FROM jobs WHERE state = 'queued' AND due_at <= ?
         ORDER BY due_at, created_at, id LIMIT 1`,
      ).get(nowUs);
      if (row === undefined) return undefined;
      this.#db.prepare(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = ? WHERE id = ?",
      ).run(nowUs, row["id"] as string);
      return this.find(row["id"] as string);
    });
  }

  /**
   * Requeues jobs left running by a dead runner, keeping their steps; returns how many. Only
   * failures count as attempts: restarts must not use up a job's retries.
   */
  requeueRunning(nowUs: number): number {
    const { changes } = this.#db.prepare(
      `UPDATE jobs SET state = 'queued', attempts = attempts - 1, due_at = ?
       WHERE state = 'running'`,
    ).run(nowUs);
    return Number(changes);
  }

  /** Ends an attempt of a running job; a job cancelled meanwhile stays cancelled. */
  end(id: string, state: "done" | "failed", { nowUs, error = null }: {
    nowUs: number;
    error?: JobError | null;
  }): void {
    this.#db.prepare(
      "UPDATE jobs SET state = ?, ended_at = ?, error = ? WHERE id = ? AND state = 'running'",
    ).run(state, nowUs, error === null ? null : JSON.stringify(error), id);
  }

  /** Requeues a failed attempt, or without error one that was interrupted; keeps its steps. */
  postpone(id: string, dueAtUs: number, error: JobError | null): void {
    this.#db.prepare(
      `UPDATE jobs SET state = 'queued', attempts = attempts - ?, due_at = ?, error = ?
       WHERE id = ? AND state = 'running'`,
    ).run(Number(error === null), dueAtUs, error === null ? null : JSON.stringify(error), id);
  }

  cancel(id: string, nowUs: number): boolean {
    const { changes } = this.#db.prepare(
      `UPDATE jobs SET state = 'cancelled', ended_at = ?
       WHERE id = ? AND state IN ('queued', 'running')`,
    ).run(nowUs, id);
    return Number(changes) > 0;
  }

  retry(id: string, nowUs: number): boolean {
    const { changes } = this.#db.prepare(
      `UPDATE jobs SET state = 'queued', attempts = 0, due_at = ?, ended_at = NULL
       WHERE id = ? AND state IN ('failed', 'cancelled')`,
    ).run(nowUs, id);
    return Number(changes) > 0;
  }

  beginStep(job: string, name: string, nowUs: number): void {
    this.#db.prepare("INSERT OR REPLACE INTO steps VALUES (?, ?, ?, NULL, NULL)")
      .run(job, name, nowUs);
  }

  endStep(
    job: string,
    name: string,
    { nowUs, result }: { nowUs: number; result: JsonRecord },
  ): void {
    this.#db.prepare("UPDATE steps SET ended_at = ?, result = ? WHERE job = ? AND name = ?")
      .run(nowUs, JSON.stringify(result), job, name);
  }

  addLine(job: string, { atUs, message, fields }: JobLine): void {
    this.#db.prepare("INSERT INTO lines VALUES (?, ?, ?, ?)")
      .run(job, atUs, message, JSON.stringify(fields));
    this.#db.prepare(
      `DELETE FROM lines WHERE job = ?1 AND rowid <= (SELECT rowid FROM lines WHERE job = ?1
       ORDER BY rowid DESC LIMIT 1 OFFSET ?2)`,
    ).run(job, LINES_MAX);
  }

  find(id: string): Job | undefined {
    const row = this.#db.prepare("SELECT * FROM jobs WHERE id = ?").get(id);
    return row === undefined ? undefined : jobOf(row, this.#stepsOf(id));
  }

  list({ state, workflow, limit = 100 }: JobFilter = {}): Job[] {
    const rows = this.#db.prepare(
      `SELECT * FROM jobs WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR workflow = ?2)
       ORDER BY created_at DESC, id DESC LIMIT ?3`,
    ).all(state ?? null, workflow ?? null, limit);
    return rows.map((row) => jobOf(row, this.#stepsOf(row["id"] as string)));
  }

  lines(job: string): JobLine[] {
    return this.#db.prepare("SELECT * FROM lines WHERE job = ? ORDER BY rowid").all(job)
      .map((row) => ({
        atUs: row["at"] as number,
        message: row["message"] as string,
        fields: JSON.parse(row["fields"] as string),
      }));
  }

  schedule(name: string): ScheduleState {
    const row = this.#db.prepare("SELECT * FROM schedules WHERE name = ?").get(name);
    return {
      isPaused: row?.["paused"] === 1,
      lastAtUs: (row?.["last_at"] ?? null) as number | null,
    };
  }

  /** Stores the last due time; commands may pause the schedule meanwhile, which stays. */
  saveLastAt(name: string, lastAtUs: number): void {
    this.#db.prepare(
      `INSERT INTO schedules VALUES (?1, 0, ?2) ON CONFLICT (name) DO UPDATE SET last_at = ?2`,
    ).run(name, lastAtUs);
  }

  pauseSchedule(name: string, isPaused: boolean): void {
    this.#db.prepare(
      `INSERT INTO schedules VALUES (?1, ?2, NULL) ON CONFLICT (name) DO UPDATE SET paused = ?2`,
    ).run(name, isPaused ? 1 : 0);
  }

  createdSchedules(): Schedule[] {
    return this.#db.prepare("SELECT schedule FROM created_schedules ORDER BY name").all()
      .map((row) => JSON.parse(row["schedule"] as string));
  }

  createSchedule(schedule: Schedule): boolean {
    const { changes } = this.#db.prepare("INSERT OR IGNORE INTO created_schedules VALUES (?, ?)")
      .run(schedule.name, JSON.stringify(schedule));
    return Number(changes) > 0;
  }

  deleteSchedule(name: string): boolean {
    return inTransaction(this.#db, () => {
      const { changes } = this.#db.prepare("DELETE FROM created_schedules WHERE name = ?")
        .run(name);
      // A later schedule of this name starts fresh.
      if (Number(changes) > 0) this.#db.prepare("DELETE FROM schedules WHERE name = ?").run(name);
      return Number(changes) > 0;
    });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #stepsOf(job: string): JobStep[] {
    return this.#db.prepare("SELECT * FROM steps WHERE job = ? ORDER BY started_at, rowid").all(job)
      .map((row) => ({
        name: row["name"] as string,
        startedAtUs: row["started_at"] as number,
        endedAtUs: row["ended_at"] as number | null,
        result: row["result"] === null ? null : JSON.parse(row["result"] as string),
      }));
  }
}

function jobOf(row: Record<string, unknown>, steps: JobStep[]): Job {
  return {
    id: row["id"] as string,
    workflow: row["workflow"] as string,
    input: JSON.parse(row["input"] as string),
    state: row["state"] as JobState,
    attempts: row["attempts"] as number,
    dueAtUs: row["due_at"] as number,
    createdAtUs: row["created_at"] as number,
    startedAtUs: row["started_at"] as number | null,
    endedAtUs: row["ended_at"] as number | null,
    error: row["error"] === null ? null : JSON.parse(row["error"] as string),
    steps,
  };
}

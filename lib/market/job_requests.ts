import { escapeToken } from "./subject.ts";

/** Request subject of an environment's job runner. */
export function jobsSubject(env: string): string {
  // Outside the stream; otherwise JetStream would reply instead.
  return `_ssmd.${escapeToken(env)}.jobs`;
}

/** Requests about jobs and schedules. */
export type JobsRequest =
  | {
    action: "list";
    state?: string | undefined;
    workflow?: string | undefined;
    limit: number;
  }
  | { action: "show" | "logs" | "cancel" | "retry"; job: string }
  | { action: "run"; workflow: string; input: Readonly<Record<string, unknown>> }
  | { action: "schedules" }
  | { action: "trigger" | "pause" | "resume"; schedule: string };

/** A job as sent over the bus. Times in µs since 1970. */
export interface JobInfo {
  id: string;
  workflow: string;
  state: string;
  attempts: number;
  createdAtUs: number;
  dueAtUs: number;
  /** Start of the last attempt; null = none. */
  startedAtUs: number | null;
  /** End time; null = not ended. */
  endedAtUs: number | null;
  /** Error of the last failed attempt; null = none failed. */
  error: { code: string; message: string; hint: string } | null;
  steps: readonly {
    name: string;
    startedAtUs: number;
    /** null = not known to be done. */
    endedAtUs: number | null;
    result: Readonly<Record<string, unknown>> | null;
  }[];
}

/** A line of a job's log. */
interface JobLogLine {
  atUs: number;
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

/** A schedule as sent over the bus. Times in µs since 1970. */
export interface ScheduleInfo {
  name: string;
  title: string;
  workflow: string;
  /** `environment` = from its file; `created` = by a command. */
  origin: string;
  /** `HH:MM` local time in `timezone`. */
  at: string;
  timezone: string;
  /** 1 = Monday … 7 = Sunday; null = every day. */
  weekday: number | null;
  isPaused: boolean;
  /** Last run; null = never. */
  lastAtUs: number | null;
  /** Next run; null = paused. */
  nextAtUs: number | null;
}

/** Replies. */
export type JobsDone =
  | { ok: true; jobs: readonly JobInfo[] }
  | { ok: true; lines: readonly JobLogLine[] }
  | { ok: true; schedules: readonly ScheduleInfo[] };

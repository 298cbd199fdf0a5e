import { escapeToken } from "./subject.ts";

/** Subject on which whoever runs the jobs of an environment is asked. */
export function jobsSubject(env: string): string {
  // Outside of the stream: JetStream would answer in its place.
  return `_ssmd.${escapeToken(env)}.jobs`;
}

/** What is asked of jobs and schedules. */
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

/** A job as it is told over the bus. Times in µs since 1970. */
export interface JobInfo {
  id: string;
  workflow: string;
  state: string;
  attempts: number;
  createdAtUs: number;
  dueAtUs: number;
  /** Of the last try; null = there was none. */
  startedAtUs: number | null;
  /** null = it is not over. */
  endedAtUs: number | null;
  /** Of the last try that failed; null = none did. */
  error: { code: string; message: string; hint: string } | null;
  steps: readonly {
    name: string;
    startedAtUs: number;
    /** null = it is not known to be done. */
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

/** A schedule as it is told over the bus. Times in µs since 1970. */
export interface ScheduleInfo {
  name: string;
  title: string;
  workflow: string;
  /** `environment` = its file says so; `created` = a command did. */
  origin: string;
  /** `HH:MM` on the clocks of `timezone`. */
  at: string;
  timezone: string;
  /** 1 = Monday … 7 = Sunday; null = every day. */
  weekday: number | null;
  isPaused: boolean;
  /** null = never. */
  lastAtUs: number | null;
  /** null = it is paused. */
  nextAtUs: number | null;
}

/** What is answered. */
export type JobsAnswer =
  | { ok: true; jobs: readonly JobInfo[] }
  | { ok: true; lines: readonly JobLogLine[] }
  | { ok: true; schedules: readonly ScheduleInfo[] }
  | { ok: false; code: string; message: string; hint: string };

import type { Job } from "@ssmd/jobs";
import { isoOfUs } from "@ssmd/runtime";
import { z } from "zod";
import { durationText } from "../format.ts";
import type { Row } from "../render.ts";

const MOMENT = z.string().nullable().describe("ISO 8601; null = not yet");

/** Job as printed. */
export const JOB_VIEW = z.object({
  job: z.string().describe("Id of the job"),
  workflow: z.string(),
  state: z.enum(["queued", "running", "done", "failed", "cancelled"]),
  attempts: z.int().describe("Attempts so far"),
  created_at: z.string().describe("ISO 8601"),
  due_at: z.string().describe("Earliest start, ISO 8601"),
  started_at: MOMENT,
  ended_at: MOMENT,
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable()
    .describe("Error of the last failed attempt"),
  steps: z.array(z.object({
    name: z.string(),
    started_at: z.string(),
    ended_at: MOMENT,
    result: z.record(z.string(), z.unknown()).nullable(),
  })),
});

/** See {@linkcode JOB_VIEW}. */
export type JobView = z.output<typeof JOB_VIEW>;

/** Builds the view of a job. */
export function jobView(job: Job): JobView {
  return {
    ...{ job: job.id, workflow: job.workflow, state: job.state, attempts: job.attempts },
    created_at: isoOfUs(job.createdAtUs),
    due_at: isoOfUs(job.dueAtUs),
    started_at: momentOf(job.startedAtUs),
    ended_at: momentOf(job.endedAtUs),
    error: job.error,
    steps: job.steps.map(({ name, startedAtUs, endedAtUs, result }) => ({
      ...{ name, result },
      started_at: isoOfUs(startedAtUs),
      ended_at: momentOf(endedAtUs),
    })),
  };
}

/** Table row of a job. */
export function jobRow(view: JobView): Row {
  const { job, state, attempts, started_at, ended_at, steps, error } = view;
  const done = steps.filter((step) => step.ended_at !== null).map(({ name }) => name);
  const isOver = started_at !== null && ended_at !== null;
  return {
    ...{ job, state, attempts, started: started_at },
    took: isOver ? durationText(Date.parse(ended_at) - Date.parse(started_at)) : null,
    steps: done.join(", "),
    error: error?.message ?? null,
  };
}

/** Common definition fields of commands that run one job and wait for it. */
export const JOB_RUN = {
  changes: "operations",
  output: JOB_VIEW,
  table: (job: JobView) => ({ rows: [jobRow(job)] }),
  failed: ({ state }: JobView) => state !== "done",
} as const;

function momentOf(us: number | null): string | null {
  return us === null ? null : isoOfUs(us);
}

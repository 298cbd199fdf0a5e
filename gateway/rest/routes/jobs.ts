import type { JobInfo, JobsDone, ScheduleInfo } from "@ssmd/market";
import { z } from "zod";
import type { JobsClient } from "../../bus/service_clients.ts";
import { named } from "../../http/named.ts";
import { json, uncached } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";

const TAG = { tag: "Jobs", role: "operator" } as const;
const NAME = z.string().min(1).max(200);
const STATE = z.enum(["queued", "running", "done", "failed", "cancelled"]);
const MOMENT = z.number().nullable();
const ID = { job: NAME };
const SCHEDULE_ID = { schedule: NAME };
const EXAMPLE_JOB = { job: "end-day/demo/kraken/v1/2026-08-01" };
const JOBS_MAX = 100;

const JOB = named(
  "Job",
  "Work that outlives processes. Times in ms since 1970.",
  z.strictObject({
    job: z.string().describe("Id of the job."),
    workflow: z.string(),
    state: STATE,
    attempts: z.int().describe("Attempts so far."),
    created_at: z.number(),
    due_at: z.number().describe("Earliest start."),
    started_at: MOMENT.describe("Start of the last attempt; null = none."),
    ended_at: MOMENT.describe("null = not ended."),
    error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable()
      .describe("Error of the last failed attempt."),
    steps: z.array(z.strictObject({
      name: z.string(),
      started_at: z.number(),
      ended_at: MOMENT,
      result: z.record(z.string(), z.unknown()).nullable(),
    })),
  }),
);

const SCHEDULE = named(
  "Schedule",
  "What is asked for by itself. Times in ms since 1970.",
  z.strictObject({
    schedule: z.string().describe("Name of the schedule."),
    title: z.string(),
    workflow: z.string(),
    origin: z.enum(["environment", "created"]),
    at: z.string().describe("HH:MM in `timezone`."),
    timezone: z.string(),
    weekday: z.int().nullable().describe("1 = Monday; null = every day."),
    state: z.enum(["on", "paused"]),
    last: MOMENT.describe("Last due time for which a job was requested."),
    next: MOMENT.describe("null = paused."),
  }),
);

/** Returns the routes of jobs and schedules: operators control them, administrators start jobs. */
export function jobRoutes(client: JobsClient): Route[] {
  return [
    ...[listRoute(client), runRoute(client), showRoute(client), logsRoute(client)],
    ...[changeRoute(client, "cancel"), changeRoute(client, "retry"), schedulesRoute(client)],
    ...[triggerRoute(client), switchRoute(client, "pause"), switchRoute(client, "resume")],
  ];
}

function listRoute(client: JobsClient): Route {
  return route({
    ...{ path: "/v1/admin/jobs", id: "listJobs", ...TAG },
    summary: "Lists jobs with their steps and results, newest first",
    query: {
      state: STATE.optional(),
      workflow: NAME.optional(),
      limit: z.coerce.number().int().min(1).max(JOBS_MAX).default(50),
    },
    answers: { 200: { schema: z.strictObject({ jobs: z.array(JOB) }) } },
    handler: async ({ query }) =>
      uncached(
        json({ jobs: JOB.array().parse(jobsOf(await client.ask({ action: "list", ...query }))) }),
      ),
  });
}

function runRoute(client: JobsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/jobs", id: "runJob", ...TAG, role: "admin" },
    changes: "operations",
    summary: "Requests a job of a workflow; one in progress is returned instead",
    description: "`ssmd job workflows` lists the arguments of each.",
    body: z.strictObject({
      workflow: NAME,
      input: z.record(z.string(), z.unknown()).default({}),
    }),
    answers: { 200: { schema: JOB } },
    handler: async ({ body }) =>
      uncached(json(jobOf(await client.ask({ action: "run", ...body })))),
  });
}

function showRoute(client: JobsClient): Route {
  return route({
    ...{ path: "/v1/admin/jobs/{job}", id: "showJob", ...TAG },
    summary: "Shows a job with its steps and results",
    params: ID,
    examples: EXAMPLE_JOB,
    answers: { 200: { schema: JOB } },
    handler: async ({ params: { job } }) =>
      uncached(json(jobOf(await client.ask({ action: "show", job })))),
  });
}

function logsRoute(client: JobsClient): Route {
  const line = z.strictObject({
    at: z.number().describe("ms since 1970."),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  });
  return route({
    ...{ path: "/v1/admin/jobs/{job}/logs", id: "listJobLogs", ...TAG },
    summary: "Shows the log of a job, oldest line first",
    params: ID,
    examples: EXAMPLE_JOB,
    answers: { 200: { schema: z.strictObject({ lines: z.array(line) }) } },
    handler: async ({ params: { job } }) => {
      const answer = await client.ask({ action: "logs", job });
      const lines = "lines" in answer ? answer.lines : [];
      return uncached(
        json({
          lines: lines.map(({ atUs, message, fields }) => ({ at: ms(atUs), message, fields })),
        }),
      );
    },
  });
}

function changeRoute(client: JobsClient, action: "cancel" | "retry"): Route {
  return route({
    ...{ method: "POST", path: `/v1/admin/jobs/{job}/${action}`, id: `${action}Job`, ...TAG },
    changes: "operations",
    summary: action === "cancel"
      ? "Cancels a job that has not ended"
      : "Runs a failed or cancelled job again, from its first unfinished step",
    params: ID,
    examples: EXAMPLE_JOB,
    answers: { 200: { schema: JOB } },
    handler: async ({ params: { job } }) =>
      uncached(json(jobOf(await client.ask({ action, job })))),
  });
}

function schedulesRoute(client: JobsClient): Route {
  return route({
    ...{ path: "/v1/admin/schedules", id: "listSchedules", ...TAG },
    summary: "Lists schedules, those of the environment's file first",
    answers: { 200: { schema: z.strictObject({ schedules: z.array(SCHEDULE) }) } },
    handler: async () => {
      const answer = await client.ask({ action: "schedules" });
      return uncached(json({ schedules: SCHEDULE.array().parse(schedulesOf(answer)) }));
    },
  });
}

function triggerRoute(client: JobsClient): Route {
  return route({
    ...{ method: "POST", path: "/v1/admin/schedules/{schedule}/trigger", id: "triggerSchedule" },
    ...TAG,
    changes: "operations",
    summary: "Runs a schedule now, out of turn",
    params: SCHEDULE_ID,
    examples: { schedule: "end-days" },
    answers: { 200: { schema: JOB } },
    handler: async ({ params: { schedule } }) =>
      uncached(json(jobOf(await client.ask({ action: "trigger", schedule })))),
  });
}

function switchRoute(client: JobsClient, action: "pause" | "resume"): Route {
  return route({
    ...{ method: "POST", path: `/v1/admin/schedules/{schedule}/${action}` },
    ...{ id: `${action}Schedule`, ...TAG },
    changes: "operations",
    summary: action === "pause" ? "Pauses a schedule" : "Resumes a paused schedule",
    params: SCHEDULE_ID,
    examples: { schedule: "end-days" },
    answers: { 200: { schema: SCHEDULE } },
    handler: async ({ params: { schedule } }) => {
      const [switched] = schedulesOf(await client.ask({ action, schedule }));
      return uncached(json(SCHEDULE.parse(switched)));
    },
  });
}

function jobsOf(answer: JobsDone) {
  return "jobs" in answer ? answer.jobs.map(jobView) : [];
}

function jobOf(answer: JobsDone) {
  return JOB.parse(jobsOf(answer)[0]);
}

function schedulesOf(answer: JobsDone) {
  return "schedules" in answer ? answer.schedules.map(scheduleView) : [];
}

function jobView({ id, workflow, state, attempts, error, ...job }: JobInfo) {
  return {
    ...{ job: id, workflow, state, attempts, error },
    ...{ created_at: ms(job.createdAtUs), due_at: ms(job.dueAtUs) },
    ...{ started_at: momentOf(job.startedAtUs), ended_at: momentOf(job.endedAtUs) },
    steps: job.steps.map(({ name, startedAtUs, endedAtUs, result }) => ({
      ...{ name, result, started_at: ms(startedAtUs), ended_at: momentOf(endedAtUs) },
    })),
  };
}

function scheduleView({ name, isPaused, lastAtUs, nextAtUs, ...schedule }: ScheduleInfo) {
  const state = isPaused ? "paused" : "on";
  return {
    ...{ schedule: name, ...schedule, state, last: momentOf(lastAtUs), next: momentOf(nextAtUs) },
  };
}

function ms(us: number): number {
  return us / 1000;
}

function momentOf(us: number | null): number | null {
  return us === null ? null : ms(us);
}

import { allSchedules, nextDueUs, type Schedule, type ScheduleState } from "@ssmd/jobs";
import { isoOfUs, nowUs, suggestion } from "@ssmd/runtime";
import { z } from "zod";
import { text } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import type { Row } from "../render.ts";
import { type EnvironmentJobs, type JobLocation, openEnvironmentJobs } from "./open_jobs.ts";

/** Weekdays in ISO 8601 order, which counts from 1. */
export const WEEKDAYS = [
  ...["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
] as const;

/** Schedule name argument. */
export const SCHEDULE_NAME = text("Name of the schedule, as in `ssmd schedule list`", {
  placeholder: "schedule",
  required: true,
});

/** Schedule as printed. */
export const SCHEDULE_VIEW = z.object({
  schedule: z.string().describe("Name of the schedule"),
  title: z.string().describe("What it does"),
  workflow: z.string(),
  input: z.record(z.string(), z.unknown()).describe("Arguments of its jobs"),
  when: z.string(),
  origin: z.enum(["environment", "created"])
    .describe(
      "environment = set in the environment's file; created = made by `ssmd schedule create`",
    ),
  state: z.enum(["on", "paused"]),
  last: z.string().nullable().describe("Last due time for which a job was requested, ISO 8601"),
  next: z.string().nullable().describe("ISO 8601; null = paused"),
});

/** Builds the view of a schedule at `nowUs`. */
export function scheduleView(
  schedule: Schedule,
  { isPaused, lastAtUs }: ScheduleState,
  nowUs: number,
): z.output<typeof SCHEDULE_VIEW> {
  const { name, title, workflow, input, origin, at, timezone, weekday } = schedule;
  const days = weekday === null ? "every day" : `every ${WEEKDAYS[weekday - 1]}`;
  return {
    ...{ schedule: name, title, workflow, input, when: `${days} at ${at} ${timezone}`, origin },
    state: isPaused ? "paused" : "on",
    last: lastAtUs === null ? null : isoOfUs(lastAtUs),
    next: isPaused ? null : isoOfUs(nextDueUs(schedule, nowUs)),
  };
}

/** Schedules of an environment, those of its file first. */
export async function schedulesIn({ environment, store }: EnvironmentJobs): Promise<Schedule[]> {
  return await allSchedules(environment, store);
}

/** Table row of a schedule. */
export function scheduleRow({ input: _, ...view }: z.output<typeof SCHEDULE_VIEW>): Row {
  return view;
}

/** Finds a schedule by name. Throws UsageError `SCHEDULE_UNKNOWN`. */
export async function scheduleNamed(jobs: EnvironmentJobs, name: string): Promise<Schedule> {
  const { environment } = jobs;
  const schedules = await schedulesIn(jobs);
  const found = schedules.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = schedules.map((each) => each.name);
  throw new UsageError("SCHEDULE_UNKNOWN", `${environment.name} has no schedule "${name}"`, {
    hint: names.length === 0
      ? "Its file says auto_roll: false: it does nothing by itself"
      : suggestion(name, names),
  });
}

/** Pauses or resumes a schedule and returns its new state. Throws like {@linkcode openEnvironmentJobs}. */
export async function switchSchedule(
  context: SsmdContext,
  location: JobLocation,
  { name, isPaused }: { name: string; isPaused: boolean },
): Promise<z.output<typeof SCHEDULE_VIEW>> {
  using jobs = await openEnvironmentJobs(context, location);
  const schedule = await scheduleNamed(jobs, name);
  await jobs.store.pauseSchedule(name, isPaused);
  return scheduleView(schedule, await jobs.store.schedule(name), nowUs());
}

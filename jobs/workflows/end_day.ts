import { ArchiveError, SsmdError } from "@ssmd/runtime";
import type { JsonRecord } from "@ssmd/journal";
import { z } from "zod";
import type { DayJobs } from "../day/day_jobs.ts";
import { DayRun } from "../day/day_run.ts";
import { defineWorkflow, type JobContext, type Workflow } from "../workflow.ts";
import type { ArchiveJobs, TaskContext } from "./archive_jobs.ts";
import type { OldDay } from "@ssmd/dataset/retention";
import { removeOldDay } from "./retention.ts";

/** Ends a day by label; its records are those of the UTC day of that name. */
export const END_DAY = {
  name: "end-day",
  title: "End a day that is over: verify, seal and check it",
  input: z.strictObject({
    feed: z.string(),
    version: z.string().default("v1"),
    day: z.iso.date(),
  }),
  subjectOf: ({ feed, version, day }: EndDayInput) => `${feed}/${version}/${day}`,
};

type EndDayInput = { feed: string; version: string; day: string };

/** Dependencies of ending a day. */
export type EndDayJobs = ArchiveJobs & { day: DayJobs };

/**
 * Ends a feed's day: verifies its files, seals it to one file per type, runs the feed's checks, and
 * removes expired days. A day that fails a check still ends; its report lists the failures.
 */
export function endDay(jobs: EndDayJobs): Workflow {
  return defineWorkflow(END_DAY, async (day, context) => {
    const run = new DayRun(jobs.day, context, { feed: day.feed, day: day.day });
    await run.guarded(async () => {
      await run.claim("ending");
      await endSteps(jobs, day, { run, context });
    });
  });
}

/** Runs the steps of an end; each is repeatable after a kill. */
export async function endSteps(
  jobs: EndDayJobs,
  day: EndDayInput,
  { run, context }: { run: DayRun; context: JobContext },
): Promise<void> {
  const { env, tempDir } = jobs;
  await run.step("drain", async () => {
    const services = await jobs.day.services();
    return services === undefined ? { running: false } : await services.assertArchiving();
  });
  await run.step("verify", async () => {
    const verified = await jobs.run({ kind: "verifyDay", env, day }, context);
    if (verified["ok"] !== true) throw corrupted(day, verified);
    return verified;
  });
  await run.step("seal", async () => {
    const sealed = await jobs.run({ kind: "seal", env, day, tempDir }, context);
    if (sealed["state"] === "absent") throw noSuchDay(env, day);
    return sealed;
  });
  await run.step("check", async () => {
    const checked = await check(jobs, day, context);
    jobs.onChecked(day.feed, checked);
    return checked;
  });
  await run.step("retention", async () => {
    const { retention } = jobs;
    if (retention === undefined) return { removed: 0 };
    return { removed: await removeOldDays({ ...jobs, retention }, day.feed, context) };
  });
  await run.step("record", async () => {
    await run.reach("complete");
    return { state: "complete" };
  });
}

async function check(
  { env, run, checksOf }: EndDayJobs,
  day: EndDayInput,
  context: TaskContext,
): Promise<JsonRecord> {
  const checks = await checksOf(day.feed);
  if (checks !== undefined) return await run({ kind: "check", env, day, checks }, context);
  return { ok: true, failed: [], note: `${day.feed} has no file of checks` };
}

async function removeOldDays(
  jobs: EndDayJobs & { retention: NonNullable<EndDayJobs["retention"]> },
  feed: string,
  context: TaskContext,
): Promise<number> {
  const { env, retention } = jobs;
  const planned = await jobs.run({ kind: "planExpiry", env, retention }, context);
  // Trusted: this type comes from our own thread.
  const days = (planned["days"] as unknown as OldDay[]).filter((old) => old.feed === feed);
  for (const old of days) await removeOldDay(jobs, old, context);
  return days.length;
}

function corrupted({ feed, day }: EndDayInput, context: JsonRecord): ArchiveError {
  return new ArchiveError(
    "ARCHIVE_DIFFERS",
    `Files of ${feed} ${day} differ from what was written`,
    {
      hint:
        "`ssmd archive verify` names each file; `ssmd reprocess run` derives records again from raw",
      context,
    },
  );
}

function noSuchDay(env: string, { feed, version, day }: EndDayInput): SsmdError {
  return new SsmdError("DAY_MISSING", `There is no day ${day} of ${env}/${feed} ${version}`, {
    hint: "`ssmd data inventory` lists the days that are there",
  });
}

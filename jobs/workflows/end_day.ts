import { ArchiveError, SsmdError } from "@ssmd/runtime";
import type { JsonRecord } from "@ssmd/journal";
import { z } from "zod";
import type { DayJobs } from "../day/day_jobs.ts";
import { DayRun } from "../day/day_run.ts";
import type { JobContext, Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";
import type { OldDay } from "@ssmd/dataset/retention";
import { removeOldDay } from "./retention.ts";

/** What an `end-day` job ends: the day of a label, whose records are those of the UTC day of its name. */
export const END_DAY_INPUT = z.strictObject({
  feed: z.string(),
  version: z.string(),
  day: z.iso.date(),
});

type EndDayInput = z.output<typeof END_DAY_INPUT>;

/** Name of the workflow that ends a day. */
export const END_DAY = "end-day";

/** The id of the job that ends a day. */
export function endDayId(env: string, { feed, version, day }: EndDayInput): string {
  return `${END_DAY}/${env}/${feed}/${version}/${day}`;
}

/** What ending a day needs. */
export type EndDayJobs = ArchiveJobs & { day: DayJobs };

/**
 * Ends a day of a feed: what is archived of it is held against its manifests, its minute files become one
 * file a type, then the feed's checks look at what is there, and days that are too old go. A day that
 * fails a check is ended all the same: its report says what failed.
 */
export function endDay(jobs: EndDayJobs): Workflow {
  return {
    name: END_DAY,
    title: "End a day that is over: verify, seal and check it",
    async run(input, context) {
      const day = END_DAY_INPUT.parse(input);
      const run = new DayRun(jobs.day, context, { feed: day.feed, day: day.day });
      await run.guarded(async () => {
        await run.claim("ending");
        await endSteps(jobs, day, { run, context });
      });
    },
  };
}

/** The steps of an end, in order. Each may be done again after a kill. */
export async function endSteps(
  jobs: EndDayJobs,
  day: EndDayInput,
  { run, context: { signal } }: { run: DayRun; context: JobContext },
): Promise<void> {
  const { env, tempDir } = jobs;
  await run.step("drain", async () => {
    const services = await jobs.day.services();
    return services === undefined ? { running: false } : await services.assertArchiving();
  });
  await run.step("verify", async () => {
    const verified = await jobs.run({ kind: "verifyDay", env, day }, signal);
    if (verified["ok"] !== true) throw corrupted(day, verified);
    return verified;
  });
  await run.step("seal", async () => {
    const sealed = await jobs.run({ kind: "seal", env, day, tempDir }, signal);
    if (sealed["state"] === "absent") throw noSuchDay(env, day);
    return sealed;
  });
  await run.step("check", async () => {
    const checked = await check(jobs, day, signal);
    jobs.onChecked(day.feed, checked);
    return checked;
  });
  await run.step("retention", async () => {
    const { retention } = jobs;
    if (retention === undefined) return { removed: 0 };
    return { removed: await removeOldDays({ ...jobs, retention }, day.feed, signal) };
  });
  await run.step("record", async () => {
    await run.reach("complete");
    return { state: "complete" };
  });
}

async function check(
  { env, run, checksOf }: EndDayJobs,
  day: EndDayInput,
  signal: AbortSignal,
): Promise<JsonRecord> {
  const checks = await checksOf(day.feed);
  if (checks !== undefined) return await run({ kind: "check", env, day, checks }, signal);
  return { ok: true, failed: [], note: `${day.feed} has no file of checks` };
}

async function removeOldDays(
  jobs: EndDayJobs & { retention: NonNullable<EndDayJobs["retention"]> },
  feed: string,
  signal: AbortSignal,
): Promise<number> {
  const { env, retention } = jobs;
  const planned = await jobs.run({ kind: "planExpiry", env, retention }, signal);
  // As our own thread gave them.
  const days = (planned["days"] as unknown as OldDay[]).filter((old) => old.feed === feed);
  for (const old of days) await removeOldDay(jobs, old, signal);
  return days.length;
}

function corrupted({ feed, day }: EndDayInput, context: JsonRecord): ArchiveError {
  return new ArchiveError(
    "ARCHIVE_DIFFERS",
    `Files of ${feed} ${day} are not as they were written`,
    {
      hint:
        "`ssmd archive verify` names each file; `ssmd reprocess run` makes records anew from raw",
      context,
    },
  );
}

function noSuchDay(env: string, { feed, version, day }: EndDayInput): SsmdError {
  return new SsmdError("DAY_MISSING", `There is no day ${day} of ${env}/${feed} ${version}`, {
    hint: "`ssmd data inventory` lists the days that are there",
  });
}

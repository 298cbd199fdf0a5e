import type { OldDay } from "@ssmd/dataset/retention";
import type { JsonRecord } from "@ssmd/journal";
import { z } from "zod";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs, TaskContext } from "./archive_jobs.ts";

/** Removes days past the environment's retention, journaling each first. */
export const RETENTION = {
  name: "retention",
  title: "Remove days that are older than they are kept",
  input: z.strictObject({}),
};

/** See {@linkcode RETENTION}. */
export function retention(jobs: ArchiveJobs): Workflow {
  return defineWorkflow(RETENTION, async (_input, context) => {
    const { env, retention: kept, run } = jobs;
    if (kept === undefined) return context.log("days are kept for ever");
    const planned = await run({ kind: "planExpiry", env, retention: kept }, context);
    // Trusted: this type comes from our own thread.
    const days = planned["days"] as unknown as OldDay[];
    for (const old of days) {
      const { kind, feed, version = "", day } = old;
      await context.step(
        `remove ${kind} ${feed} ${version} ${day}`,
        () => removeOldDay(jobs, old, context),
      );
    }
  });
}

/** Removes an expired day, after journaling it. */
export async function removeOldDay(
  { env, run, recordRemoval }: ArchiveJobs,
  old: OldDay,
  context: TaskContext,
): Promise<JsonRecord> {
  const { kind, feed, version = "", day, files, count, bytes, keptDays, why } = old;
  await recordRemoval({
    ...{ action: "retention", env, kind, feed, date: day, version, files, count, bytes },
    ...{ keptDays, why, reason: "" },
  });
  return await run({ kind: "expire", day: old }, context);
}
